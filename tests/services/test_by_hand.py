"""What people write into the ledger by hand: disputes, allocations, write-offs, recoveries, merges, descriptions."""

import datetime as dt

import pytest
from stocked import person

from seawall.engine.kernel.asof import AsOf
from seawall.engine.kernel.errors import (
    ApprovalRequired,
    Conflict,
    IdempotencyMismatch,
    InputError,
    NotFound,
    NotPermitted,
    Refused,
    StaleVersion,
    UnknownCode,
)  # fmt: skip
from seawall.engine.ledger.ageing import ageing
from seawall.engine.ledger.balance import open_amounts
from seawall.engine.ledger.scheme import DEFAULT_SCHEME
from seawall.services import (
    allocating,
    approvals,
    customers,
    disputes,
    merging,
    reading,
    snapshots,
    subjects,
    write_offs,
)
from seawall.services.access import Actor, Grant, actor_of
from seawall.services.checks import check
from seawall.services.files import RowsRejected
from seawall.services.intake import commit_import
from seawall.store.models import AuditEntry, Item, User

pytestmark = pytest.mark.django_db(transaction=True)

SYSTEM = Actor.system()
DAY = dt.date(2026, 3, 31)
LEDGER = {
    "customers": "customer_code,name,parent_code\nC1,One,\nC2,Two,\nC3,Three,C2\n",
    "items": """entity,customer_code,kind,number,issued_on,due_on,currency,amount
E1,C1,invoice,I-1,2026-01-10,2026-02-09,CNY,1000.00
E1,C1,invoice,I-2,2026-01-20,2026-02-19,CNY,500.00
E1,C2,invoice,I-3,2026-01-25,2026-02-24,CNY,700.00
E2,C2,invoice,J-1,2026-01-25,2026-02-24,CNY,70.00
E1,C1,receipt,R-1,2026-02-25,,CNY,1200.00
""",
}


@pytest.fixture(autouse=True)
def book(tmp_path):
    for name, text in LEDGER.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    commit_import(SYSTEM, [tmp_path])


def holds():
    return check(SYSTEM, on=DAY).holds


def item(name, actor=SYSTEM):
    return subjects.item_named(actor, name)


def left(known=None, on=DAY):
    ledger, known = snapshots.open_ledger(SYSTEM, known=known, details=True)
    amounts = open_amounts(ledger, as_of=AsOf(on, known))
    return {number: abs(amount) for number, amount in zip(ledger.items["number"], amounts, strict=True) if amount}


def aged(on=DAY, known=None):
    ledger, known = snapshots.open_ledger(SYSTEM, known=known)
    rows = ageing(ledger, as_of=AsOf(on, known), scheme=DEFAULT_SCHEME)
    codes = ledger.accounts.join(ledger.customers.select("customer_id", "customer_code"), on="customer_id")
    rows = codes.select("account_id", "customer_code", "entity", "currency").join(
        rows.drop("customer_id", "entity", "currency", strict=False), on="account_id"
    )
    return rows.drop("account_id").sort("customer_code", "entity", "currency").rows()


def open_reading():
    return reading.open_reading(SYSTEM, on=DAY, currency="CNY", details=True)


def test_a_credit_is_proposed_for_the_oldest_items_first_and_used_as_confirmed():
    receipt = item("E1/credit/R-1")
    offered = allocating.offers(open_reading(), receipt)
    assert [(each.number, each.proposed_minor) for each in offered] == [("I-1", 100000), ("I-2", 20000)]
    done = allocating.allocate(SYSTEM, receipt, {"I-1": "1000.00", "I-2": "150"}, on=DAY)
    assert done.new_rows == 2
    assert left() == {"I-2": 35000, "I-3": 70000, "J-1": 7000, "R-1": 5000}
    assert item("E1/credit/R-1").left_minor == 5000
    allocating.allocate(SYSTEM, item("E1/credit/R-1"), {"I-2": "50.00"}, on=DAY)
    assert left()["I-2"] == 30000
    assert holds()


