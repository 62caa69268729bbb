"""Which open items a payment pays: proposals with a score and reasons, the same however the items are handed over.

What the text names, who pays and how the amount fits each give points. A proposal never allocates more than was
received, nor more of an item than is open. A person confirms it, or a rule where the policy allows one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from seawall.engine.ledger import matching_amounts, references
from seawall.engine.ledger.matching_amounts import Adjustment, Part
from seawall.engine.ledger.matching_book import Book, OpenItem
from seawall.engine.ledger.references import Compact

REASONS: Final[dict[str, str]] = {
    "number": "The text names {numbers}.",
    "creditor_reference": "The creditor reference is that of {numbers}.",
    "order": "The text names the order or contract of {numbers}.",
    "tail": "The text names the last digits of {numbers}.",
    "account": "Payments from this account were from {customer} before.",
    "learnt_name": "Payments under this name were from {customer} before.",
    "name": "The payer is called as {customer}.",
    "like": "The payer is called much like {customer}.",
    "other_payer": "The payer is another customer than {customer}.",
    "exact": "The amount is what is open of it.",
    "all_open": "The amount is all that the customer has open.",
    "sum": "The amount is the sum of {count} items.",
    "rest": "The rest of the amount is {numbers}, which the text does not name.",
    "ambiguous": "Other items come to the same amount.",
    "bank_charge": "{amount} is missing, as much as a bank may charge.",
    "discount": "{amount} is missing: the discount of the terms.",
    "rate": "In another currency; {percent} % from the rate of the day.",
    "short": "{amount} is missing.",
    "over": "{amount} is left over.",
    "oldest": "Nothing says what it is for: the oldest items first.",
}
"""Sentences by reason code, to be translated and filled with the reason's parameters."""

SCORE_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Receipt:
    """Money that came in: how much, when, from whom, and what its text says."""

    amount_minor: int
    currency: str
    booked_on: dt.date
    counterparty: str = ""
    counterparty_account: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Learnt:
    """Who paid before: account, and name as it is compared, to customer."""

    accounts: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a proposal has its score: a code of ``REASONS``, its points, and what its sentence is filled in with.

    ``amount_minor`` is in the receipt's currency.
    """

    code: str
    points: float
    numbers: tuple[str, ...] = ()
    customer: str = ""
    count: int = 0
    amount_minor: int = 0
    rate: float = 0.0


@dataclass(frozen=True, slots=True)
class Proposal:
    """Allocations of a receipt, what is booked beside it, what stays over or is missing, and why."""

    customer_code: str
    parts: tuple[Part, ...]
    adjustments: tuple[Adjustment, ...]
    unapplied_minor: int
    short_minor: int
    score: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class _Who:
    """Why a payment is a customer's, in one reason; None where only its items say so."""

    code: str
    reason: Reason | None


def proposals(
    receipt: Receipt,
    book: Book,
    *,
    policy: Mapping[str, Any],
    learnt: Learnt | None = None,
    rates: Mapping[str, float] | None = None,
) -> tuple[Proposal, ...]:
    """What the receipt may pay, the best first; equal scores stand in the order of customer and numbers.

    ``rates``: for items in another currency, minor units of the receipt's for one of theirs.
    """
    asked = _Asked(receipt, book, policy, learnt or Learnt(), rates or {})
    best: dict[tuple[str, tuple[Part, ...]], Proposal] = {}
    for made in asked.all():
        name = (made.customer_code, made.parts)
        if name not in best or made.score > best[name].score:
            best[name] = made
    ordered = sorted(best.values(), key=lambda each: (-each.score, each.customer_code, each.parts))
    return tuple(ordered[: policy["proposals_max"]])


