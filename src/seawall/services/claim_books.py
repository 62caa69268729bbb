"""The journal of claims as a document: every posting of a period, and what is not booked and why.

Of files it is what they say; ``claim_journal`` makes it of the store, where what was taken back is mirrored.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import polars as pl

from seawall.engine.kernel.errors import InputError, NotFound, PolicyError, SeawallError, UnknownCode, UsageError
from seawall.engine.kernel.money import amount_text
from seawall.engine.kernel.policy import Policies
from seawall.engine.protection.claim import Claim
from seawall.engine.protection.claim_case import claim_of, shared
from seawall.engine.protection.claim_facts import CaseFacts, Key, cases_on_file
from seawall.engine.protection.claim_journal import Decided, Fact, Paid, Posting, Recovered, history, postings
from seawall.engine.protection.cover import Insurance
from seawall.services import cover_maps
from seawall.services.claim_documents import named

ACCOUNTS: Final = "accounting.claim_journal_accounts"
RECOGNITION: Final = "accounting.claim_recognition"
Document = dict[str, Any]


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
    waiting: tuple[tuple[str, Document], ...]
    """Each with its entity, empty for the company."""

    gaps: tuple[tuple[str, Document], ...]


@dataclass(frozen=True)
class State:
    """A claim as it was known after one writing: its batch number and day, and what the journal is made of."""

    batch: int
    written_on: dt.date
    known: CaseFacts
    facts: Sequence[Fact]
    gap: SeawallError | None
    """Why its recoveries are not shared."""


@dataclass(frozen=True)
class Story:
    """All that was ever on file of a claim, and what was known of it after each writing, in their order.

    ``code``: the customer's code in the numbers of its postings, which a merge does not change.
    """

    ever: CaseFacts
    states: Sequence[State]
    code: str


def of_files(insurance: Insurance, policies: Policies, *, on: dt.date) -> Books:
    """The journal of what files say up to a day."""
    stories = []
    for one in cases_on_file(insurance.facts, on=on):
        facts, gap = facts_of(one, lambda: insurance, on=on, decided_on=one.key.date_of_loss)
        stories.append(Story(one, [State(0, on, one, facts, gap)], one.key.customer_code))
    return books(stories, lambda _entity: policies)


def facts_of(
    one: CaseFacts, insurance: Callable[[], Insurance], *, on: dt.date, decided_on: dt.date, codes: Sequence[str] = ()
) -> tuple[list[Fact], SeawallError | None]:
    """What the journal of a claim is made of on a day; without its recoveries, and why, where they cannot be shared.

    Where no decision is on file, a payment that is waited for, with its amount, says that the insurer decided: on
    ``decided_on``, since no day of it is known. ``codes``: others that its customer may have in the ledger.
    """
    rows = one.payments.select("paid_on", "indemnity_minor").rows()
    paid: list[Fact] = [Paid(day, minor) for day, minor in rows if day is not None]
    recovered, gap = _recovered(one, insurance, on=on, codes=codes)
    said = one.decisions.select("on", pl.col("decision").cast(pl.String), "amount_minor").rows()
    if said:
        return [*(Decided(day, how or "withdrawn", minor or 0) for day, how, minor in said), *paid, *recovered], gap
    awaited = one.decision
    decided = [] if awaited is None else [Decided(decided_on, awaited.how, awaited.amount_minor)]
    return [*decided, *paid, *recovered], gap


def _recovered(
    one: CaseFacts, insurance: Callable[[], Insurance], *, on: dt.date, codes: Sequence[str]
) -> tuple[list[Recovered], SeawallError | None]:
    """The recoveries of a claim as its page shares them; none, and why, where a policy or a rate does not say."""
    if one.recoveries.is_empty():
        return [], None
    try:
        claim = _claim(insurance(), one.key, [*codes, one.key.customer_code], one.judged_on(on))
    except (PolicyError, NotFound, UnknownCode, UsageError) as gap:
        return [], gap
    paid = int(one.paid["indemnity_minor"].sum())
    return [
        Recovered(
            each.received_on, each.received_by, each.shared.amount_minor, each.shared.costs_minor,
            each.shared.insurer_minor, each.shared.insured_minor,
        )
        for each in shared(one.recoveries, claim, paid) or ()
    ], None  # fmt: skip


def _claim(insurance: Insurance, key: Key, codes: Sequence[str], judged_on: dt.date) -> Claim:
    """What a claim comes to, with a rule to share by, under the first of these codes that the ledger knows debt of.

    Raises:
        NotFound: there is none.
        PolicyGap: a policy or an exchange rate says nothing where it is needed.
    """
    made = (claim_of(insurance, replace(key, customer_code=code), judged_on) for code in codes)
    claim = next((each for each in made if each is not None), None)
    if claim is None:
        raise NotFound(
            "No policy is about what {customer} owed on {day}.", customer=key.customer_code, day=key.date_of_loss
        )
    claim.cover.wording.need("recoveries", claim.cover.term_day)
    return claim


def books(stories: Iterable[Story], policies_of: Callable[[str], Policies]) -> Books:
    """The journal of claims; ``policies_of`` as of :func:`document`."""
    made: list[Entry] = []
    waiting, gaps = [], []
    numbers: Counter[str] = Counter()
    for each in stories:
        last = each.states[-1]
        entity = last.known.entity or each.ever.entity
        made += _entries(each, entity, policies_of(entity), numbers)
        if _waits(last.known):
            waiting.append((entity, named(last.known.key) | {"currency": each.ever.currency or None}))
        if last.gap is not None:
            gaps.append((entity, named(last.known.key) | cover_maps.unsaid(last.gap)["gap"]))
    made.sort(key=lambda entry: (entry.posting.on, entry.key))
    return Books(tuple(made), tuple(waiting), tuple(gaps))


def _entries(one: Story, entity: str, policies: Policies, numbers: Counter[str]) -> Iterator[Entry]:
    """The postings of a claim, under the entity it is known to be of; numbered by the claim and the writing."""

    def recognition(day: dt.date) -> Any:
        return policies.at(RECOGNITION, day).value

    key = one.ever.key
    made = history([(each.written_on, postings(each.facts, recognition)) for each in one.states])
    for place, posting in made:
        # claims on one loss for two causes share these, so they are counted over both
        writing = f"CLAIM-{one.code}-{key.policy}-{key.date_of_loss:%Y%m%d}-{one.states[place].batch}"
        numbers[writing] += 1
        yield Entry(f"{writing}.{numbers[writing]}", key, entity, one.ever.currency, posting)


def _waits(one: CaseFacts) -> bool:
    """Whether a claim waits for a decision: a contingent asset."""
    waits = one.steps.height or one.payments["paid_on"].null_count()
    return bool(waits) and not one.decisions.height and not one.payments["indemnity_minor"].sum()


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
        "totals": _totals(found), "waiting": [row for code, row in books.waiting if entity in ("", code)],
        "gaps": [row for code, row in books.gaps if entity in ("", code)],
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