def test_the_same_amount_twice_on_one_day_is_two_allocations():
    for _ in range(2):
        allocating.allocate(SYSTEM, item("E1/credit/R-1"), {"I-1": "100.00"}, on=DAY)
    assert left()["I-1"] == 80000


def test_more_than_is_open_or_what_is_not_there_is_refused():
    before = left()
    cases = [
        ({"I-1": "1000.01"}, RowsRejected), ({"I-1": "800", "I-2": "500"}, RowsRejected), ({}, InputError),
        ({"I-1": "-5"}, InputError), ({"I-1": "5.001"}, InputError), ({"I-1": "lots"}, InputError),
        ({"I-9": "5"}, NotFound), ({"J-1": "5"}, NotFound), ({"I-3": "5"}, RowsRejected),

    ]  # fmt: skip
    for amounts, error in cases:
        with pytest.raises(error):
            allocating.allocate(SYSTEM, item("E1/credit/R-1"), amounts, on=DAY)
    assert left() == before


def test_an_allocation_is_taken_back_once_and_what_was_known_keeps_it():
    allocating.allocate(SYSTEM, item("E1/credit/R-1"), {"I-1": "400"}, on=DAY)
    known = snapshots.current(SYSTEM)
    (row,) = allocating.allocations_of(SYSTEM, item("E1/credit/R-1"))
    assert (row.number, row.amount_minor) == ("I-1", 40000)
    allocating.withdraw(SYSTEM, item("E1/credit/R-1"), row.allocation_no, reason="wrong invoice")
    assert left()["I-1"] == 100000
    assert left(known)["I-1"] == 60000
    with pytest.raises(StaleVersion):
        allocating.withdraw(SYSTEM, item("E1/credit/R-1"), row.allocation_no, reason="again")
    with pytest.raises(NotFound):
        allocating.withdraw(SYSTEM, item("E1/debit/I-2"), row.allocation_no, reason="not mine")
    allocating.allocate(SYSTEM, item("E1/credit/R-1"), {"I-1": "400"}, on=DAY)
    assert left()["I-1"] == 60000


def test_who_may_not_allocate_or_sees_another_entity_is_refused():
    viewer = Actor.of("rae", ["viewer"])
    with pytest.raises(NotPermitted):
        allocating.allocate(viewer, item("E1/credit/R-1"), {"I-1": "1"}, on=DAY)
    narrow = Actor.of("nel", ["finance"], frozenset({"E2"}))
    with pytest.raises(NotFound):
        item("E1/credit/R-1", narrow)


def test_a_dispute_is_opened_changed_from_a_day_and_closed():
    first = dt.date(2026, 3, 1)
    disputes.open_dispute(SYSTEM, item("E1/debit/I-1"), on=first, amount="300", reason="price", note="called")
    (row,) = disputes.of_item(SYSTEM, item("E1/debit/I-1"))
    second = dt.date(2026, 3, 10)
    disputes.change_dispute(SYSTEM, item("E1/debit/I-1"), row.number, on=second, amount="100", reason="quality")
    rows = disputes.of_item(SYSTEM, item("E1/debit/I-1"))
    assert [(each.opened_on, each.closed_on, each.amount_minor, each.reason) for each in rows] == [
        (first, second, 30000, "price"), (second, None, 10000, "quality"),
    ]  # fmt: skip
    disputes.close_dispute(SYSTEM, item("E1/debit/I-1"), rows[1].number, on=DAY, note="credited")
    assert disputes.of_item(SYSTEM, item("E1/debit/I-1"))[1].closed_on == DAY
    assert AuditEntry.objects.filter(verb="dispute.change").count() == 3
    assert "credited" in AuditEntry.objects.order_by("-batch_no")[0].body
    with pytest.raises(NotFound):
        disputes.close_dispute(SYSTEM, item("E1/debit/I-1"), rows[1].number, on=DAY)
    assert holds()


def test_a_dispute_that_cannot_be_is_refused():
    cases = [
        ("E1/debit/I-1", "1000.01", "price", RowsRejected), ("E1/credit/R-1", "5", "price", RowsRejected),
        ("E1/debit/I-1", "5", "mood", InputError), ("E1/debit/I-1", "0", "price", InputError),

    ]  # fmt: skip
    for of, amount, reason, error in cases:
        with pytest.raises(error):
            disputes.open_dispute(SYSTEM, item(of), on=DAY, amount=amount, reason=reason)


