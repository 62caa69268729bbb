"""Declarations, premium, the audit of an invoice and the choice of cover, as documents."""

import datetime as dt
from decimal import Decimal

import pytest
from factories import Book

from seawall.engine.kernel.errors import FileRejected, NotFound, SeawallError, UnknownCode, UsageError
from seawall.engine.ledger.insured_facts import INSURED_LIMIT_FACTS, InsuredFacts
from seawall.engine.protection.cover import Insurance
from seawall.engine.protection.premium import Charge
from seawall.exchange.premium_invoice import charges
from seawall.policies.insurance import parse
from seawall.services.cover_choice import whatif_document
from seawall.services.premium import audit_document, declare_document, due_document

ON = dt.date(2025, 3, 15)
POLICY = """\
policy: P-1
form: whole_turnover
period: {from: 2025-01-01, to: 2025-12-31}
currency: CNY
source: contract 7
terms:
  causes: [insolvency, protracted_default]
  vat: out
  max_payment_term: {days: 90}
  receipt_allocation: as_booked
  disputed: suspended
  limit_needed: false
  mep: {days: 60}
  stop_of_cover: [mep_end]
  overdue_notice: {from: due, within: {days: 30}, missed: lost}
  waiting_period: {protracted_default: {from: due, length: {days: 100}}, insolvency: {from: loss, length: {days: 0}}}
  insured_rate: 0.9
  loss_operators: [insured_rate]
  recoveries: {rule: pro_rata_insured, costs: shared}
  premium: {basis: turnover, rate: 0.01, rules: [{country: [VN], rate: 0.02}], deposit_amount: 12, instalments: 2}
"""
RULES = {"draws": 50, "seed": 1, "tail": 0.95, "least_share": 0.05, "headroom": 0.1}


def asked(*policies):
    book = Book().customer("C1", country="DE").customer("V1", country="VN").customer("C2", country="DE")
    book.invoice("OLD", 200, "2024-02-10", "2024-03-01").pay("OLD", 200, "2024-03-01")
    book.invoice("A", 113, "2025-01-10", "2025-03-01", tax=13).pay("A", 113, "2025-03-01")
    book.invoice("B", 500, "2025-02-20", "2025-04-01", customer="V1").pay("B", 500, "2025-04-01")
    book.invoice("C", 300, "2025-03-01", "2025-04-01", customer="C2")
    texts = policies or (POLICY,)
    return Insurance.of(book.ledger(), [parse(text, name="p.yaml") for text in texts])


def one(document):
    (found,) = document["policies"]
    return found


class TestDeclaration:
    def test_months_that_ended_with_their_lines(self):
        found = one(declare_document(asked(), on=ON))
        assert [(row["month"], row["declared"], row["missing"]) for row in found["months"]] == [
            ("2025-01", "100.00", "100.00"), ("2025-02", "500.00", "500.00"),
        ]  # fmt: skip
        assert found["months"][0]["lines"] == [
            {"line": "sales", "amount": "113.00"}, {"line": "vat", "amount": "-13.00"},
        ]  # fmt: skip
        assert found["months"][1]["rates"] == [{"rule": 1, "rate": 0.02, "declared": "500.00", "documents": 1}]

    def test_documents_add_up_to_every_line(self):
        found = one(declare_document(asked(), on=dt.date(2025, 12, 31), documents=True))
        assert sum(Decimal(row["declared"]) for row in found["documents"]) == Decimal(found["declared"])
        assert [row["number"] for row in found["documents"]] == ["A", "B", "C"]
        for month in found["months"]:
            mine = [row for row in found["documents"] if row["month"] == month["month"]]
            sales = sum(Decimal(row["amount"]) for row in mine)
            assert sales == sum(Decimal(line["amount"]) for line in month["lines"] if line["line"] == "sales")

    def test_one_month_and_none_that_has_not_ended(self):
        assert one(declare_document(asked(), on=ON, month="2025-02"))["declared"] == "500.00"
        for month in ("2025-03", "2024-12", "x"):
            with pytest.raises(UsageError):
                declare_document(asked(), on=ON, month=month)

    def test_what_cannot_be_asked(self):
        with pytest.raises(UnknownCode):
            declare_document(asked(), on=ON, policy="P-9")
        with pytest.raises(NotFound):
            declare_document(asked(), on=dt.date(2024, 12, 31))

    def test_a_policy_without_premium_says_what_is_missing(self):
        text = "\n".join(line for line in POLICY.splitlines() if "premium:" not in line)
        with pytest.raises(SeawallError) as refused:
            declare_document(asked(text), on=ON)
        assert refused.value.params["term"] == "premium"

    def test_of_two_periods_of_one_policy_the_newest_that_began(self):
        earlier = POLICY.replace("2025-01-01", "2024-01-01").replace("2025-12-31", "2024-12-31")
        assert one(declare_document(asked(POLICY, earlier), on=ON))["from"] == "2025-01-01"
        assert one(declare_document(asked(POLICY, earlier), on=dt.date(2024, 6, 1)))["from"] == "2024-01-01"

    def test_a_period_that_ends_within_a_month_ends_with_it(self):
        short = POLICY.replace("2025-12-31", "2025-02-20")
        assert [row["month"] for row in one(declare_document(asked(short), on=dt.date(2025, 2, 20)))["months"]] == [
            "2025-01", "2025-02",
        ]  # fmt: skip


