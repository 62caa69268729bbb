"""The entries (分录) that book a claim: what the insurer owes once it decided, what it pays, what comes in afterwards.

Each posting balances by itself. What an insurer has not decided is a contingent asset and is not booked.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

Recognition = Literal["decision", "payment"]
"""When the indemnity is an asset: once the insurer decided (virtually certain), or once it is paid."""

ACCOUNTS: Final = (
    "bank", "indemnity_receivable", "indemnity_income", "due_to_insurer", "due_from_insurer", "recovery_income",
    "collection_costs",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decided:
    """What the insurer owes in all from a day on: nothing where it refused, or nothing is claimed any more."""

    on: dt.date
    how: str
    """``accepted``, ``partly``, ``refused`` or ``withdrawn``."""

    amount_minor: int


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment of the insurer."""

    on: dt.date
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Recovered:
    """Money that came in after the loss: to whom, what it cost, and who gets what of it by the policy."""

    on: dt.date
    by: str
    """``us`` or ``insurer``: who received it and paid its costs."""

    amount_minor: int
    costs_minor: int
    insurer_minor: int
    insured_minor: int


Fact = Decided | Paid | Recovered


@dataclass(frozen=True, slots=True)
class Line:
    """A debit or a credit of an account, in minor units of the policy's currency."""

    account: str
    debit_minor: int
    credit_minor: int

    def reversed(self) -> Line:
        """The line that takes it back."""
        return replace(self, debit_minor=self.credit_minor, credit_minor=self.debit_minor)


@dataclass(frozen=True, slots=True)
class Posting:
    """What one fact books on its day.

    ``taken_back_on``: it is the mirror of one that no longer holds, on that day. ``anew_on``: it comes in the place of
    one that was taken back, on that day.
    """

    event: str
    """``decision``, ``refusal``, ``payment``, ``recovery`` or ``recovery_costs``."""

    fact_on: dt.date
    lines: tuple[Line, ...]
    taken_back_on: dt.date | None = None
    anew_on: dt.date | None = None

    @property
    def on(self) -> dt.date:
        """The day it is posted on."""
        return self.taken_back_on or self.anew_on or self.fact_on

    def mirrored(self, on: dt.date) -> Posting:
        """What takes it back on a day."""
        return replace(self, lines=tuple(line.reversed() for line in self.lines), taken_back_on=on)


def postings(facts: Sequence[Fact], recognition: Callable[[dt.date], Recognition]) -> tuple[Posting, ...]:
    """The postings of one claim by day; of one day a decision comes before a payment.

    ``recognition`` says by the day of a decision when the indemnity is an asset.
    Of a payment what was recognised leaves the receivable; what is above it is income of that day. What was decided and
    not paid stays until a later decision says otherwise.
    """
    ranks = (Decided, Paid, Recovered)
    made: list[Posting] = []
    open_minor = paid_minor = 0
    for fact in sorted(facts, key=lambda each: (each.on, ranks.index(type(each)))):
        if isinstance(fact, Recovered):
            made += _recovered(fact)
        elif isinstance(fact, Paid):
            settled = min(fact.amount_minor, open_minor)
            open_minor, paid_minor = open_minor - settled, paid_minor + fact.amount_minor
            made += _posted("payment", fact.on, ("bank", fact.amount_minor), ("indemnity_receivable", -settled),
                            ("indemnity_income", settled - fact.amount_minor))  # fmt: skip
        else:
            target = max(fact.amount_minor - paid_minor, 0)
            if recognition(fact.on) == "payment":  # nothing new is recognised; what was goes with what is owed
                target = min(target, open_minor)
            event = "refusal" if fact.how in ("refused", "withdrawn") else "decision"
            made += _posted(event, fact.on, ("indemnity_receivable", target - open_minor),
                            ("indemnity_income", open_minor - target))  # fmt: skip
            open_minor = target
    return tuple(made)


def history(states: Sequence[tuple[dt.date, Sequence[Posting]]]) -> tuple[tuple[int, Posting], ...]:
    """All postings over what was known: ``states`` are the days of each writing and the postings as known after it.

    A posting that no longer holds stays, and is mirrored on the day of the writing that ended it; what comes in its
    place, for the same event of the same day, is posted on the day of its own writing, so that the old day keeps one of
    them. Each comes with the place of the writing that made it, in the order of these.
    """
    made: list[tuple[int, Posting]] = []
    before: list[Posting] = []
    replaced: set[tuple[dt.date, str]] = set()
    for place, (written_on, after) in enumerate(states):
        gone, new = _less(before, after), _less(after, before)
        replaced |= {(each.fact_on, each.event) for each in gone}
        made += [(place, each.mirrored(written_on)) for each in gone]
        made += [
            (place, replace(each, anew_on=written_on) if (each.fact_on, each.event) in replaced else each)
            for each in new
        ]
        before = list(after)
    return tuple(made)


def _recovered(fact: Recovered) -> Iterator[Posting]:
    """Received by us, the insurer's part is owed to it; received by the insurer, ours is owed to us."""
    if fact.by == "insurer":
        share, short = max(fact.insured_minor, 0), max(-fact.insured_minor, 0)
        sides = (("due_from_insurer", share), ("collection_costs", short), ("recovery_income", -share),
                 ("due_to_insurer", -short))  # fmt: skip
        yield from _posted("recovery", fact.on, *sides)
        return
    theirs, short = max(fact.insurer_minor, 0), max(-fact.insurer_minor, 0)
    income = fact.amount_minor - fact.insurer_minor
    sides = (("bank", fact.amount_minor), ("due_from_insurer", short), ("due_to_insurer", -theirs),
             ("recovery_income", -income))  # fmt: skip
    yield from _posted("recovery", fact.on, *sides)
    yield from _posted("recovery_costs", fact.on, ("collection_costs", fact.costs_minor), ("bank", -fact.costs_minor))


def _posted(event: str, on: dt.date, *sides: tuple[str, int]) -> Iterator[Posting]:
    """A posting of signed amounts, debits first; none where nothing is moved."""
    lines = [Line(account, max(minor, 0), max(-minor, 0)) for account, minor in sides if minor]
    if lines:
        yield Posting(event, on, tuple(sorted(lines, key=lambda line: not line.debit_minor)))


def _less(these: Sequence[Posting], those: Sequence[Posting]) -> list[Posting]:
    """Postings that are not, or not as often, among others."""
    left = list(those)
    found = []
    for each in these:
        if each in left:
            left.remove(each)
        else:
            found.append(each)
    return found