@pytest.fixture
def two_people():
    person("ann", Grant("collector"))
    person("fin", Grant("finance"))
    return [actor_of(User.objects.get(username=name)) for name in ("ann", "fin")]


def test_a_write_off_takes_two_people_and_a_recovery_gives_it_back(two_people):
    ann, fin = two_people
    asked = write_offs.propose(ann, item("E1/debit/I-1", ann), amount="600", on=DAY, reason="bankrupt")
    assert left()["I-1"] == 100000
    with pytest.raises((ApprovalRequired, NotPermitted)):
        approvals.approve(ann, asked.number, digest=asked.digest, on=DAY)
    done = approvals.approve(fin, asked.number, digest=asked.digest, on=DAY)
    number = done.result["write_off"]
    assert left()["I-1"] == 40000
    assert Item.objects.every_entity().get(number=number).kind == 13
    write_off = item(f"E1/credit/{number}")
    assert made("gross_loss_12m_minor") == 60000
    write_offs.record_recovery(fin, write_off, amount="150", on=DAY)
    assert made("recoveries_12m_minor") == 15000
    with pytest.raises(InputError, match=r"450\.00"):
        write_offs.record_recovery(fin, write_off, amount="450.01", on=DAY)
    write_offs.record_recovery(fin, write_off, amount="450", on=DAY, receipt="R-1")
    assert item("E1/credit/R-1").left_minor == 75000
    assert made("recoveries_12m_minor") == 60000
    assert holds()


def test_what_is_written_by_hand_has_one_effect_under_its_key_and_the_first_answer_again(two_people):
    ann, fin = two_people
    asked = write_offs.propose(ann, item("E1/debit/I-2", ann), amount="100", on=DAY, reason="bankrupt")
    number = approvals.approve(fin, asked.number, digest=asked.digest, on=DAY).result["write_off"]
    invoice, receipt, write_off = item("E1/debit/I-1"), item("E1/credit/R-1"), item(f"E1/credit/{number}")

    def second():
        return max(each.number for each in disputes.of_item(SYSTEM, invoice) if each.closed_on is None)

    verbs = {
        "use": lambda amount: allocating.allocate(SYSTEM, receipt, {"I-1": amount}, on=DAY, key="use"),
        "open": lambda amount: disputes.open_dispute(
            SYSTEM, invoice, on=dt.date(2026, 3, 1), amount=amount, reason="price", key="open"
        ),
        "recover": lambda amount: write_offs.record_recovery(SYSTEM, write_off, amount=amount, on=DAY, key="recover"),
    }
    for name, act in verbs.items():
        done = act("60.00")
        again = act("60.00")
        assert (again.batch_no, again.counts) == (done.batch_no, done.counts), name
        with pytest.raises(IdempotencyMismatch):
            act("50.00")
    which, later = second(), dt.date(2026, 3, 10)
    changed = [
        disputes.change_dispute(SYSTEM, invoice, which, on=later, amount="9", reason="quality", key="change").batch_no
        for _ in range(2)
    ]
    which = second()
    closed = [disputes.close_dispute(SYSTEM, invoice, which, on=DAY, key="close").batch_no for _ in range(2)]
    assert (closed[0], changed[0]) == (closed[1], changed[1])
    assert (left()["I-1"], left()["R-1"]) == (94000, 114000)
    assert holds()


def made(figure):
    rows = reading.report(open_reading(), scheme=DEFAULT_SCHEME).figures
    found = {row["name"]: row for row in rows.iter_rows(named=True)}
    assert figure in found, sorted(found)
    return found[figure]["value_minor"]


