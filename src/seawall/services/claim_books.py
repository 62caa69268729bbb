"""The journal of claims as a document: every posting of a period, and what is not booked and why.

Of files it is what they say; ``claim_journal`` makes it of the store, where what was taken back is mirrored.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from seawall.engine.kernel.errors import InputError, NotFound, PolicyError, SeawallError, UsageError
from seawall.engine.kernel.money import amount_text
from seawall.engine.kernel.policy import Policies
from seawall.engine.ledger.insured_facts import InsuredFacts
from seawall.engine.protection.claim import Recovery, recovery
from seawall.engine.protection.claim_facts import Key
from seawall.engine.protection.claim_journal import Decided, Fact, Paid, Posting, Recovered, history, postings
from seawall.engine.protection.cover import Insurance
from seawall.services import cover_maps
from seawall.services.insurance import claims_on

ACCOUNTS: Final = "accounting.claim_journal_accounts"
RECOGNITION: Final = "accounting.claim_recognition"
Document = dict[str, Any]


@dataclass(frozen=True)
class OnFile:
    """What is on file of one claim: rows of the canonical tables."""

    key: Key
    payments: pl.DataFrame
    recoveries: pl.DataFrame
    steps: pl.DataFrame

    @property
    def decisions(self) -> pl.DataFrame:
        """What the insurer decided, and that nothing is claimed any more."""
        return self.steps.filter(pl.col("step").cast(pl.String).is_in(["decided", "withdrawn"]))


@dataclass(frozen=True, slots=True)
class Entry:
    """A posting as it stands in the journal: its number, and its claim; ``entity`` is empty for the company."""

    number: str
    key: Key
    entity: str
    currency: str
    posting: Posting


@dataclass(frozen=True)
class Books:
    """All postings by day; claims that are filed and not decided, and recoveries that cannot be shared."""

    entries: tuple[Entry, ...]
    waiting: tuple[Document, ...]
    gaps: tuple[Document, ...]


@dataclass(frozen=True, slots=True)
class State:
    """What was known of a claim after one writing: its batch number and day, and the facts that counted."""

    batch: int
    written_on: dt.date
    facts: Sequence[Fact]


def of_files(insurance: Insurance, policies: Policies, *, on: dt.date) -> Books:
    """The journal of what files say up to a day."""
    made: list[Entry] = []
    every = claims_on_file(insurance.facts)
    for one in every:
        shared, _gap = shares(insurance, one)
        made += entries(one, [State(0, on, facts_of(one, one.key.date_of_loss, shared))], policies)
    return Books(in_order(made), *unbooked(insurance, every))


def claims_on_file(facts: InsuredFacts) -> list[OnFile]:
    """Every claim that payments, recoveries or steps name."""
    named = pl.concat([
        rows.select("customer_code", "policy", "date_of_loss", pl.col("cause").cast(pl.String))
        for rows in (facts.claims, facts.recoveries, facts.steps)
    ])  # fmt: skip
    keys = sorted(Key(*row) for row in named.unique().iter_rows())
    return [
        OnFile(key, *(rows.filter(key.mine) for rows in (facts.claims, facts.recoveries, facts.steps))) for key in keys
    ]  # fmt: skip


def facts_of(one: OnFile, decided_on: dt.date, shared: Sequence[Recovered]) -> list[Fact]:
    """What the journal of a claim is made of.

    Where no decision is on file, a payment that is waited for, with its amount, says that the insurer decided: on
    ``decided_on``, since no day of it is known. ``shared``: its recoveries as they are shared.
    """
    rows = one.payments.select("paid_on", "indemnity_minor").rows()
    paid: list[Fact] = [Paid(on, minor) for on, minor in rows if on is not None]
    if one.decisions.height:
        said = one.decisions.select("on", pl.col("decision").cast(pl.String), "amount_minor").rows()
        return [*(Decided(on, how or "withdrawn", minor or 0) for on, how, minor in said), *paid, *shared]
    waited = [minor for on, minor in rows if on is None and minor]
    decided = [Decided(decided_on, "accepted", sum(waited) + sum(minor for on, minor in rows if on))] if waited else []
    return [*decided, *paid, *shared]


def shares(insurance: Insurance, one: OnFile) -> tuple[list[Recovered], SeawallError | None]:
    """Recoveries of a claim shared by the policy's rule: each is the sum up to it less that before, to the cent.

    Where a policy or a rate does not say, none and why.
    """
    rows = one.recoveries.sort("received_on", "amount_minor")
    if rows.is_empty():
        return [], None
    try:
        _whole, made = claims_on(
            insurance, [one.key.customer_code], cause=one.key.cause, lost_on=one.key.date_of_loss,
            judged_on=max(one.key.date_of_loss, rows["received_on"][-1]), policy=one.key.policy,
        )  # fmt: skip
        claim = max(made, key=lambda each: each.gross_minor)
        found, before = [], Recovery(0, 0, 0, 0, 0)
        for row in rows.iter_rows(named=True):
            whole = recovery(
                claim, before.amount_minor + row["amount_minor"], before.costs_minor + row["costs_minor"]
            )  # fmt: skip
            found.append(
                Recovered(
                    row["received_on"],
                    row["received_by"],
                    row["amount_minor"],
                    row["costs_minor"],
                    whole.insurer_minor - before.insurer_minor,
                    whole.insured_minor - before.insured_minor,
                )
            )
            before = whole
    except (PolicyError, NotFound, UsageError) as gap:
        return [], gap
    return found, None


def entries(one: OnFile, states: Sequence[State], policies: Policies) -> Iterator[Entry]:
    """The postings of one claim over all that was known of it; numbered by the writing that made each."""
    frames = (one.payments, one.recoveries, one.steps)
    entity = next((code for frame in frames for code in frame["entity"].drop_nulls()), "")
    currency = next((code for frame in frames for code in frame["currency"].drop_nulls()), "")

    def recognition(day: dt.date) -> Any:
        return policies.at(RECOGNITION, day).value

    made = history([(each.written_on, postings(each.facts, recognition)) for each in states])
    counts: dict[int, int] = {}
    for place, posting in made:
        batch = states[place].batch
        counts[batch] = counts.get(batch, 0) + 1
        yield Entry(f"CLAIM-{one.key.customer_code}-{batch}.{counts[batch]}", one.key, entity, currency, posting)


def in_order(made: Iterable[Entry]) -> tuple[Entry, ...]:
    """Entries by day; of one day by claim."""
    return tuple(sorted(made, key=lambda each: (each.posting.on, each.key)))


def unbooked(insurance: Insurance, every: Iterable[OnFile]) -> tuple[tuple[Document, ...], tuple[Document, ...]]:
    """Claims that wait for a decision, a contingent asset; and claims whose recoveries cannot be shared, with why."""
    waiting, gaps = [], []
    for one in every:
        waits = one.steps.height or one.payments["paid_on"].null_count()
        if waits and not one.decisions.height and not one.payments["indemnity_minor"].sum():
            waiting.append(named(one.key) | {"currency": next(iter(one.payments["currency"]), None)})
        gap = shares(insurance, one)[1]
        if gap is not None:
            gaps.append(named(one.key) | cover_maps.unsaid(gap)["gap"])
    return tuple(waiting), tuple(gaps)


def named(key: Key) -> Document:
    """What a claim is known by."""
    return {
        "customer_code": key.customer_code, "policy": key.policy, "date_of_loss": key.date_of_loss.isoformat(),
        "cause": key.cause,
    }  # fmt: skip


def document(
    books: Books, policies_of: Callable[[str], Policies], *, since: dt.date, until: dt.date, entity: str = "",
    after: int = 0, limit: int | None = None,
) -> Document:  # fmt: skip
    """Journal lines from one day to another, both counted, with the totals of the whole period by currency.

    ``policies_of``: the policies of an entity, or of the company for an empty code. ``after`` postings are left out,
    and the next ``limit`` shown; ``next`` is where the rest begins.

    Raises:
        InputError: the period ends before it begins.
        PolicyGap: no accounts are named for a day.
    """
    if since > until:
        raise InputError("The period ends before it begins: {until} is before {since}.", hint="Swap the two days.",
                         since=since, until=until)  # fmt: skip
    found = [
        each for each in books.entries if since <= each.posting.on <= until and entity in ("", each.entity)
    ]  # fmt: skip
    shown = found[after : None if limit is None else after + limit]
    reached = after + len(shown)
    governing = {code: policies_of(code) for code in {each.entity for each in shown}}
    return {
        "from_on": since.isoformat(), "until_on": until.isoformat(), "entity": entity or None, "postings": len(found),
        "lines": [row for each in shown for row in _rows(each, governing[each.entity])],
        "totals": _totals(found), "waiting": list(books.waiting), "gaps": list(books.gaps),
        "next": reached if reached < len(found) else None,
    }  # fmt: skip


def _rows(entry: Entry, policies: Policies) -> Iterator[Document]:
    posting, currency = entry.posting, entry.currency
    names = policies.at(ACCOUNTS, posting.fact_on).value
    for place, line in enumerate(posting.lines, start=1):
        yield {
            "posting": entry.number, "line": place, "on": posting.on.isoformat(), "entity": entry.entity or None,
            **named(entry.key), "is_reversal": posting.taken_back_on is not None, "event": posting.event,
            "account": line.account, "account_name": names[line.account]["name"],
            "account_name_zh": names[line.account]["name_zh"], "currency": currency,
            "debit": amount_text(line.debit_minor, currency), "credit": amount_text(line.credit_minor, currency),
        }  # fmt: skip


def _totals(found: Iterable[Entry]) -> list[Document]:
    sums: dict[str, list[int]] = {}
    for each in found:
        both = sums.setdefault(each.currency, [0, 0])
        both[0] += sum(line.debit_minor for line in each.posting.lines)
        both[1] += sum(line.credit_minor for line in each.posting.lines)
    return [
        {"currency": code, "debit": amount_text(debit, code), "credit": amount_text(credit, code)}
        for code, (debit, credit) in sorted(sums.items())
    ]
