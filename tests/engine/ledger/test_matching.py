"""Payments find what they pay: by what they name, who pays, and how the amount fits."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.engine.kernel.asof import FROM_FILES, AsOf
from seawall.engine.ledger import references, sums
from seawall.engine.ledger.balance import open_amounts
from seawall.engine.ledger.generate import generate
from seawall.engine.ledger.matching import REASONS, Learnt, Receipt, is_for_rule, proposals
from seawall.engine.ledger.matching_book import Book, OpenItem
from seawall.policies.load import shipped

ON = dt.date(2026, 3, 31)
PAGE = Path(__file__).resolve().parents[3] / "docs" / "algorithms" / "matching.md"
POLICY = shipped().at("house.matching", ON).value
NAMES = {"C1": "上海海丰贸易有限公司", "C2": "Acme Trading GmbH", "C3": "Beta Ltd."}


def item(number, left, customer="C1", due="2026-02-01", currency="CNY", **more):
    day = dt.date.fromisoformat(due)
    return OpenItem("E1", number, customer, currency, left, day - dt.timedelta(days=30), day, **more)


ITEMS = [
    item("INV-2026-00117", 100_000), item("INV-2026-00118", 50_000, due="2026-03-01"),
    item("INV-2026-00119", 25_050, due="2026-03-15", order_number="PO-77812"),
    item("INV-2026-00217", 80_000, "C2", terms="2/10 net 30", due="2026-04-20"), item("9001", 30_000, "C3"),
]  # fmt: skip


def ask(amount, reference="", payer="", items=ITEMS, *, learnt=None, rates=None, account="", policy=POLICY):
    receipt = Receipt(amount, "CNY", ON, payer, account, reference)
    return proposals(receipt, Book.of(items, NAMES), policy=policy, learnt=learnt, rates=rates)


def codes(proposal):
    return [reason.code for reason in proposal.reasons]


def paid(proposal):
    return {part.number: part.amount_minor for part in proposal.parts}


@pytest.mark.parametrize(
    "text",
    [
        "INV-2026-00117", "inv 2026 00117", "Zahlung INV2026-00117 v. 1.3.", "货款INV-2026-00117", "INV-2026-0\n0117",
        "ＩＮＶ－２０２６－００１１７",
    ],
)  # fmt: skip
def test_a_number_is_found_with_noise_in_and_around_it(text):
    first = ask(100_000, text)[0]
    assert (first.customer_code, paid(first), codes(first)) == ("C1", {"INV-2026-00117": 100_000}, ["number", "exact"])


def test_a_number_is_not_found_within_another():
    assert ask(7, "INV-2026-001179") == ()


def test_several_numbers_are_paid_together_oldest_first():
    first = ask(150_000, "INV-2026-00118 / INV-2026-00117")[0]
    assert list(paid(first).items()) == [("INV-2026-00117", 100_000), ("INV-2026-00118", 50_000)]
    assert codes(first) == ["number", "sum"]


def test_an_order_number_and_a_creditor_reference_name_items_too():
    assert paid(ask(25_050, "your order PO 77812")[0]) == {"INV-2026-00119": 25_050}
    body = "202600117"
    check = 98 - int("".join(str(int(sign, 36)) for sign in f"{body}RF00")) % 97
    found = ask(100_000, f"RF{check:02d} 2026 0011 7")[0]
    assert (paid(found), codes(found)[0]) == ({"INV-2026-00117": 100_000}, "creditor_reference")
    assert ask(7, f"RF{(check + 1) % 97:02d}{body}") == ()


def test_the_rest_of_an_amount_may_be_items_the_text_does_not_name():
    found = ask(125_050, "INV-2026-00117 and more", payer=NAMES["C1"])[0]
    assert (list(paid(found)), codes(found)) == (
        ["INV-2026-00117", "INV-2026-00119"],
        ["number", "name", "rest", "sum"],
    )


def test_last_digits_count_only_for_the_payer_and_where_one_item_ends_so():
    found = ask(60_000, "00118", payer="上海海丰贸易公司")[0]
    assert codes(found) == ["tail", "name", "over"]
    assert found.unapplied_minor == 10_000
    assert ask(60_000, "00118") == ()
    assert paid(ask(150_000, "INV-2026-00117, 00118")[0]) == {"INV-2026-00117": 100_000, "INV-2026-00118": 50_000}


@pytest.mark.parametrize(
    ("payer", "customer", "code"),
    [
        ("ACME TRADING", "C2", "name"), ("Acme Trading Ges.", "C2", "like"), ("上海海丰贸易有限责任公司", "C1", "name"),
        ("beta limited", "C3", "name"),
    ],
)  # fmt: skip
def test_companies_are_known_by_their_names_in_both_languages(payer, customer, code):
    found = ask(1, payer=payer)[0]
    assert (found.customer_code, codes(found)[0]) == (customer, code)


def test_who_paid_before_is_known_by_account_before_name():
    learnt = Learnt({"DE1": "C3"}, {references.company("Acme Trading"): "C1"})
    assert ask(30_000, payer="whoever", account="DE1", learnt=learnt)[0].customer_code == "C3"
    by_name = {each.customer_code: codes(each) for each in ask(30_000, payer="Acme Trading", learnt=learnt)}
    assert by_name["C1"][0] == "learnt_name"
    assert by_name["C2"][0] == "name"


def test_sums_prefer_the_oldest_and_say_when_others_come_to_the_same():
    found = ask(125_050, payer="海丰")
    assert found == ()
    found = ask(125_050, payer="上海海丰贸易")[0]
    assert paid(found) == {"INV-2026-00117": 100_000, "INV-2026-00119": 25_050}
    assert codes(found) == ["name", "sum"]
    twice = [item("A-1000", 10, due="2026-01-01"), item("A-1001", 10), item("A-1002", 5), item("A-1003", 5)]
    found = ask(15, payer=NAMES["C1"], items=twice)[0]
    assert list(paid(found)) == ["A-1000", "A-1002"]
    assert "ambiguous" in codes(found)


def test_everything_the_customer_owes():
    found = ask(175_050, payer=NAMES["C1"])[0]
    assert len(found.parts) == 3
    assert codes(found) == ["name", "all_open"]


def test_a_bank_charge_settles_the_newest_item_in_full():
    found = ask(99_900, "INV-2026-00117", payer=NAMES["C1"])[0]
    assert [(each.kind, each.number, each.amount_minor) for each in found.adjustments] == [
        ("bank_charge", "INV-2026-00117", 100)
    ]
    assert paid(found) == {"INV-2026-00117": 99_900}
    assert (found.short_minor, codes(found)[-1]) == (0, "bank_charge")
    assert ask(98_000, "INV-2026-00117")[0].short_minor == 2_000


def test_a_discount_of_the_terms_only_in_its_days():
    found = ask(78_400, "INV-2026-00217")[0]
    assert [(each.kind, each.amount_minor) for each in found.adjustments] == [("discount", 1_600)]
    late = [replace(each, issued_on=dt.date(2026, 3, 1)) for each in ITEMS]
    assert ask(78_400, "INV-2026-00217", items=late)[0].short_minor == 1_600
    assert ask(78_300, "INV-2026-00217")[0].short_minor == 1_700


def test_an_item_in_another_currency_is_settled_whole_near_the_rate():
    items = [item("USD-1001", 10_000, currency="USD"), item("USD-1002", 5_000, currency="USD")]
    found = ask(107_500, "USD-1001 USD-1002", items=items, rates={"USD": 7.2})[0]
    assert [(part.amount_minor, part.credit_minor) for part in found.parts] == [(10_000, 71_667), (5_000, 35_833)]
    assert codes(found) == ["number", "rate"]
    assert ask(90_000, "USD-1001 USD-1002", items=items, rates={"USD": 7.2})[0].parts == ()
    assert ask(107_500, "USD-1001", items=items) == ()


def test_too_little_and_too_much():
    short, over = ask(40_000, "INV-2026-00118")[0], ask(60_000, "INV-2026-00118")[0]
    assert (paid(short), short.short_minor, short.unapplied_minor) == ({"INV-2026-00118": 40_000}, 10_000, 0)
    assert (paid(over), over.short_minor, over.unapplied_minor) == ({"INV-2026-00118": 50_000}, 0, 10_000)


def test_money_for_a_customer_from_another_one_scores_less():
    mine, other = (
        ask(100_000, "INV-2026-00117", payer=NAMES["C1"])[0],
        ask(100_000, "INV-2026-00117", payer="Beta Ltd")[0],
    )
    assert codes(other) == ["number", "other_payer", "exact"]
    assert mine.score - other.score == POLICY["name_points"] - POLICY["other_payer_points"]


def test_a_rule_confirms_only_where_it_is_on_and_nothing_comes_near():
    on = {**POLICY, "is_rule_on": True}
    sure = ask(100_000, "INV-2026-00117", payer=NAMES["C1"])
    assert is_for_rule(sure, on)
    assert not is_for_rule(sure, POLICY)
    assert not is_for_rule(ask(100_000, "INV-2026-00117"), on)
    assert not is_for_rule((sure[0], replace(sure[0], score=sure[0].score - 10)), on)
    assert not is_for_rule((), on)


def test_every_reason_has_its_sentence():
    seen = {reason.code for amount in (1, 99_900, 100_000, 78_400) for text in ("INV-2026-00117 INV-2026-00217", "")
            for name in NAMES.values() for each in ask(amount, text, payer=name) for reason in each.reasons}  # fmt: skip
    assert seen <= REASONS.keys()
    assert len(seen) > 5


def test_sums_stop_after_their_steps():
    assert sums.subset([1] * 40, 20, parts_max=20, steps_max=50) == sums.Found(tuple(range(20)), is_ambiguous=True)
    assert sums.subset([2] * 40, 21, parts_max=8, steps_max=500) is None
    assert sums.prefix([5, 5, 5], 10) == 2


numbers = st.integers(1000, 1040).map(lambda n: f"INV-{n}")
opens = st.lists(
    st.builds(item, numbers, st.integers(1, 60), st.sampled_from(["C1", "C2"]),
              st.sampled_from(["2026-01-01", "2026-02-01"]), st.sampled_from(["CNY", "USD"]),
              terms=st.sampled_from(["", "2/60 net 90"])),
    max_size=12, unique_by=lambda each: each.number,
)  # fmt: skip
texts = st.lists(numbers, max_size=4).map(" ".join)


@settings(max_examples=150, deadline=None)
@given(opens, st.integers(1, 200), texts, st.sampled_from(["", *NAMES.values()]), st.randoms(use_true_random=False))
def test_no_proposal_allocates_more_than_received_or_open_and_the_order_of_items_says_nothing(
    items, amount, text, payer, random
):
    found = ask(amount, text, payer, items, rates={"USD": 1.5})
    left = {each.number: each.left_minor for each in items}
    for each in found:
        used = sum(part.credit_minor for part in each.parts)
        assert used + each.unapplied_minor == amount
        beside = {}
        for one in each.adjustments:
            beside[one.number] = beside.get(one.number, 0) + one.amount_minor
        assert all(0 < part.amount_minor + beside.get(part.number, 0) <= left[part.number] for part in each.parts)
        assert len({part.number for part in each.parts}) == len(each.parts)
        assert 0 <= each.score <= 100
    random.shuffle(items)
    assert ask(amount, text, payer, items, rates={"USD": 1.5}) == found


def noisy(rng, number, kind):
    """How payers write a number, or not at all."""
    return {0: f"payment {number} thank you", 1: number.replace("-", " "), 2: f"Re.{number[-6:]}", 3: "货款"}[kind]


def measured(count):
    """Of a generated ledger's last receipts, the first proposal against what the receipt truly settled."""
    ledger = generate(items=9_000, customers=150, seed=3, until=ON)
    rng = np.random.default_rng(5)
    codes_of = ledger.accounts.join(ledger.customers, on="customer_id", how="left", maintain_order="left")
    labels = ledger.items.join(codes_of, on="account_id", how="left", maintain_order="left")
    truth = ledger.allocations.group_by("credit_id").agg("debit_id", "amount_minor", first=pl.col("allocated_on").min())
    receipts = labels.filter(pl.col("kind") == "receipt").join(truth, left_on="item_id", right_on="credit_id")
    receipts = receipts.filter(pl.col("first") == pl.col("issued_on")).sort("issued_on", "number").tail(count)
    names = dict(codes_of.select("customer_code", "name").iter_rows())
    figures = {"right": 0, "wrong": 0, "none": 0, "sure_right": 0, "sure_wrong": 0}
    on_policy = {**POLICY, "is_rule_on": True}
    for day, rows in receipts.group_by("issued_on", maintain_order=True):
        before = day[0] - dt.timedelta(days=1)
        open_now = labels.with_columns(left=open_amounts(ledger, as_of=AsOf(before, FROM_FILES)))
        book_rows = open_now.filter(pl.col("is_debit") & (pl.col("left") > 0))
        for entity in rows["entity"].unique().sort():
            book = Book.of(
                [OpenItem(entity, r["number"], r["customer_code"], r["currency"], r["left"], r["issued_on"], r["due_on"])
                 for r in book_rows.filter(pl.col("entity") == entity).iter_rows(named=True)], names,
            )  # fmt: skip
            for row in rows.filter(pl.col("entity") == entity).iter_rows(named=True):
                true = sorted(set(labels["number"].gather(row["debit_id"]).to_list()))
                text = " ".join(noisy(rng, number, rng.integers(4)) for number in true)
                payer = row["name"] if rng.random() < 0.8 else row["name"][: max(4, len(row["name"]) - 3)]
                asked = Receipt(row["amount_minor"], row["currency"], row["issued_on"], payer, "", text)
                found = proposals(asked, book, policy=POLICY)
                is_right = bool(found) and sorted(part.number for part in found[0].parts) == true
                figures["right" if is_right else "wrong" if found else "none"] += 1
                if is_for_rule(found, on_policy):
                    figures["sure_right" if is_right else "sure_wrong"] += 1
    return figures