def test_a_write_off_of_what_changed_meanwhile_is_refused(two_people):
    ann, fin = two_people
    asked = write_offs.propose(ann, item("E1/debit/I-1", ann), amount="600", on=DAY, reason="bankrupt")
    allocating.allocate(SYSTEM, item("E1/credit/R-1"), {"I-1": "500"}, on=DAY)
    with pytest.raises(StaleVersion):
        approvals.approve(fin, asked.number, digest=asked.digest, on=DAY)
    for of, amount in (("E1/debit/I-1", "500.01"), ("E1/credit/R-1", "5")):
        with pytest.raises(InputError):
            write_offs.propose(ann, item(of, ann), amount=amount, on=DAY, reason="bankrupt")


def test_merged_codes_are_one_customer_until_they_are_split():
    days = [dt.date(2026, 1, 20), dt.date(2026, 2, 28), DAY]
    before, known = {day: aged(day) for day in days}, snapshots.current(SYSTEM)
    merging.merge(SYSTEM, "C2", "C1", on=DAY, reason="one company register number")
    rows = aged(DAY)
    assert [row[0] for row in rows if row[1] == "E1"] == ["C1"]
    assert {row[0] for row in rows} == {"C1"}
    assert {day: aged(day, known) for day in days} == before
    ledger, _ = snapshots.open_ledger(SYSTEM)
    groups = dict(ledger.customers.select("customer_code", "group_code").iter_rows())
    assert groups == {"C1": "C1", "C3": "C1"}
    allocating.allocate(SYSTEM, item("E1/credit/R-1"), {"I-3": "5"}, on=DAY)  # of the one customer now
    (row,) = allocating.allocations_of(SYSTEM, item("E1/credit/R-1"))
    allocating.withdraw(SYSTEM, item("E1/credit/R-1"), row.allocation_no, reason="trial")
    merging.split(SYSTEM, "C2", reason="two plants after all")
    assert {day: aged(day) for day in days} == before
    assert holds()


def test_merges_that_cannot_be_are_refused():
    merging.merge(SYSTEM, "C2", "C1", on=DAY, reason="one")
    cases = [
("C1", "C1", Refused), ("C1", "C9", NotFound), ("C2", "C1", Conflict), ("C4", "C1", NotFound)
    ]  # fmt: skip
    for code, into, error in cases:
        with pytest.raises(error):
            merging.merge(SYSTEM, code, into, on=DAY, reason="again")
    with pytest.raises(NotPermitted):
        merging.split(Actor.of("nel", ["credit_manager"], frozenset({"E1"})), "C2", reason="mine")
    with pytest.raises(NotFound):
        merging.split(SYSTEM, "C1", reason="never was")


def test_a_customer_is_described_by_versions():
    one = subjects.customer_of(SYSTEM, "C1")
    customers.change(SYSTEM, one, {"name": "Onesime", "parent_code": "C2", "language": "zh"}, version=1)
    assert customers.described(one).name == "Onesime"
    with pytest.raises(StaleVersion):
        customers.change(SYSTEM, one, {"name": "Twosime"}, version=1)
    customers.change(SYSTEM, one, {"parent_code": ""}, version=2)
    assert customers.described(one).parent_code is None
    assert [row.version for row, _who, _at in customers.history(SYSTEM, one)] == [3, 2, 1]
    assert customers.change(SYSTEM, one, {"name": "Onesime"}, version=3).batch_no is None
    assert holds()


def test_what_cannot_be_said_about_a_customer_is_refused():
    cases = [
        ({"parent_code": "C9"}, UnknownCode), ({"parent_code": "C3"}, InputError), ({"name": " "}, InputError),
        ({"currency": "XXQ"}, UnknownCode), ({"country": "China"}, InputError), ({"colour": "red"}, InputError),

    ]  # fmt: skip
    for fields, error in cases:
        with pytest.raises(error):
            customers.change(SYSTEM, subjects.customer_of(SYSTEM, "C2"), fields, version=1)


def test_what_no_database_can_hold_is_not_there():
    for name in ("E1/debit/I\x00-1", "E\x001/debit/I-1", "C\x001/x/y"):
        with pytest.raises(NotFound):
            item(name)
    with pytest.raises(NotFound):
        subjects.customer_of(SYSTEM, "C\x00")
    with pytest.raises(InputError):
        customers.change(SYSTEM, subjects.customer_of(SYSTEM, "C1"), {"name": "O\x00"}, version=1)
