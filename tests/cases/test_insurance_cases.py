"""Runs the worked examples of cover, deadlines and claims."""

from decimal import Decimal
from types import SimpleNamespace

import pytest
from insurance_book import cases, insurance_of, on

from seawall.engine.kernel.asof import FROM_FILES, AsOf
from seawall.engine.kernel.money import minor_of
from seawall.engine.protection.claim_facts import Key
from seawall.engine.protection.cover_map import Sizing
from seawall.engine.protection.cover_past import past
from seawall.policies.insurance import with_settings
from seawall.policies.load import shipped
from seawall.services.claim_documents import case_document, cases_document
from seawall.services.claim_facts import of_files
from seawall.services.cover_maps import map_document
from seawall.services.insurance import claim_document, cover_document, deadlines_document, leaks_document
from seawall.services.lost_cover import lost_document
from seawall.services.premium import declare_document, due_document

COUNTS = ("customers", "limits", "under", "over", "idle")


def texts(expected, currency):
    """Amounts as documents write them; everything else as it is."""
    return {
        name: value if not isinstance(value, int | float) or isinstance(value, bool) else plain(value, currency)
        for name, value in expected.items()
    }


def plain(value, currency):
    from seawall.engine.kernel.money import amount_text

    return amount_text(minor_of(str(value), currency), currency)


@pytest.mark.parametrize("case", list(cases("cover")))
def test_cover(case):
    document = cover_document(insurance_of(case), on=on(case))
    found = {(row["policy"], row["number"]): row for row in document["items"]}
    for row in document["items"]:
        parts = ("vat", "excluded", "disputed", "above_limit", "own_share", "first_loss", "indemnity")
        assert sum(Decimal(row[part]) for part in parts) == Decimal(row["open"])
    expected = case["expected"]
    assert {number for _, number in found} == set(expected)
    for number, parts in expected.items():
        for said in parts if isinstance(parts, list) else [parts]:
            policy = said.get("policy", document["policies"][0]["policy"])
            row, wanted = found[policy, number], {name: said[name] for name in said if name != "policy"}
            assert {name: row[name] for name in wanted} == texts(wanted, row["currency"]), number


@pytest.mark.parametrize("case", list(cases("claim")))
def test_claim(case):
    insurance = insurance_of(case)
    for said in case["expected"]:
        from dataclasses import replace

        asked = replace(insurance, wordings=with_settings(insurance.wordings, said.get("set", ())))
        document = claim_document(
            asked, customers=said.get("customers", ["C1"]), cause=said.get("cause", "insolvency"), lost_on=said["date_of_loss"],
            judged_on=said.get("as_of"), policy=said.get("policy"), won=said.get("disputes_won", ()),
            recovered=text(said, "recovered"), costs=text(said, "costs") or "0",
        )  # fmt: skip
        for place, one in enumerate([document, *document.get("further", ())]):
            steps = {step["name"]: Decimal(step["amount"]) for step in one["steps"]}
            deductions = sum(amount for name, amount in steps.items() if name not in ("gross", "covered", "indemnity"))
            assert steps["gross"] + deductions == steps["indemnity"], "the lines add up"
            assert Decimal(one["retained"]) == steps["gross"] - steps["indemnity"]
            if not place:
                check(one, said["claim"])
        for code, claim in said.get("further", {}).items():
            check(next(one for one in document["further"] if one["customer_code"] == code), claim)


def text(said, name):
    return None if name not in said else str(said[name])


def check(document, said):
    currency = document["currency"]
    steps = {step["name"]: step["amount"] for step in document["steps"]}
    flat = {**document, **document["balances"], **{f"recovery_{name}": value for name, value in document.get("recovery", {}).items()},
            "supplementary": document.get("supplementary", {}).get("indemnity")}  # fmt: skip
    assert {name: flat[name] for name in said if name != "steps"} == texts(
        {name: said[name] for name in said if name != "steps"}, currency
    )
    wanted = {name: plain(amount, currency) for name, amount in said.get("steps", {}).items()}
    assert {name: steps.get(name) for name in wanted} == wanted


@pytest.mark.parametrize("case", list(cases("claim_case")))
def test_a_claim_file_says_what_the_page_of_the_claim_says(case):
    insurance = insurance_of(case)
    for said in case["expected"]:
        key = Key(said.get("customer", "C1"), "P", said["date_of_loss"], said.get("cause", "insolvency"))
        page = case_document(insurance, key, on=said["day"])
        book = SimpleNamespace(ledger=insurance.book.ledger, as_of=AsOf(said["day"], FROM_FILES), rates=None)
        (file,) = of_files(book, insurance, key, policies=shipped())["claims"]
        assert (file["steps"], file["balances"]) == (page["waterfall"], page["balances"]), said["day"]


