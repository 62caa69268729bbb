"""A year of the demo company under its Sinosure-style policy, end to end: nothing silently missed, both sides alike."""

import csv
import datetime as dt
import io

import polars as pl
import pytest
from insured import founded, rounds
from sandbox_insurer import SECRET, running
from stocked import SYSTEM, person

from seawall.engine.kernel.money import amount_text, minor_of
from seawall.engine.ledger.canonical import canonical
from seawall.engine.ledger.generate import generate
from seawall.engine.protection.claim_facts import Key
from seawall.exchange.language import Language
from seawall.services import (
    approvals,
    claim_files,
    demo,
    demo_insurance,
    insured,
    insurer_comparing,
    insurer_events,
    insurer_messages,
    insurers,
    limit_evidence,
    premium_store,
    protection,
    wordings,
)
from seawall.services.access import Grant, actor_of
from seawall.services.audit import verify
from seawall.services.insurers import Given
from seawall.services.intake import commit_import
from seawall.services.organisation import about
from seawall.services.reading import open_reading
from seawall.store import insured_on_file
from seawall.store.models import InsurerSending

pytestmark = pytest.mark.django_db(transaction=True)
FIRST, WEEK = dt.date(2031, 1, 1), dt.timedelta(days=7)
"""The sandbox insurer's clock begins on this day."""

ITEMS, CUSTOMERS, MONTHS, BUYERS = 1200, 40, 15, 6
USD = {"USD": 1.0, "CNY": 0.14, "EUR": 1.1, "GBP": 1.25, "JPY": 0.0065}
"""What one is in dollars all year long: a year of the future has no central bank's rates."""

NOTICE_WITHIN, NOTICE_WEEKS = 45, 3
"""Every third week the notices of the next 45 days are sent."""