def is_for_rule(found: Sequence[Proposal], policy: Mapping[str, Any]) -> bool:
    """Whether the first proposal is certain enough for a rule: its score, no rival near it, nothing left or missing."""
    if not policy["is_rule_on"] or not found or found[0].score < policy["rule_score_min"]:
        return False
    rival = found[1].score if len(found) > 1 else 0.0
    is_clean = not found[0].unapplied_minor and not found[0].short_minor
    return is_clean and found[0].score - rival >= policy["rule_margin_min"]


@dataclass(frozen=True)
class _Asked:
    """One receipt held against the book."""

    receipt: Receipt
    book: Book
    policy: Mapping[str, Any]
    learnt: Learnt
    rates: Mapping[str, float]

    def all(self) -> Iterator[Proposal]:
        named = self._named()
        payers = self._payers()
        by_customer: dict[str, dict[int, str]] = {}
        for place, code in named.items():
            by_customer.setdefault(self.book.items[place].customer_code, {})[place] = code
        for customer in sorted(payers.keys() | by_customer.keys()):
            who = payers.get(customer, _Who(customer, None))
            mine = {**self._tails(customer), **by_customer.get(customer, {})}
            if mine:
                yield from self._of_named(who, mine, payers)
            if who.reason is not None:
                yield from self._of_amount(who)
        if not payers and not by_customer:
            yield from self._of_anybody()

    def _named(self) -> dict[int, str]:
        """Places of the items the text names, with how; only those in a currency the receipt can pay."""
        text, book = Compact.of(self.receipt.reference), self.book
        found: dict[int, str] = {}
        looked = (("number", book.numbers, book.number_lengths), ("order", book.orders, book.order_lengths))
        for code, index, lengths in looked:
            for key in text.named(index, lengths):
                for place in index[key]:
                    found.setdefault(place, code)
        for body in references.creditor_references(self.receipt.reference):
            for place in book.bodies.get(body, []):
                found[place] = "creditor_reference"
        usable = {self.receipt.currency, *self.rates}
        return {place: code for place, code in sorted(found.items()) if book.items[place].currency in usable}

    def _tails(self, customer: str) -> dict[int, str]:
        """Items of a customer whose last digits the text names, where only one of them ends so."""
        runs = references.runs(self.receipt.reference, self.policy["tail_digits_min"])
        mine = [(place, references.all_digits(self.book.items[place].number))
                for place in self.book.of_customer(customer, self.receipt.currency)]  # fmt: skip
        found = [[place for place, digits in mine if digits.endswith(run)] for run in runs]
        return {places[0]: "tail" for places in found if len(places) == 1}

    def _payers(self) -> dict[str, _Who]:
        """Customers the payer may be, each with the strongest reason."""
        receipt, points = self.receipt, self.policy
        name = references.company(receipt.counterparty)
        found: list[tuple[str, str]] = []
        if code := self.learnt.accounts.get(receipt.counterparty_account):
            found.append(("account", code))
        if code := self.learnt.names.get(name):
            found.append(("learnt_name", code))
        found += [("name", code) for code in self.book.companies.get(name, [])]
        if not found:
            near = self.book.named_alike(receipt.counterparty, points["like_rate_min"])
            found = [("like", code) for code, _ in near[: points["proposals_max"]]]
        made: dict[str, _Who] = {}
        for code, customer in found:
            made.setdefault(customer, _Who(customer, Reason(code, points[f"{code}_points"], customer=customer)))
        return made

    def _of_named(self, who: _Who, named: Mapping[int, str], payers: Mapping[str, _Who]) -> Iterator[Proposal]:
        places = sorted(named)
        items = [self.book.items[place] for place in places]
        codes = sorted(set(named.values()), key=lambda code: -self._code_points(code))
        why = [
            Reason(code, self._code_points(code) if code == codes[0] else 0.0,
                   numbers=tuple(self.book.items[place].number for place in places if named[place] == code))
            for code in codes
        ]  # fmt: skip
        if who.reason is not None:
            why.append(who.reason)
        elif payers:
            why.append(Reason("other_payer", self.policy["other_payer_points"], customer=who.code))
        yield self._fitted(who.code, items, why, code="named")
        yield from self._with_the_rest(who, items, why)

    def _with_the_rest(self, who: _Who, items: Sequence[OpenItem], why: Sequence[Reason]) -> Iterator[Proposal]:
        """The text names some items, and others of the customer come to the rest of the amount."""
        rest = self.receipt.amount_minor - sum(item.left_minor for item in items)
        if rest <= 0 or any(item.currency != self.receipt.currency for item in items):
            return
        others = [item for place in self.book.of_customer(who.code, self.receipt.currency)
                  if (item := self.book.items[place]) not in items]  # fmt: skip
        found = matching_amounts.several([item.left_minor for item in others], rest, self.policy, least=1)
        if found is not None:
            places, is_ambiguous = found
            more = [others[place] for place in places]
            made = Reason("rest", 0.0, numbers=tuple(item.number for item in more), count=len(more))
            yield self._fitted(who.code, [*items, *more], [*why, made], is_ambiguous=is_ambiguous)

    def _code_points(self, code: str) -> float:
        points: float = self.policy[{"creditor_reference": "creditor_points"}.get(code, f"{code}_points")]
        return points

    def _of_amount(self, who: _Who) -> Iterator[Proposal]:
        """What the customer may mean without saying so: one item, all of them, several, or the oldest."""
        assert who.reason is not None  # noqa: S101 - the caller looked
        receipt, policy = self.receipt, self.policy
        items = [self.book.items[place] for place in self.book.of_customer(who.code, receipt.currency)]
        lefts = [item.left_minor for item in items]
        same = [item for item in items if item.left_minor == receipt.amount_minor]
        for item in same[: policy["proposals_max"]]:
            yield self._fitted(who.code, [item], [who.reason], is_ambiguous=len(same) > 1)
        if len(items) > 1 and sum(lefts) == receipt.amount_minor:
            yield self._fitted(who.code, items, [who.reason], code="all_open")
        elif first := self._several(lefts):
            places, is_ambiguous = first
            yield self._fitted(who.code, [items[place] for place in places], [who.reason], is_ambiguous=is_ambiguous)
        for item in [] if same else items[: policy["items_max"]]:
            if matching_amounts.adjustments([item], receipt.amount_minor, receipt.booked_on, policy):
                yield self._fitted(who.code, [item], [who.reason])
        if items and not same:
            yield self._fitted(who.code, items, [who.reason], code="oldest")

    def _several(self, lefts: Sequence[int]) -> tuple[Sequence[int], bool] | None:
        """Places of several items that come to the amount: the first ones of all, else any few of the oldest."""
        return matching_amounts.several(lefts, self.receipt.amount_minor, self.policy)

    def _of_anybody(self) -> Iterator[Proposal]:
        """Nothing names a customer: an amount that only few items have still says something."""
        key = (self.receipt.amount_minor, self.receipt.currency)
        places = self.book.by_amount.get(key, [])
        for place in places[: self.policy["proposals_max"]]:
            item = self.book.items[place]
            yield self._fitted(item.customer_code, [item], [], is_ambiguous=len(places) > 1)

    def _fitted(
        self, customer: str, items: Sequence[OpenItem], why: Sequence[Reason], *, code: str = "",
        is_ambiguous: bool = False,
    ) -> Proposal:  # fmt: skip
        """The receipt spread over the items, oldest first, and how well its amount fits."""
        fit = matching_amounts.fitted(items, self.receipt, self.policy, self.rates, code)
        reasons = [*why, *(Reason(**each) for each in fit.reasons)]
        if is_ambiguous:
            reasons.append(Reason("ambiguous", self.policy["ambiguous_points"]))
        score = sum(reason.points for reason in reasons)
        return Proposal(
            customer, fit.parts, fit.adjustments, fit.unapplied_minor, fit.short_minor,
            float(min(max(score, 0), SCORE_MAX)), tuple(reasons),
        )  # fmt: skip