@pytest.mark.parametrize("case", list(cases("claim_case")))
def test_claim_case(case):
    insurance, currency = insurance_of(case), case["currency"]
    for said in case["expected"]:
        key = Key(said.get("customer", "C1"), "P", said["date_of_loss"], said.get("cause", "insolvency"))
        one = case_document(insurance, key, on=said["day"])
        (line,) = [
            row
            for row in cases_document(insurance, on=said["day"])["cases"]
            if row["customer_code"] == key.customer_code
        ]
        assert (one["state"], one["next_step"]) == (said["state"], said["next"]) == (line["state"], line["next_step"])
        steps = {step["name"]: step for step in one["steps"]}
        for name, wanted in said.get("steps", {}).items():
            assert {each: steps[name][each] for each in wanted} == {
                each: str(value) if each in ("on", "last_on") else value for each, value in wanted.items()
            }, (said["day"], name)
        money = texts(said.get("money", {}), currency)
        assert {name: one["money"][name] for name in money} == money == {name: line[name] for name in money}
        takes = texts(said.get("takes", {}), currency)
        assert {name: one["takes"][name] for name in takes} == takes
        left = texts(said.get("balances", {}), currency)
        assert {name: one["balances"][name] for name in left} == left
        differences = {each["kind"]: each["amount"] for each in one["differences"]}
        assert differences == texts(said.get("differences", {}), currency)
        assert [each["insurer"] for each in one["recoveries"]] == [
            plain(each, currency) for each in said.get("insurer", ())
        ]
        subrogated = texts(said.get("subrogation", {}), currency)
        assert {name: one["subrogation"][name] for name in subrogated} == subrogated
        if "missing" in said:
            assert [each["document"] for each in one["checklist"] if not each["gathered_on"]] == said["missing"]


@pytest.mark.parametrize("case", list(cases("deadlines")))
def test_deadlines(case):
    document = deadlines_document(insurance_of(case), on=on(case))
    found = [
        {"kind": row["kind"], "on": row["on"], "number": row["number"], "state": row["state"],
         "consequence": row["consequence"], "at_stake": row["at_stake"], "customer": row["customer_code"],
         "done_on": row["done_on"]}
        for row in document["deadlines"]
    ]  # fmt: skip
    for said in case["expected"]:
        wanted = {"on": str(said["day"]), **{name: value for name, value in said.items() if name != "day"}}
        if "at_stake" in wanted:
            wanted["at_stake"] = plain(wanted["at_stake"], case.get("currency", "USD"))
        assert any(wanted.items() <= row.items() for row in found), (wanted, found)
    for said in case.get("absent", ()):
        assert not any(said.items() <= row.items() for row in found), said
    for kind in case.get("never", ()):
        assert kind not in {row["kind"] for row in found}


@pytest.mark.parametrize("case", list(cases("leaks")))
def test_leaks(case):
    document = leaks_document(insurance_of(case), on=on(case))
    for name in ("curable", "lost"):
        found = [
            {"number": row["number"], "reason": row["reason"], "amount": row["amount"], "cure_by": row["cure_by"]}
            for row in document[name]
        ]
        wanted = [
            {"number": row["number"], "reason": row["reason"], "amount": plain(row["amount"], case.get("currency", "USD")),
             "cure_by": text(row, "cure_by")}
            for row in case["expected"][name]
        ]  # fmt: skip
        assert found == wanted


@pytest.mark.parametrize("case", list(cases("cover_map")))
def test_cover_map(case):
    insurance, sizing = insurance_of(case), Sizing(12, 2)
    before = past(insurance, on(case), sizing.months)
    if "since" in case:
        assert before.days[0] == case["since"]
        assert before.gap is not None
    for by, expected in case["expected"].items():
        document = map_document(insurance, before, sizing, on=on(case), by=by)
        found = {row["customer_code" if by == "customer" else "group"]: row for row in document["rows"]}
        assert set(found) == set(expected)
        for name, said in expected.items():
            row = found[name]
            counts = {key: value for key, value in said.items() if key in COUNTS}
            amounts = texts({key: value for key, value in said.items() if key not in COUNTS}, row["currency"])
            assert {key: row[key] for key in said} == counts | amounts, name
        for policy, count in case.get("under", {}).items():
            assert sum(row["under"] for row in document["rows"] if row["policy"] == policy) == count, policy
        assert "indemnity" not in document["rows"][0] or by == "customer", "indemnities are never added up"
    months = {row["on"]: row for row in lost_document(before)["months"]}
    for day, reasons in case.get("lost", {}).items():
        lost = {each["reason"]: each["amount"] for each in months[day]["by_reason"]}
        assert lost == texts(reasons, case["currency"]), day


@pytest.mark.parametrize("case", list(cases("premium")))
def test_premium(case):
    from dataclasses import replace

    insurance, currency = insurance_of(case), case["currency"]
    for said in case["expected"]:
        asked = replace(insurance, wordings=with_settings(insurance.wordings, said.get("set", ())))
        (told,) = declare_document(asked, on=on(case))["policies"]
        (found,) = due_document(asked, on=on(case))["policies"]
        steps = {step["name"]: step["amount"] for step in found["steps"]}
        wanted = texts({name: said[name] for name in said if name not in ("set", "steps")}, currency)
        flat = {
            "declared": told["declared"],
            "premium": found["premium"],
            "due": found["due"],
            "recovered": found["recovered"],
        }
        assert {name: flat[name] for name in wanted} == wanted
        lines = texts(said.get("steps", {}), currency)
        assert {name: steps[name] for name in lines} == lines
