"""Statements come in once, money finds its items, and what was decided can be taken back."""

import datetime as dt

import pytest

from seawall.engine.kernel.asof import AsOf
from seawall.engine.kernel.errors import FileRejected, InputError, NotFound, NotPermitted, Refused, UsageError
from seawall.engine.ledger.balance import open_debits, unapplied_credits
from seawall.policies import load
from seawall.services import bank, bank_cases, bank_decide, bank_matching, bank_reading, checks, snapshots
from seawall.services.access import ALLOCATION_CHANGE, Actor
from seawall.services.files import RowsRejected
from seawall.services.intake import commit_import, commit_rows
from seawall.store.models import AuditEntry, BankEntry, BankMatch, BankStatement, Item

pytestmark = pytest.mark.django_db(transaction=True)
SYSTEM = Actor.system()
ON = dt.date(2026, 3, 31)


@pytest.fixture
def ledger(tmp_path):
    (tmp_path / "customers.csv").write_text("customer_code,name,country\nC1,上海海丰贸易有限公司,CN\nC2,Acme GmbH,DE\n")
    (tmp_path / "items.csv").write_text(
        "entity,customer_code,kind,number,issued_on,due_on,currency,amount,terms\n"
        "E1,C1,invoice,INV-1001,2026-01-10,2026-02-09,CNY,1000.00,\n"
        "E1,C1,invoice,INV-1002,2026-02-10,2026-03-12,CNY,500.00,\n"
        "E1,C2,invoice,INV-2001,2026-03-20,2026-04-19,CNY,800.00,2/10 net 30\n"
        "E1,C2,invoice,USD-1,2026-03-20,2026-04-19,USD,100.00,\n"
        "E2,C2,invoice,OTH-1001,2026-02-05,2026-03-07,EUR,10.00,\n"
    )
    (tmp_path / "rates.csv").write_text("currency,to,on,rate\nUSD,CNY,2026-03-20,7.2\n")
    commit_import(SYSTEM, [tmp_path])
    return tmp_path


def statement(*rows, first="0", number="CN-7001", currency="CNY"):
    """A camt.053: (day, amount, name, text), with balances that follow from them."""
    entries, reached = "", round(float(first) * 100)
    for day, amount, name, text in rows:
        reached += round(float(amount) * 100)
        side, cents = ("CRDT", amount) if float(amount) > 0 else ("DBIT", amount.lstrip("-"))
        party = "Dbtr" if side == "CRDT" else "Cdtr"
        entries += (
            f"<Ntry><Amt Ccy='{currency}'>{cents}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>{day}</Dt>"
            f"</BookgDt><NtryDtls><TxDtls><RltdPties><{party}><Nm>{name}</Nm></{party}></RltdPties><RmtInf><Ustrd>{text}"
            "</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
        )

    def balance(code, minor, day):
        return (
            f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='{currency}'>{minor / 100:.2f}</Amt>"
            f"<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
        )

    account = f"<Acct><Id><Othr><Id>{number}</Id></Othr></Id><Ccy>{currency}</Ccy></Acct>"
    balances = balance("OPBD", round(float(first) * 100), rows[0][0]) + balance("CLBD", reached, rows[-1][0])
    return f"<Document><BkToCstmrStmt><Stmt>{account}{balances}{entries}</Stmt></BkToCstmrStmt></Document>".encode()


PAID = ("2026-03-20", "1000.00", "上海海丰贸易", "货款 INV-1001")
TWICE = ("2026-03-21", "25.00", "Someone", "gift")


def bring(*rows, actor=SYSTEM, entity="E1", name="s.xml", **more):
    return bank.import_files(actor, [(name, statement(*rows, **more))], entity=entity)


def entry_of(*, amount):
    return BankEntry.objects.every_entity().get(amount_minor=amount).pk


def open_now():
    found, known = snapshots.open_ledger(SYSTEM, details=True)
    as_of = AsOf(ON, known)
    debits = dict(open_debits(found, as_of=as_of).select("number", "open_minor").iter_rows())
    left = unapplied_credits(found, as_of=as_of).select("number", "unapplied_minor").iter_rows()
    return debits | {number: -amount for number, amount in left}


def test_overlapping_statements_bring_each_entry_once_and_equal_payments_stay_two(ledger):
    first = bring(PAID, TWICE, TWICE)
    assert first.new_entries == 3
    assert bring(PAID, TWICE, TWICE).batch_no is None
    later = bring(TWICE, TWICE, ("2026-03-22", "-7.00", "Bank", "fee"), first="1000", name="t.xml")
    assert later.new_entries == 1
    assert BankEntry.objects.every_entity().count() == 4
    assert BankStatement.objects.every_entity().count() == 2
    assert bring(TWICE, TWICE, TWICE, name="u.xml").new_entries == 1


