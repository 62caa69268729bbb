"""A signed period and the facts that came after it, committed as they are in life; each test takes its signature back."""

import dataclasses
from decimal import Decimal

import pytest
from services.test_periods import ON, TODAY, signed_by, someone
from stocked import SYSTEM, empty, stock

from seawall.engine.kernel.errors import Refused, StaleVersion
from seawall.services import approvals, periods, policies
from seawall.services.intake import commit_import, commit_rows
from seawall.services.period_difference import difference
from seawall.store.models import Account, ControlBalance, Entity, Item


@pytest.fixture(scope="module")
def company(django_db_setup, django_db_blocker, tmp_path_factory):
    with django_db_blocker.unblock():
        stock(tmp_path_factory.mktemp("ledger"))
        yield {"fin": someone("fin", "finance"), "ann": someone("ann", "credit_manager")}
        empty()


@pytest.fixture
def fin(company):
    yield company["fin"]
    for each in periods.listed(company["fin"]):
        if each.stands:
            periods.withdraw(company["fin"], each.number, reason="the next test")


def late_invoice(number="LATE-1", amount="777.00"):
    """An invoice dated before the month end that came after it was signed; whose, and in which currency."""
    account = Account.objects.every_entity().filter(currency="CNY").select_related("customer", "entity").first()
    row = {
        "entity": account.entity.code, "customer_code": account.customer.code, "kind": "invoice", "number": number,
        "issued_on": "2026-02-10", "due_on": "2026-03-10", "currency": "CNY", "amount": amount,
    }  # fmt: skip
    commit_rows(SYSTEM, {"items": [row]}, verb="ledger.import", origin="late")
    return account.customer.code


def corrected(tmp_path):
    """An invoice of the month gets another amount: a correction of the past."""
    item = (
        Item.objects.every_entity()
        .filter(is_debit=True, account__currency="CNY", issued_on__lt=ON, version=1)
        .select_related("account__customer", "entity").order_by("-issued_on", "number").first()
    )  # fmt: skip
    (tmp_path / "items.csv").write_text(
        "entity,customer_code,kind,number,issued_on,due_on,currency,amount\n"
        f"{item.entity.code},{item.account.customer.code},invoice,{item.number},{item.issued_on},{item.due_on},CNY,"
        f"{Decimal(item.amount_minor + 12300).scaleb(-2)}\n"
    )
    commit_import(SYSTEM, [tmp_path], apply_corrections=True)
    return item.account.customer.code


def test_what_another_entity_wrote_later_is_told_to_nobody_who_does_not_see_it(company):
    """Who wrote, when and what: of the whole organisation, so told to who sees all of it."""
    item = Item.objects.every_entity().filter(is_debit=True, issued_on__lt=ON).select_related("entity").first()
    own = Entity.objects.every_entity().exclude(code=item.entity.code).order_by("code").first().code
    narrowed = someone("nan", "finance", entity=own)
    number = periods.sign(narrowed, on=ON, today=TODAY, entity=own).number
    late = {"entity": item.entity.code, "number": item.number, "opened_on": ON.isoformat(), "amount": "1.00"}
    commit_rows(SYSTEM, {"disputes": [late | {"reason": "price"}]}, verb="ledger.import", origin="late")
    assert [each.verb for each in difference(company["fin"], number).came_later] == ["ledger.import"]
    found = difference(narrowed, number)
    assert found.came_later == ()
    assert found.is_none
    periods.withdraw(narrowed, number, reason="the next test")


@pytest.mark.promise("R13")
def test_yesterdays_report_stays(company, fin, tmp_path, promise):
    signed = signed_by(fin, reason="closed")
    before = {kind: periods.content_of(fin, signed.number, kind) for kind in periods.KINDS}
    assert periods.verify(fin, signed.number).holds
    assert difference(fin, signed.number).is_none
    customer, other = late_invoice(), corrected(tmp_path)
    body = "values:\n  2026-01-01:\n    value: {months: 6}\n    source: Board\n"
    proposed = policies.propose(company["ann"], "house.dso", body, reason="x")
    approvals.approve(fin, proposed.number, digest=proposed.digest, on=TODAY)
    checked = periods.verify(fin, signed.number)
    assert checked.same == dict.fromkeys(periods.KINDS, True)
    assert checked.holds
    assert {kind: periods.content_of(fin, signed.number, kind) for kind in periods.KINDS} == before
    found = difference(fin, signed.number)
    by = {each["customer_code"]: Decimal(each["open_by"]) for each in found.customers if Decimal(each["open_by"])}
    expected = {customer: Decimal(777)}
    expected[other] = expected.get(other, 0) + Decimal(123)
    assert by == expected
    figures = {each["name"]: each for each in found.figures}
    assert Decimal(figures["open"]["now"]) - Decimal(figures["open"]["then"]) == 900
    assert figures["dso_days"]["then"] != figures["dso_days"]["now"]
    assert [each.verb for each in found.came_later] == ["policy.approve", "ledger.import", "ledger.import"]
    promise(
        f"{len(periods.KINDS)} files made again after a late invoice, a correction and a late policy: "
        f"bytes differing {list(checked.same.values()).count(False)}; the difference is the late facts to the cent"
    )


def test_a_difference_to_the_control_account_blocks_and_says_where(fin):
    late_invoice()
    seen = periods.candidate(fin, on=ON, today=TODAY)
    assert "different" in seen.blocks
    with pytest.raises(Refused) as refused:
        signed_by(fin)
    assert refused.value.code == "control_account_differs"
    wrong = [each for each in seen.reconciliation["rows"] if each["status"] == "different"]
    assert all(f"{each['entity']} {each['difference']} {each['currency']}" in refused.value.message for each in wrong)
    rows = [
        {
            "entity": each["entity"], "currency": each["currency"], "on": ON.isoformat(), "amount": each["items"],
            "account": ControlBalance.objects.every_entity().filter(entity__code=each["entity"]).first().account,
        }
        for each in wrong
    ]  # fmt: skip
    commit_rows(SYSTEM, {"balances": rows}, verb="ledger.import", origin="mended", apply_corrections=True)
    assert signed_by(fin).stands


def test_a_report_made_again_otherwise_is_found_out(fin, monkeypatch):
    signed, real = signed_by(fin), periods._scheme
    other = {"edges": [0, 30], "by": "due"}
    monkeypatch.setattr(periods, "_scheme", lambda one: real(dataclasses.replace(one, scheme=other)))
    assert not periods.verify(fin, signed.number).holds


def test_facts_that_came_since_the_signer_looked_are_a_refusal(fin):
    seen = periods.candidate(fin, on=ON, today=TODAY)
    assert seen.blocks == ()
    late_invoice("LATE-2")
    with pytest.raises(StaleVersion):
        signed_by(fin, known=seen.known)