class Year:
    """The company, its insurer, and what happens between them week by week."""

    def __init__(self, folder, insurer):
        self.folder, self.insurer, self.today, self.failed = folder, insurer, FIRST - dt.timedelta(days=1), ""
        made = generate(items=ITEMS, customers=CUSTOMERS, seed=demo.SEED, until=dt.date(2031, 12, 31), months=MONTHS,
                        home=demo.CURRENCY)  # fmt: skip
        self.frames = {name: canonical(made)[name] for name in ("customers", "items", "allocations")}
        self.exports = self.frames["customers"].filter(pl.col("country") != "CN")["customer_code"]
        self.missed, self.open = set(), {}
        self.said = 0
        founded()
        self._bring(self.frames["customers"], dt.date.min, self.today)
        self._approve()
        told = {"url": insurer.url, "client_id": "seawall", "ca": insurer.authority}
        self.number = insurers.add(SYSTEM, Given("Sandbox", "neutral", demo_insurance.POLICY, told, secret=SECRET))

    def _bring(self, customers, since, until):
        """Import what happened after a day up to another, as the company's system would send it."""
        room = self.folder / f"until-{until}"
        room.mkdir()
        after = {"items": "issued_on", "allocations": "allocated_on"}
        for name, day in after.items():
            frame = self.frames[name].filter(pl.col(day) > since, pl.col(day) <= until)
            if self.failed:
                frame = frame.filter(~self._of_failed(name, frame))
            frame.write_csv(room / f"{name}.csv")
        if customers is not None:
            customers.write_csv(room / "customers.csv")
            self._rates(room / "rates.csv")
        commit_import(SYSTEM, [room])

    def _of_failed(self, name, frame):
        """Whoever failed is sold nothing more and pays nothing more."""
        if name == "items":
            return frame["customer_code"] == self.failed
        numbers = self.frames["items"].filter(pl.col("customer_code") == self.failed)["number"].implode()
        return frame["debit_number"].is_in(numbers) | frame["credit_number"].is_in(numbers)

    def _rates(self, path):
        days = pl.date_range(dt.date(2030, 9, 1), dt.date(2032, 1, 7), "1w", eager=True)
        lines = ["currency,on,rate,to"]
        for day in days:
            for code, rate in USD.items():
                lines += [f"{code},{day},{rate},USD"] if code != "USD" else []
                lines += [f"{code},{day},{round(rate / USD['CNY'], 6)},CNY"] if code != "CNY" else []
        path.write_text("\n".join(lines) + "\n")

    def _approve(self):
        author, second = (actor_of(person(role, Grant(role))) for role in ("insurance_manager", "credit_manager"))
        asked = wordings.propose(author, demo_insurance.wording(FIRST), reason="renewal")
        approvals.approve(second, asked.number, digest=asked.digest, on=FIRST)

    def reading(self):
        return open_reading(SYSTEM, on=self.today, currency=demo.CURRENCY, details=True)

    def say(self, kind, fields, code=""):
        self.said += 1
        return insurer_messages.say(SYSTEM, connection_id=self.number, kind=kind, fields=fields, customer_code=code)

    def talk(self):
        """Say, have it decided, hear."""
        rounds(self.insurer, self.number)
        self.insurer.advance(minutes=2)
        rounds(self.insurer, self.number)

    def week(self):
        """Seven days pass; what was shipped in them is declared."""
        since, self.today = self.today, self.today + WEEK
        self._bring(None, since, self.today)
        self.insurer.advance(
            seconds=(dt.datetime.combine(self.today, dt.time(8), dt.UTC) - self.insurer.now).total_seconds()
        )
        self._declare(since)
        self.talk()

    def _declare(self, since):
        rows = self.frames["items"].filter(
            pl.col("kind") == "invoice", pl.col("customer_code").is_in(self.exports.implode()),
            pl.col("issued_on") > since, pl.col("issued_on") <= self.today, pl.col("customer_code") != self.failed,
        )  # fmt: skip
        lines = [
            {"item_number": row["number"], "shipped_on": str(row["issued_on"]), "currency": row["currency"],
             "amount": str(row["amount"])}
            for row in rows.iter_rows(named=True)
        ]  # fmt: skip
        if lines:
            first, last = str(since + dt.timedelta(days=1)), str(self.today)
            self.say("declare", {"basis": "shipments", "from_on": first, "to_on": last, "lines": lines})

    def ask_for_limits(self):
        """The largest export customers are linked, and a limit is asked for of each."""
        rows = [row for row in protection.cover_map(self.reading()) if row["policy"] == demo_insurance.POLICY]
        rows.sort(key=lambda row: -minor_of(row["open"], row["currency"]))
        self.buyers = [row["customer_code"] for row in rows[:BUYERS]]
        for code in self.buyers:
            first, *_others = insurers.candidates(
                SYSTEM, connection_id=self.number, customer_code=code, at=self.insurer.now
            )
            insurers.link(SYSTEM, connection_id=self.number, customer_code=code, company_ref=first.company_ref)
            self.say("request_cover", {"request_type": "2", "amount": "900000.00", "currency": "USD"}, code)
        self.talk()

    def notify(self):
        """Tell of every overdue invoice whose notice is due soon: by line of who is linked, by hand of the others."""
        due = self.deadlines("overdue_notice", "open", NOTICE_WITHIN)
        items = {row["number"]: row for row in self.frames["items"].iter_rows(named=True)}
        for row in due:
            item = items[row["number"]]
            if item["due_on"] > self.today:
                continue
            said = {"notice": "overdue", "item_number": row["number"], "issued_on": str(item["issued_on"]),
                    "due_on": str(item["due_on"]), "amount": str(item["amount"]), "currency": item["currency"],
                    "on": str(self.today)}  # fmt: skip
            if row["customer_code"] in self.buyers:
                self.say("notify", said, row["customer_code"])
            else:
                insured.record_fact(SYSTEM, "insurance_events", {
                    "customer_code": row["customer_code"], "policy": demo_insurance.POLICY, "event": "overdue_notified",
                    "item_number": row["number"], "on": str(self.today),
                })  # fmt: skip
        self.talk()
        return len(due)

    def deadlines(self, kind, state, within=None):
        rows = protection.deadlines(self.reading(), within=within)["deadlines"]
        return [row for row in rows if row["kind"] == kind and row["state"] == state]

    def check_nothing_is_silently_missed(self):
        """What was open and has passed is done, or stands as missed with its cost, as long as its item is owed."""
        rows = {(row["kind"], row["number"]): row for row in protection.deadlines(self.reading())["deadlines"]}
        owed = {row["number"] for row in protection.cover(self.reading())["items"]}
        for key, on in self.open.items():
            if key[1] in owed and on < str(self.today):
                assert key in rows, f"{key} of {on} is gone"
                assert rows[key]["state"] in ("done", "missed"), rows[key]
        self.open = {key: row["on"] for key, row in rows.items() if row["state"] == "open" and row["number"]}
        return [
            row
            for row in rows.values()
            if row["state"] == "missed" and row["kind"] in ("overdue_notice", "declaration")
        ]


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_the_demo_company_s_year_under_its_sinosure_style_policy(tmp_path, monkeypatch, count, capsys):
    weeks = count(16, 52)
    fails_in, cut_in = (weeks // 2, 3)
    with running(tmp_path / "sandbox", is_quick=True) as insurer:
        monkeypatch.setenv("SEAWALL_PRIVATE_HOSTS", insurer.host)
        year = Year(tmp_path, insurer)
        notices, late = 0, []
        for week in range(1, weeks + 1):
            year.week()
            if week == 1:
                year.ask_for_limits()
            if week == cut_in:
                cut(year)
            if week % NOTICE_WEEKS == 0:
                notices += year.notify()
                late = year.check_nothing_is_silently_missed()
            if week == fails_in:
                claim = failed(year)
        assert notices, "somebody was late"
        assert late == [], "everything was declared and notified in time"
        recovered(year, claim)
        months = premium_store.declaration(year.reading(), policy=demo_insurance.POLICY)["policies"][0]["months"]
        assert [month["missing_documents"] for month in months] == [0] * len(months)
        assert len(months) == (3 if weeks == 16 else 11)
        audited(year)
        done = limit_evidence.keep(SYSTEM, on=year.today, language=Language("zh"))
        assert done.days, "most customers have no limit but one we set ourselves"
        found = insurer_comparing.compare(SYSTEM, connection_id=year.number, at=insurer.now)
        assert found.differences == []
        assert set(InsurerSending.objects.every_entity().values_list("state", flat=True)) <= {"done"}
        assert len(insurer.sandbox.book.keys) == year.said
        assert verify(SYSTEM).holds
    with capsys.disabled():
        print(
            f"\n{weeks} weeks: {year.said} messages, {notices} notices, {done.days} delivery days kept, differences 0"
        )


def cut(year):
    """A limit is cut with effect at once: the lower one stands for what is shipped from then on."""
    limits = insured_on_file.standing("insured_limits").filter(pl.len().over("customer_code") == 1)  # no second layer
    year.cut = limits["customer_code"].min()
    ref = next(each.company_ref for each in insurers.links(SYSTEM, connection_id=year.number)
               if each.customer_code == year.cut)  # fmt: skip
    year.insurer.admin(
        "decide", company_ref=ref, policy=demo_insurance.POLICY, kind="reduced", amount="1000.00", currency="USD"
    )
    year.talk()
    (row,) = [row for row in protection.cover_map(year.reading(), customer=year.cut) if row["policy"]]
    assert row["limit"] == "1000.00"


def failed(year):
    """A buyer fails: the claim is worked out, its file kept, said to the insurer, and acknowledged."""
    rows = [row for row in protection.cover_map(year.reading()) if row["customer_code"] in year.buyers]
    row = max((row for row in rows if row["policy"] and row["customer_code"] != year.cut),
              key=lambda row: minor_of(row["covered"], row["currency"]))  # fmt: skip
    year.failed = row["customer_code"]
    event = {
        "customer_code": year.failed,
        "policy": demo_insurance.POLICY,
        "event": "insolvency",
        "on": str(year.today),
    }
    insured.record_fact(SYSTEM, "insurance_events", event)
    loss = {"cause": "insolvency", "lost_on": year.today, "policy": demo_insurance.POLICY}
    claim = protection.claim(year.reading(), customers=[year.failed], **loss)
    covered = sum(minor_of(item["covered"], "USD") for item in claim["items"])
    assert abs(minor_of(claim["indemnity"], "USD") - covered * 0.9) <= len(claim["items"]), "each item is rounded"
    kept = claim_files.keep(
        year.reading(), Key(year.failed, demo_insurance.POLICY, year.today, "insolvency"), about=about(SYSTEM),
        form="pdf", language=Language("zh"),
    )  # fmt: skip
    assert kept.bytes
    due = {row["number"]: str(row["due_on"]) for row in year.frames["items"].iter_rows(named=True)}
    items = [{"item_number": item["number"], "due_on": due[item["number"]], "amount": item["covered"], "currency": "USD"}
             for item in claim["items"] if minor_of(item["covered"], "USD")]  # fmt: skip
    year.say("file_claim", {
        "cause": "insolvency", "date_of_loss": str(year.today), "amount": amount_text(covered, "USD"), "currency": "USD",
        "items": items,
    }, year.failed)  # fmt: skip
    year.talk()
    (filed,) = insured_on_file.standing("insurance_events").filter(pl.col("event") == "claim_filed").to_dicts()
    assert filed["customer_code"] == year.failed
    return claim


def recovered(year, claim):
    """The insurer has paid what was worked out; it is recorded, something comes in, and that is told and shared."""
    seen = insurers.seen(SYSTEM)
    replies = [each.body for each in insurer_events.listed(SYSTEM, seen, kind="reply", limit=1000)]
    (paid,) = [each for each in replies if each["answer"] == "paid"]
    apart = minor_of(paid["amount"], "USD") - minor_of(claim["indemnity"], "USD")
    assert abs(apart) <= len(claim["items"]), "the insurer, who rounds once, came to the same"
    about_it = {"customer_code": year.failed, "policy": demo_insurance.POLICY, "date_of_loss": claim["date_of_loss"],
                "cause": "insolvency", "currency": "USD"}  # fmt: skip
    insured.record_fact(SYSTEM, "claims", about_it | {"paid_on": paid["on"], "indemnity": paid["amount"]})
    insured.record_fact(SYSTEM, "claim_recoveries", about_it | {
        "received_on": str(year.today), "received_by": "us", "amount": "1000.00", "costs": "50.00"})  # fmt: skip
    year.say("report_recovery", {
        "claim_ref": paid["ref"], "on": str(year.today), "amount": "1000.00", "currency": "USD", "costs": "50.00",
    }, year.failed)  # fmt: skip
    year.talk()
    due = premium_store.due(year.reading(), policy=demo_insurance.POLICY)
    assert paid["amount"] in str(due), "what was paid counts against the year"


def audited(year):
    """The insurer's invoice is what the policy says; one that charges more is found, with the difference."""
    agreed = premium_store.due(year.reading(), policy=demo_insurance.POLICY)
    (document,) = agreed["policies"]
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(["step", "declared", "rate", "amount"])
    for step in document["steps"]:
        if step["name"] == "on_declared":
            (rate,) = document["rates"]
            lines.writerow(["on_declared", rate["declared"], rate["rate"], rate["premium"]])
        else:
            lines.writerow([step["name"], "", "", step["amount"]])
    invoice = text.getvalue()
    assert premium_store.audit(year.reading(), invoice, policy=demo_insurance.POLICY)["differences"] == []
    first = next(step["amount"] for step in document["steps"] if step["name"] == "on_declared")
    more = amount_text(minor_of(first, "USD") + 100_00, "USD")
    dearer = premium_store.audit(year.reading(), invoice.replace(first, more, 1), policy=demo_insurance.POLICY)
    assert [row["difference"] for row in dearer["differences"]] == ["100.00"]