def test_a_dry_run_says_all_and_leaves_nothing(ledger):
    done = bank.import_files(SYSTEM, [("s.xml", statement(PAID))], entity="E1", dry_run=True)
    assert (done.new_entries, done.batch_no) == (1, None)
    assert not BankEntry.objects.every_entity().exists()


def test_an_account_belongs_to_one_entity_and_a_new_one_must_say_which(ledger):
    with pytest.raises(UsageError, match="entity"):
        bring(PAID, entity="")
    bring(PAID)
    assert bring(PAID, TWICE, entity="", name="t.xml").new_entries == 1
    other = Actor.of("eve", ["finance"], frozenset({"E2"}), user_id=2)
    with pytest.raises(NotFound):
        bring(PAID, TWICE, actor=other, entity="", name="t.xml")
    with pytest.raises(NotFound):
        bring(PAID, actor=other, entity="E1", number="NEW")
    with pytest.raises(NotPermitted):
        bring(PAID, actor=Actor.of("rae", ["viewer"]))
    assert bank_reading.accounts(other) == []
    assert bank_reading.entries(other).count() == 0
    assert bank_reading.freshness(other, ON) is None
    with pytest.raises(NotFound):
        bank_matching.one(other, entry_of(amount=100_000), on=ON)
    with pytest.raises(NotFound):
        bank_decide.confirm(other, entry_of(amount=100_000), on=ON)


def test_a_statement_without_an_account_is_refused(ledger):
    with pytest.raises(FileRejected, match="no account"):
        bank.import_files(SYSTEM, [("s", b":61:2601020102C250,NTRFX\n:25:\n:62F:C260102EUR250,\n")])


def test_a_gap_between_statements_is_shown(ledger):
    bring(PAID)
    bring(("2026-03-25", "10.00", "a", "b"), first="1500", name="t.xml")
    (account,) = bank_reading.accounts(SYSTEM)
    assert [(gap.closing_minor, gap.opening_minor) for gap in account.gaps] == [(100_000, 150_000)]
    bring(("2026-03-20", "0.01", "x", "y"), ("2026-03-25", "499.99", "x", "y"), first="1000", name="u.xml")
    bring(("2026-03-25", "5.00", "a", "c"), first="1510", name="v.xml")
    assert len(bank_reading.accounts(SYSTEM)[0].gaps) <= 2


def test_bank_data_grow_old(ledger):
    assert bank_reading.freshness(SYSTEM, ON) is None
    bring(PAID)
    fresh = bank_reading.freshness(SYSTEM, dt.date(2026, 3, 21))
    assert (fresh.last_on, fresh.days, fresh.is_stale) == (dt.date(2026, 3, 20), 1, False)
    assert bank_reading.freshness(SYSTEM, ON).is_stale
    bring(("2026-03-30", "1.00", "a", "b"), number="CN-2")
    assert bank_reading.freshness(SYSTEM, ON).last_on == dt.date(2026, 3, 20)
    bring(("2026-09-30", "1.00", "a", "c"), number="CN-2", name="t.xml")
    fresh = bank_reading.freshness(SYSTEM, dt.date(2026, 9, 30))
    assert (fresh.last_on, fresh.accounts) == (dt.date(2026, 9, 30), 1)


def test_confirming_makes_a_receipt_and_its_allocations_in_one_write(ledger):
    bring(PAID)
    number = entry_of(amount=100_000)
    done = bank_decide.confirm(SYSTEM, number, on=ON)
    assert done.credits == (f"BANK-{number}",)
    assert open_now() == {"INV-1002": 50_000, "INV-2001": 80_000, "USD-1": 10_000, "OTH-1001": 1_000}
    assert [entry.verb for entry in AuditEntry.objects.order_by("-batch_no")[:2]] == ["match.confirm", "bank.import"]
    with pytest.raises(bank_decide.AlreadyDecided):
        bank_decide.confirm(SYSTEM, number, on=ON)
    assert bank_matching.unmatched(SYSTEM, on=ON) == ([], 0)
    assert checks.check(SYSTEM, on=ON).failures == ()


def test_taking_back_leaves_the_ledger_as_it_was_and_the_entry_open_again(ledger):
    before = open_now()
    bring(PAID)
    number = entry_of(amount=100_000)
    bank_decide.confirm(SYSTEM, number, on=ON)
    with pytest.raises(InputError):
        bank_decide.take_back(SYSTEM, number, reason=" ")
    bank_decide.take_back(SYSTEM, number, reason="wrong customer")
    assert open_now() == before
    assert checks.check(SYSTEM, on=ON).failures == ()
    with pytest.raises(NotFound):
        bank_decide.take_back(SYSTEM, number, reason="again")
    again = bank_decide.confirm(SYSTEM, number, on=ON)
    assert again.credits == (f"BANK-{number}.2",)
    assert "INV-1001" not in open_now()