def test_premium_so_far_and_expected():
    found = one(due_document(asked(), on=ON))
    assert (found["premium"], found["due"]) == ("11.00", "0.00")
    assert found["instalments"] == [
        {"on": "2025-01-01", "amount": "6.00", "is_due": True}, {"on": "2025-07-01", "amount": "6.00", "is_due": False},
    ]  # fmt: skip
    months = found["forecast"]["months"]
    assert [row["is_forecast"] for row in months] == [False, False, *[True] * 10]
    assert Decimal(found["forecast"]["premium"]) > Decimal(found["premium"])


def test_an_invoice_is_held_against_the_policy():
    told = [
        Charge("on_declared", 1_00, 100_00, 0.01),
        Charge("on_declared", 15_00, 500_00, 0.03),
        Charge("deposit", -12_00),
    ]
    found = audit_document(asked(), told, on=ON)
    assert [(row["rate"], row["ours"], row["charged"], row["because"]) for row in found["differences"]] == [
        (0.03, "0.00", "15.00", "strange"), (0.02, "10.00", "0.00", "missing"),
    ]  # fmt: skip
    right = [
        Charge("on_declared", 1_00, 100_00, 0.01),
        Charge("on_declared", 10_00, 500_00, 0.02),
        Charge("deposit", -12_00),
    ]
    assert audit_document(asked(), right, on=ON)["agrees"]


class TestInvoiceFile:
    def test_lines(self):
        text = "\ufeffstep,declared,rate,amount\non_declared,1000,0.35%,3.50\ntax,,,1\n"
        assert charges(text, "CNY") == [Charge("on_declared", 350, 1000_00, 0.0035), Charge("tax", 100)]

    @pytest.mark.parametrize("text", [
        "", "a,b\n1,2\n", "step,amount\n", "step,amount\n,1\n", "step,amount\ntax,x\n", "step,amount\ntax,\n",
        "step,amount,rate\ntax,1,2\n", "step,amount,rate\ntax,1,abc\n", "step,amount\ntax,1e99\n", "step,amount\ntax\n",
        "step,amount\ntax,1.001\n", "step,amount,rate\ntax,1,nan\n", "x" * 1_000_001,
    ])  # fmt: skip
    def test_what_is_none(self, text):
        with pytest.raises(FileRejected):
            charges(text, "CNY", name="invoice.csv")


