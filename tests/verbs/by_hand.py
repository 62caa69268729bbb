"""Scenarios of what people write by hand: beside the ledger, into it, and over their signature."""

import datetime as dt
import itertools

from stocked import ON, SYSTEM, person
from verbs.registry import scenario

from seawall.services import (
    access,
    allocating,
    approvals,
    bills,
    customers,
    disputes,
    merging,
    periods,
    remarks,
    subjects,
    write_offs,
)
from seawall.services.access import Grant, actor_of
from seawall.services.intake import commit_rows

NUMBERS = itertools.count(1)
SIGNED_ON, SIGNED_AFTER = dt.date(2026, 2, 28), dt.date(2026, 3, 5)


def someone(role):
    return actor_of(person(f"hand-{role}{next(NUMBERS)}", Grant(role)))


def customer(world):
    return subjects.customer_of(SYSTEM, world.customer_code)


def taken(**rows):
    commit_rows(SYSTEM, rows, verb=access.IMPORT, origin=f"hand{next(NUMBERS)}")


def codes(world, how_many=1):
    """New customers, each with an invoice of 100.00 and a receipt of 60.00."""
    made = [f"H{next(NUMBERS)}" for _ in range(how_many)]
    common = {"entity": world.entity, "currency": "CNY", "issued_on": "2026-03-01"}
    items = []
    for code in made:
        items += [
            common | {"customer_code": code, "number": f"{code}-I", "kind": "invoice", "due_on": "2026-03-31", "amount": "100.00"},
            common | {"customer_code": code, "number": f"{code}-R", "kind": "receipt", "amount": "60.00"},
        ]  # fmt: skip
    taken(customers=[{"customer_code": code, "name": f"By hand {code}"} for code in made], items=items)
    return made if how_many > 1 else made[0]


def subject(world, code, side):
    return subjects.item_of(SYSTEM, world.entity, side, f"{code}-{'I' if side == 'debit' else 'R'}")


def disputed(world):
    item = subject(world, codes(world), "debit")
    disputes.open_dispute(SYSTEM, item, on=ON, amount="30", reason="price")
    return item, disputes.of_item(SYSTEM, item)[0].number


def written_off(world):
    """A write-off of 40.00 that two people agreed on."""
    item = subject(world, codes(world), "debit")
    asked = write_offs.propose(someone("collector"), item, amount="40", on=ON, reason="bankrupt")
    done = approvals.approve(someone("finance"), asked.number, digest=asked.digest, on=ON)
    return subjects.item_of(SYSTEM, world.entity, "credit", done.result["write_off"])


@scenario(access.NOTE_WRITE)
def a_note_is_written(world):
    return lambda: remarks.add_note(SYSTEM, customer(world), text=f"pays on Fridays {next(NUMBERS)}")


@scenario(access.NOTE_WRITE)
def chasing_rests(world):
    until = ON + dt.timedelta(days=next(NUMBERS))
    return lambda: remarks.pause(SYSTEM, customer(world), until_on=until, reason="talks", today=ON)


@scenario(access.TASK_WRITE)
def a_task_is_given(world):
    return lambda: remarks.add_task(SYSTEM, customer(world), title="Send the contract", due_on=ON)


@scenario(access.TASK_WRITE)
def a_task_is_done(world):
    number = remarks.add_task(SYSTEM, customer(world), title="Call", due_on=ON)
    return lambda: remarks.change_task(SYSTEM, number, version=1, is_done=True)


@scenario(access.DOCUMENT_ADD)
def a_document_is_added(world):
    content = f"%PDF {next(NUMBERS)}".encode()
    return lambda: remarks.add_document(SYSTEM, customer(world), name="contract.pdf", content=content)


@scenario(access.CUSTOMER_CHANGE)
def a_customer_is_described(world):
    one = subjects.customer_of(SYSTEM, codes(world))
    return lambda: customers.change(SYSTEM, one, {"name": "Onesime"}, version=1)


@scenario(access.CUSTOMER_MERGE)
def customers_are_merged(world):
    one, other = codes(world, 2)
    return lambda: merging.merge(SYSTEM, one, other, on=ON, reason="one company register number")