def test_a_receipt_that_pays_something_else_by_now_is_not_taken_back(ledger):
    bring(("2026-03-20", "1100.00", "上海海丰贸易", "INV-1001"))
    number = entry_of(amount=110_000)
    bank_decide.confirm(SYSTEM, number, on=ON)
    row = {"entity": "E1", "customer_code": "C1", "debit_number": "INV-1002", "credit_number": f"BANK-{number}",
           "allocated_on": "2026-03-21", "amount": "100.00"}  # fmt: skip
    commit_rows(SYSTEM, {"allocations": [row]}, verb=ALLOCATION_CHANGE, origin="by-hand")
    with pytest.raises(Refused):
        bank_decide.take_back(SYSTEM, number, reason="wrong")


def test_short_and_over_payments_become_cases_until_they_are_settled(ledger):
    bring(("2026-03-20", "400.00", "上海海丰贸易", "INV-1002"), ("2026-03-21", "1150.00", "上海海丰贸易", "INV-1001"))
    assert bank_decide.confirm(SYSTEM, entry_of(amount=40_000), on=ON).cases == ("short",)
    assert bank_decide.confirm(SYSTEM, entry_of(amount=115_000), on=ON).cases == ("over",)
    assert open_now()[f"BANK-{entry_of(amount=115_000)}"] == -15_000
    short, over = bank_cases.cases(SYSTEM)
    assert (short.kind, short.amount_minor, short.next_step) == ("short", 10_000, "ask_for_rest")
    assert (over.kind, over.amount_minor, over.next_step, over.customer_code) == ("over", 15_000, "ask_payer", "C1")
    bank_decide.close_case(SYSTEM, over.case_id, on=ON, resolution="applied", note="to INV-1002")
    with pytest.raises(bank_decide.AlreadyDecided):
        bank_decide.close_case(SYSTEM, over.case_id, on=ON, resolution="applied")
    with pytest.raises(InputError):
        bank_decide.close_case(SYSTEM, short.case_id, on=ON, resolution="forgotten")
    assert [case.case_id for case in bank_cases.cases(SYSTEM)] == [short.case_id]
    bank_decide.take_back(SYSTEM, short.entry_id, reason="not theirs")
    assert bank_cases.cases(SYSTEM) == []


def test_charges_and_discounts_settle_the_item_and_are_marked(ledger):
    bring(("2026-03-20", "995.00", "上海海丰贸易", "INV-1001"), ("2026-03-28", "784.00", "Acme", "INV-2001"))
    for amount in (99_500, 78_400):
        assert bank_decide.confirm(SYSTEM, entry_of(amount=amount), on=ON).cases == ()
    assert not {"INV-1001", "INV-2001"} & open_now().keys()
    made = Item.objects.every_entity().filter(number__startswith="BANK-").order_by("amount_minor")
    assert [(item.kind, item.payment_method, item.amount_minor) for item in made] == [
        (11, "bank_charge", 500), (12, "discount", 1_600), (11, "bank", 78_400), (11, "bank", 99_500),
    ]  # fmt: skip
    assert bank_decide.take_back(SYSTEM, entry_of(amount=99_500), reason="x").credits[1].endswith("-1")
    assert open_now()["INV-1001"] == 100_000


def test_an_item_in_another_currency_is_settled_near_the_rate(ledger):
    bring(("2026-03-28", "718.00", "Acme GmbH", "USD-1 payment"))
    bank_decide.confirm(SYSTEM, entry_of(amount=71_800), on=ON)
    assert "USD-1" not in open_now()
    assert checks.check(SYSTEM, on=ON).failures == ()


def test_a_person_may_choose_other_items(ledger):
    bring(("2026-03-28", "600.00", "?", "?"))
    number = entry_of(amount=60_000)
    with pytest.raises(InputError, match="more than"):
        bank_decide.allocate(SYSTEM, number, on=ON, customer="C1", parts={"INV-1001": "700"})
    with pytest.raises(InputError):
        bank_decide.allocate(SYSTEM, number, on=ON, customer="C9", parts={"INV-1001": "1"})
    with pytest.raises(RowsRejected):
        bank_decide.allocate(SYSTEM, number, on=ON, customer="C1", parts={"INV-1002": "600"})
    assert not BankMatch.objects.every_entity().exists()
    done = bank_decide.allocate(SYSTEM, number, on=ON, customer="C1", parts={"INV-1001": "100", "INV-1002": "400.00"})
    assert done.cases == ("over",)
    assert open_now()["INV-1002"] == 10_000