class TestWhatIf:
    def ask(self, **more):
        book = Book().customer("C1", country="DE").customer("C2", country="FR")
        book.invoice("A", 1000, "2025-01-10", "2025-03-01")
        book.invoice("B", 100, "2025-02-10", "2025-03-01", customer="C2").pay("B", 100, "2025-03-01")
        insurance = Insurance.of(book.ledger(), [parse(POLICY, name="p.yaml")])
        return whatif_document(insurance, RULES, on=dt.date(2025, 12, 31), years=more.pop("years", 1), **more)

    def test_options_and_presets_stand_beside_the_policy_as_it_is(self):
        found = self.ask(
            options=["half: insured_rate.rate=0.5"], presets=["regions:FR", "part:C2", "part:1", "quarterly"]
        )
        assert [(row["name"], row["mean_retained"], row["mean_premium"]) for row in found["options"]] == [
            ("as it is", "100.00", "11.00"), ("half", "500.00", "11.00"), ("regions:FR", "1000.00", "1.00"),
            ("part:C2", "1000.00", "1.00"), ("part:1", "100.00", "10.00"), ("quarterly", "100.00", "11.00"),
        ]  # fmt: skip
        assert found["cheapest"] == "part:1"
        for row in found["options"]:
            for year in row["years"]:
                assert Decimal(year["cost"]) == sum(Decimal(year[name]) for name in ("premium", "fees", "retained"))

    def test_an_option_says_its_limits_and_a_comma_in_brackets_parts_nothing(self):
        found = self.ask(options=["x: countries={covered: [DE, FR]}, limits=free"])
        assert (found["options"][1]["limits"], found["options"][1]["mean_retained"]) == ("free", "100.00")

    def test_the_appetite(self):
        assert self.ask(appetite="1")["cheapest"] is None
        assert self.ask(appetite="1000")["cheapest"] == "as it is"

    def test_the_price_of_more_limit(self):
        assert self.ask(more_limit="10")["shadow_prices"] == [{"customer_code": "C1", "price": 0.0, "gain": "0.00"}]

    def test_a_policy_stands_with_its_top_ups_and_beside_them_alone(self):
        """1,000 lost: 600 within the limit at 90 %, 300 of the rest within the top-up's at 80 %, in its own currency."""
        found = self.tower()
        assert (found["policy"], found["top_ups"]) == ("P-1", ["T"])
        assert [(row["name"], row["top_ups"], row["mean_retained"], row["mean_premium"]) for row in found["options"]] == [
            ("as it is", ["T"], "220.00", "13.20"), ("without top-ups", [], "460.00", "11.00"),
        ]  # fmt: skip

    def test_an_option_may_change_a_top_up_and_whoever_names_it_asks_about_the_whole(self):
        named = self.tower(policy="T", options=["half: T:insured_rate.rate=0.4, insured_rate.rate=1"])
        assert named["policy"] == "P-1"
        assert named["options"][1]["mean_retained"] == "280.00"
        assert self.tower(presets=["quarterly"])["options"][1]["top_ups"] == ["T"]
        more = self.tower(more_limit="100")["shadow_prices"]
        assert more == [{"customer_code": "C1", "price": 0.9, "gain": "90.00"}]

    def tower(self, **more):
        """The top-up is in euro, at two for one."""
        base = POLICY.replace("  limit_needed: false\n", "")
        top = base.replace("policy: P-1\nform: whole_turnover", "policy: T\nform: top_up\nover: P-1")
        top = top.replace("currency: CNY", "currency: EUR").replace("insured_rate: 0.9", "insured_rate: 0.8")
        top = top[: top.index("  premium:")] + "  conversion: {rule: fixed, rates: {CNY: 0.5}}\n"
        top += "  premium: {basis: turnover, rate: 0.002}\n"
        base += "  conversion: {rule: fixed, rates: {EUR: 2}}\n"
        book = Book().customer("C1", country="DE").customer("C2", country="FR")
        book.invoice("A", 1000, "2025-01-10", "2025-03-01")
        book.invoice("B", 100, "2025-02-10", "2025-03-01", customer="C2").pay("B", 100, "2025-03-01")
        rows = [("P-1", 600_00, "CNY"), ("T", 150_00, "EUR")]
        limits = INSURED_LIMIT_FACTS.frame([
            {"customer_code": "C1", "policy": policy, "layer": "1", "kind": "approved", "amount_minor": minor,
             "currency": currency, "decided_on": dt.date(2025, 1, 1)}
            for policy, minor, currency in rows
        ])  # fmt: skip
        wordings = [parse(text, name="p.yaml") for text in (base, top)]
        insurance = Insurance.of(book.ledger(), wordings, InsuredFacts(limits))
        return whatif_document(insurance, RULES, on=dt.date(2025, 12, 31), years=1, **more)

    @pytest.mark.parametrize("more", [
        {"years": 0}, {"years": 6}, {"limits": "x"}, {"options": ["x"]}, {"options": ["x:"]}, {"options": [": mep.days=3"]},
        {"options": ["x: no_term=3"]}, {"options": ["x: limits=y"]}, {"presets": ["regions"]}, {"presets": ["part:C9"]},
        {"presets": ["x"]}, {"presets": ["quarterly", "quarterly"]}, {"appetite": "0"}, {"appetite": "x"},
        {"more_limit": "-1"}, {"options": ["as it is: mep.days=3"]}, {"presets": ["regions:X]}"]},
        {"options": ["a: mep.days=3"] * 21},
    ])  # fmt: skip
    def test_what_cannot_be_asked(self, more):
        with pytest.raises(SeawallError):
            self.ask(**more)