@scenario(access.CUSTOMER_MERGE)
def customers_are_split(world):
    one, other = codes(world, 2)
    merging.merge(SYSTEM, one, other, on=ON, reason="one company register number")
    return lambda: merging.split(SYSTEM, one, reason="two plants after all")


@scenario(access.ALLOCATION_CHANGE)
def a_credit_is_allocated(world):
    code = codes(world)
    credit = subject(world, code, "credit")
    return lambda: allocating.allocate(SYSTEM, credit, {f"{code}-I": "25.00"}, on=ON)


@scenario(access.ALLOCATION_CHANGE)
def an_allocation_is_taken_back(world):
    code = codes(world)
    credit = subject(world, code, "credit")
    allocating.allocate(SYSTEM, credit, {f"{code}-I": "25.00"}, on=ON)
    (row,) = allocating.allocations_of(SYSTEM, credit)
    return lambda: allocating.withdraw(SYSTEM, credit, row.allocation_no, reason="trial")


@scenario(access.DISPUTE_CHANGE)
def a_dispute_is_opened(world):
    item = subject(world, codes(world), "debit")
    return lambda: disputes.open_dispute(SYSTEM, item, on=ON, amount="30", reason="price")


@scenario(access.DISPUTE_CHANGE)
def a_dispute_is_changed(world):
    item, number = disputed(world)
    later = ON + dt.timedelta(days=1)
    return lambda: disputes.change_dispute(SYSTEM, item, number, on=later, amount="10", reason="quality")


@scenario(access.DISPUTE_CHANGE)
def a_dispute_is_closed(world):
    item, number = disputed(world)
    return lambda: disputes.close_dispute(SYSTEM, item, number, on=ON + dt.timedelta(days=1), note="credited")


@scenario(access.WRITE_OFF_PROPOSE)
def a_write_off_is_proposed(world):
    author, item = someone("collector"), subject(world, codes(world), "debit")
    return lambda: write_offs.propose(author, item, amount="40", on=ON, reason="bankrupt")


@scenario(access.WRITE_OFF_APPROVE)
def a_write_off_is_approved(world):
    author, second = someone("collector"), someone("finance")
    asked = write_offs.propose(author, subject(world, codes(world), "debit"), amount="40", on=ON, reason="bankrupt")
    return lambda: approvals.approve(second, asked.number, digest=asked.digest, on=ON)


@scenario(access.RECOVERY_RECORD)
def a_recovery_is_recorded(world):
    write_off = written_off(world)
    return lambda: write_offs.record_recovery(SYSTEM, write_off, amount="15", on=ON)


def bill(world):
    code = codes(world)
    number = f"{code}-B"
    row = {
        "entity": world.entity, "customer_code": code, "bill_number": number, "kind": "bank", "drawer": "Works",
        "acceptor": "Bank A", "acceptor_code": "ICBC", "currency": "CNY", "amount": "100.00",
        "issued_on": "2026-03-02", "received_on": "2026-03-05", "matures_on": "2026-09-02",
    }  # fmt: skip
    taken(bills=[row])
    return {"entity": world.entity, "number": number}


@scenario(access.BILL_CHANGE)
def a_bill_is_endorsed(world):
    which = bill(world)
    return lambda: bills.record_event(SYSTEM, **which, event="endorsed", on=ON, counterparty="Forge")


@scenario(access.BILL_CHANGE)
def an_event_of_a_bill_is_taken_back(world):
    which = bill(world)
    bills.record_event(SYSTEM, **which, event="endorsed", on=ON, counterparty="Forge")
    return lambda: bills.take_back(SYSTEM, **which)


@scenario(access.PERIOD_SIGN)
def a_month_is_signed(_world):
    signer = someone("finance")
    for signed in periods.listed(signer):
        if signed.stands:
            periods.withdraw(signer, signed.number, reason="another follows")
    return lambda: periods.sign(signer, on=SIGNED_ON, today=SIGNED_AFTER)


@scenario(access.PERIOD_SIGN)
def a_signature_is_taken_back(_world):
    signer = someone("finance")
    standing = [each for each in periods.listed(signer) if each.stands]
    signed = standing[0] if standing else periods.sign(signer, on=SIGNED_ON, today=SIGNED_AFTER)
    return lambda: periods.withdraw(signer, signed.number, reason="a batch was missing")