def test_on_a_generated_ledger_most_first_proposals_are_right_and_a_rule_is_not_wrong():
    found = measured(400)
    whole = found["right"] + found["wrong"] + found["none"]
    share, sure = found["right"] / whole, found["sure_right"] / whole
    assert found["sure_wrong"] == 0
    page = PAGE.read_text(encoding="utf-8")
    assert f"{share:.1%}" in page.replace(" %", "%")
    assert f"{sure:.1%}" in page.replace(" %", "%")


def worked():
    table = PAGE.read_text(encoding="utf-8").split("## Worked table")[1]
    lines = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line.startswith("|")
    ]
    split = next(k for k, line in enumerate(lines) if line[0] == "amount")
    return [[dict(zip(part[0], line, strict=True)) for line in part[2:]] for part in (lines[:split], lines[split:])]


def test_the_worked_table_of_its_page():
    opened, asked = worked()
    items = [item(row["number"], int(row["open"]), row["customer"], row["due"], terms=row["terms"]) for row in opened]
    names = {row["customer"]: row["called"] for row in opened}
    for row in asked:
        receipt = Receipt(int(row["amount"]), "CNY", ON, row["payer"], "", row["text"])
        first = proposals(receipt, Book.of(items, names), policy=POLICY)[0]
        parts = ", ".join(f"{part.number} {part.amount_minor}" for part in first.parts)
        beside = ", ".join(f"{each.kind} {each.amount_minor}" for each in first.adjustments)
        assert (parts, beside) == (row["pays"], row["beside"])
        assert (", ".join(codes(first)), f"{first.score:.0f}") == (row["reasons"], row["score"])