def test_what_was_learnt_from_a_match_names_the_payer_next_time(ledger):
    bring(("2026-03-20", "600.00", "HF Holding", "?"), ("2026-03-28", "400.00", "HF HOLDING", "rest"))
    assert bank_matching.one(SYSTEM, entry_of(amount=40_000), on=ON).proposals == ()
    bank_decide.allocate(SYSTEM, entry_of(amount=60_000), on=ON, customer="C1", parts={"INV-1001": "600"})
    found = bank_matching.one(SYSTEM, entry_of(amount=40_000), on=ON).proposals[0]
    assert (found.customer_code, [reason.code for reason in found.reasons]) == ("C1", ["learnt_name", "exact"])


def test_what_is_set_aside_is_out_of_the_way_and_can_come_back(ledger):
    bring(TWICE)
    number = entry_of(amount=2_500)
    bank_decide.set_aside(SYSTEM, number, reason="interest")
    assert bank_matching.unmatched(SYSTEM, on=ON)[1] == 0
    assert [entry.pk for entry in bank_reading.entries(SYSTEM, state="aside")] == [number]
    with pytest.raises(bank_decide.AlreadyDecided):
        bank_decide.allocate(SYSTEM, number, on=ON, customer="C1", parts={})
    bank_decide.take_back(SYSTEM, number, reason="it was not")
    assert bank_matching.unmatched(SYSTEM, on=ON)[1] == 1


def test_whoever_saw_other_proposals_must_look_again(ledger):
    bring(PAID, ("2026-03-21", "1000.00", "上海海丰贸易", "x"))
    both = BankEntry.objects.every_entity().order_by("id")
    seen = bank_matching.one(SYSTEM, both[1].pk, on=ON).digest
    bank_decide.confirm(SYSTEM, both[0].pk, on=ON)
    with pytest.raises(bank_decide.Outdated):
        bank_decide.confirm(SYSTEM, both[1].pk, on=ON, seen=seen)
    with pytest.raises(NotFound):
        bank_decide.confirm(SYSTEM, both[1].pk, on=ON, proposal=77)


def test_the_same_key_is_one_effect_and_a_dry_run_none(ledger):
    bring(PAID)
    number = entry_of(amount=100_000)
    assert bank_decide.confirm(SYSTEM, number, on=ON, dry_run=True).batch_no is None
    assert not BankMatch.objects.every_entity().exists()


def test_a_rule_confirms_what_is_certain_where_it_is_on(ledger, monkeypatch):
    bring(PAID, ("2026-03-21", "77.00", "上海海丰贸易", "x"))
    assert bank_decide.confirm_by_rule(SYSTEM, on=ON) == []
    on = load.shipped().replaced(
        "house.matching", {**load.shipped().at("house.matching", ON).value, "is_rule_on": True}, source="test"
    )
    monkeypatch.setattr(bank_matching, "governing", lambda **_about: on)
    done = bank_decide.confirm_by_rule(SYSTEM, on=ON)
    assert [each.entry_id for each in done] == [entry_of(amount=100_000)]
    assert BankMatch.objects.every_entity().get().is_rule
    assert bank_decide.confirm_by_rule(SYSTEM, on=ON) == []


def test_money_that_went_out_pays_nothing(ledger):
    bring(("2026-03-20", "-5.00", "Bank", "INV-1001"))
    with pytest.raises(NotFound):
        bank_decide.confirm(SYSTEM, entry_of(amount=-500), on=ON)
    with pytest.raises((Refused, InputError)):
        bank_decide.allocate(SYSTEM, entry_of(amount=-500), on=ON, customer="C1", parts={})


def test_the_rule_runs_by_itself_after_statements_where_the_policy_has_it_on(ledger, monkeypatch):
    from seawall.services import jobs, jobs_work
    from seawall.store.models import Job

    bring(("2026-03-21", "77.00", "上海海丰贸易", "x"))
    assert not Job.objects.filter(kind="bank_rule").exists()
    on = load.shipped().replaced(
        "house.matching", {**load.shipped().at("house.matching", ON).value, "is_rule_on": True}, source="test"
    )
    monkeypatch.setattr(bank_matching, "governing", lambda **_about: on)
    bring(PAID)
    bring(PAID)  # nothing new: nothing follows
    job = Job.objects.get(kind="bank_rule")
    state = jobs_work.carry_out(job.pk, process="1", kind_of=jobs.kind_of, again=jobs.wake)
    assert (state, jobs.shown(SYSTEM, job_id=job.pk).result) == ("done", {"confirmed": 1})
    assert BankMatch.objects.every_entity().get().is_rule
