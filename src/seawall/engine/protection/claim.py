"""What a claim would come to: from what a customer owes on the day of loss to what the insurer pays, line by line."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine.kernel.rounding import mul_div, sum_by
from seawall.engine.ledger.insured_facts import CLAIM_FACTS, InsuredFacts
from seawall.engine.protection.clauses import REASONS
from seawall.engine.protection.cover import Asked, Insurance, PolicyCover, cover
from seawall.engine.protection.durations import NEVER, day_of
from seawall.engine.protection.insured_debt import Ids, Minor
from seawall.engine.protection.loss_operators import Annual, Losses, Outcome, annual_terms, apply_operators

CASE = ("customer_code", "policy", "date_of_loss", "cause")
"""What a claim is known by, in every fact about it."""

AMOUNTS = ("indemnity_minor", "aggregate_first_loss_used_minor")
"""What a row of ``claims`` took of the terms of its period."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a claim: what it is called, and what it adds (the first) or takes (below zero)."""

    name: str
    minor: int


@dataclass(frozen=True)
class Claim:
    """The claim on one customer under one policy; amounts in the policy's currency."""

    cover: PolicyCover
    customer: int
    rows: Ids
    """Places of the customer's items in ``cover``."""

    steps: tuple[Step, ...]
    gross_minor: int
    covered_minor: int
    insured_minor: int
    """What is covered, at its percentages and nothing else: by this the insurer shares in recoveries."""

    indemnity_minor: int
    left: Annual
    """What is left of the terms of the period after this claim."""

    @property
    def payable_from(self) -> dt.date | None:
        """The end of the waiting period of the cause, of the item it ends last for; None once it is over."""
        last = self.waiting_over
        return last if last is not None and last > self.cover.asked.known_on else None

    @property
    def waiting_over(self) -> dt.date | None:
        """The same, whether it is over or not; None where the policy has none for the cause."""
        ends = self.cover.waiting_ends[self.rows]
        last = int(ends[(self.cover.covered_minor[self.rows] > 0) & (ends != NEVER)].max(initial=0))
        return day_of(last) if last else None

    @property
    def pay_by(self) -> dt.date | None:
        """The last day the insurer has to pay, by what happened on or after the loss; None while nothing starts it."""
        return self.paid_by(self._first("claim_file_complete"), self._first("claim_filed"))

    def paid_by(self, complete_on: dt.date | None, filed_on: dt.date | None) -> dt.date | None:
        """The last day to pay, by ``claim_payment``: after the waiting period, or once the file is whole and filed.

        A file that the insurer called whole was filed, whether or not a day of that is known.
        """
        rule = self.cover.wording.get("claim_payment", self.cover.term_day)
        if rule is None:
            return None
        start = self.waiting_over
        if rule["from"] == "complete_file":
            start = None if complete_on is None else max(complete_on, filed_on or complete_on)
        return None if start is None else rule["within"].after(start)

    def _first(self, event: str) -> dt.date | None:
        """The day of an event of the customer, the first on or after the loss."""
        mine = (pl.col("event") == event) & (pl.col("customer_id") == self.customer)
        mine &= pl.col("on") >= self.cover.asked.on
        day: dt.date | None = self.cover.facts.events.filter(mine)["on"].min()  # type: ignore[assignment]
        return day

    @property
    def insurer_code(self) -> str | None:
        """The code by which the insurer knows the customer, by ``buyer_codes``."""
        codes = self.cover.wording.get("buyer_codes", self.cover.term_day) or {}
        return codes.get(self.cover.book.ledger.customers["customer_code"][self.customer])

    @property
    def payee(self) -> str | None:
        """To whom the proceeds are assigned, by ``loss_payee``; None: to the insured."""
        found: str | None = self.cover.wording.get("loss_payee", self.cover.term_day)
        return found

    @property
    def retained_minor(self) -> int:
        """What stays with the insured."""
        return self.gross_minor - self.indemnity_minor


def claims(
    insurance: Insurance, asked: Asked, customers: Sequence[int], *, policy: str | None = None,
    earlier: pl.DataFrame | None = None,
) -> tuple[Claim, ...]:  # fmt: skip
    """The claims if these customers failed on the day, one after the other in this order, under each policy.

    ``earlier`` claims (:func:`eroding` where not given) have taken their part of the first loss and the maximum of the
    period.

    Raises:
        PolicyGap: a policy or an exchange rate says nothing where it is needed.
    """
    found: list[Claim] = []
    before = eroding(insurance.facts) if earlier is None else earlier
    for one in cover(insurance, asked)[0]:
        if policy in (None, one.wording.code):
            found += _under(one, insurance.claims_of(one.wording, before), customers)
    return tuple(found)


def eroding(facts: InsuredFacts) -> pl.DataFrame:
    """Rows of ``claims``: what was paid, and what was decided and is not paid yet; both use up terms of the period.

    What a payment that is waited for would take is a part of the decision, and nothing of a claim that was withdrawn.
    """
    over = facts.steps.filter(pl.col("step").is_in(["decided", "withdrawn"]))
    is_over = facts.claims.join(over, on=CASE, how="semi", maintain_order="left")
    going_on = facts.claims.join(over, on=CASE, how="anti", maintain_order="left")
    known = pl.concat([counted(going_on), is_over.filter(pl.col("paid_on").is_not_null())])
    decided = decisions(facts.steps).with_columns(paid_on=pl.lit(None, pl.Date)).select(*CLAIM_FACTS.columns)
    rest = _less(decided, known).with_columns(pl.col("indemnity_minor").clip(lower_bound=0))
    return pl.concat([known, rest.filter(pl.any_horizontal(pl.col(*AMOUNTS) != 0))])


def counted(claims: pl.DataFrame) -> pl.DataFrame:
    """Rows of ``claims`` that count: what was paid; of what a payment is waited for, what goes beyond that by claim.

    So a row that comes again once its day of payment is known counts once.
    """
    is_paid = pl.col("paid_on").is_not_null()
    waits = claims.filter(~is_paid).group_by(CASE, maintain_order=True)
    whole = waits.agg(pl.exclude(*CASE, *AMOUNTS).last(), pl.sum(*AMOUNTS)).select(claims.columns)
    rest = _less(whole, claims.filter(is_paid)).with_columns(pl.col(*AMOUNTS).clip(lower_bound=0))
    return pl.concat([claims.filter(is_paid), rest.filter(pl.any_horizontal(pl.col(*AMOUNTS) > 0))])


def _less(whole: pl.DataFrame, paid: pl.DataFrame) -> pl.DataFrame:
    """Rows of ``claims``, one for each claim, less what was paid of it; nothing of an amount that is not said."""
    sums = paid.group_by(CASE).agg(pl.sum(*AMOUNTS))
    both = whole.join(sums, on=CASE, how="left", suffix="_paid", maintain_order="left")
    less = ((pl.col(name) - pl.col(f"{name}_paid").fill_null(0)).fill_null(0) for name in AMOUNTS)
    return both.with_columns(less).select(whole.columns)


def decisions(steps: pl.DataFrame) -> pl.DataFrame:
    """By claim the last decision of the insurer, amounts under the names of ``claims``; none of what was withdrawn."""
    withdrawn = steps.filter(pl.col("step") == "withdrawn")
    rows = steps.filter(pl.col("step") == "decided").join(withdrawn, on=CASE, how="anti", maintain_order="left")
    last = rows.sort("on", maintain_order=True).group_by(CASE, maintain_order=True).last()
    is_refused = pl.col("decision").cast(pl.String) == "refused"
    return last.with_columns(
        pl.col("amount_minor").fill_null(0).alias("indemnity_minor"),
        pl.when(~is_refused).then("aggregate_first_loss_used_minor").otherwise(0),
    )


def annual_left(one: PolicyCover, earlier: pl.DataFrame, *, without: frozenset[str] = frozenset()) -> Annual:
    """What earlier claims of the same year have left of the terms of the period (``Insurance.claims_of``).

    Claims on ``without`` (codes of customers) lost on the very day asked about are the claim itself.
    """
    whole, on = annual_terms(one.wording, one.term_day), one.asked.on
    rows = earlier.filter(
        pl.col("date_of_loss") <= on,
        ~((pl.col("date_of_loss") == on) & pl.col("customer_code").is_in(list(without))),
    )
    used, paid = int(rows["aggregate_first_loss_used_minor"].sum()), int(rows["indemnity_minor"].sum())
    return Annual(
        None if whole.first_loss_left is None else max(whole.first_loss_left - used, 0),
        None if whole.maximum_left is None else max(whole.maximum_left - paid, 0),
    )


def _under(one: PolicyCover, earlier: pl.DataFrame, customers: Sequence[int]) -> list[Claim]:
    """The claims under one policy: each customer's parts in turn."""
    place = {customer: k for k, customer in enumerate(customers)}
    dense = np.array([place.get(customer, -1) for customer in one.customer.tolist()], dtype=np.int64)
    rows = one.slices.row
    mine = np.flatnonzero(dense[rows] >= 0) if len(rows) else rows
    losses = Losses(dense[rows[mine]], one.slices.minor[mine], one.slices.rate[mine], len(customers))
    codes = one.book.ledger.customers["customer_code"].gather(list(customers)).to_list()
    left = annual_left(one, earlier, without=frozenset(codes))
    outcome = apply_operators(losses, one.wording, on=one.term_day, annual=left)
    found = []
    items_of, parts_of = _places(dense, len(customers)), _places(losses.customer, len(customers))
    for customer, k in place.items():
        items, parts = items_of[k], parts_of[k]
        if not len(items):
            continue
        left = _after(left, outcome, parts)
        found.append(_claim(one, customer, items, losses, outcome, parts, left))
    return found


def _places(which: Ids, size: int) -> list[Ids]:
    """Where each number below ``size`` stands, looked for once however many customers fail."""
    order = np.argsort(which, kind="stable")
    edges = np.searchsorted(which[order], np.arange(size + 1))
    return [order[first:last] for first, last in itertools.pairwise(edges.tolist())]


def _after(left: Annual, outcome: Outcome, parts: Ids) -> Annual:
    taken = outcome.taken.get("aggregate_first_loss")
    return Annual(
        None if left.first_loss_left is None or taken is None else left.first_loss_left - int(taken[parts].sum()),
        None if left.maximum_left is None else left.maximum_left - int(outcome.indemnity[parts].sum()),
    )


def _claim(  # noqa: PLR0917 - the parts of one claim
    one: PolicyCover, customer: int, items: Ids, losses: Losses, outcome: Outcome, parts: Ids, left: Annual
) -> Claim:
    gross, covered = int(one.open_minor[items].sum()), int(losses.minor[parts].sum())
    operators = [Step(name, -int(taken[parts].sum())) for name, taken in outcome.taken.items()]
    indemnity = int(outcome.indemnity[parts].sum())
    steps = (Step("gross", gross), *_uninsured(one, items), Step("covered", covered), *operators,
             Step("indemnity", indemnity))  # fmt: skip
    return Claim(one, customer, items, steps, gross, covered, _at_percentage(losses, parts), indemnity, left)


def _uninsured(one: PolicyCover, items: Ids) -> list[Step]:
    """What is not covered, a line for each reason there is."""
    found = []
    for code, minor, why in (
        ("vat", one.vat_minor, None),
        ("", one.barred_minor, one.bar),
        ("disputed", one.disputed_minor, None),
        ("", one.above_minor, one.above_code),
    ):
        found += _lines(code, minor[items], None if why is None else why[items])
    return found


def _lines(code: str, minor: Minor, why: NDArray[np.int8] | None) -> list[Step]:
    if why is None:
        total = int(minor.sum())
        return [Step(code, -total)] if total else []
    totals = sum_by(why.astype(np.int64), minor, len(REASONS))
    return [Step(REASONS[number].code, -int(totals[number])) for number in np.flatnonzero(totals).tolist()]


def _at_percentage(losses: Losses, parts: Ids) -> int:
    """The covered loss at its percentages, rounded once for each of them."""
    rates, which = np.unique(losses.rate[parts], return_inverse=True)
    sums = sum_by(which, losses.minor[parts], len(rates))
    scaled = np.rint(rates * 10**9).astype(np.int64)
    return int(mul_div(sums, scaled, 10**9).sum())


@dataclass(frozen=True, slots=True)
class Recovery:
    """How money that came in after the loss is shared, in minor units of the policy's currency."""

    amount_minor: int
    costs_minor: int
    insured_debt_minor: int
    """Of the amount after shared costs, what belongs to the covered debt; the rest to the other debt."""

    insurer_minor: int
    insured_minor: int


def recovery(claim: Claim, amount_minor: int, costs_minor: int = 0, *, paid_minor: int | None = None) -> Recovery:
    """Who gets what of money that came in after the loss, by the policy's rule; the insurer never more than it paid.

    ``paid_minor``: what the insurer paid; without it what the claim comes to.

    Raises:
        PolicyGap: the policy has no rule for recoveries.
    """
    rule = claim.cover.wording.need("recoveries", claim.cover.term_day)
    shared = amount_minor - costs_minor if rule["costs"] == "shared" else amount_minor
    shared = max(shared, 0)
    debt = _part(shared, claim.covered_minor, claim.gross_minor)
    paid = claim.indemnity_minor if paid_minor is None else paid_minor
    base = claim.insured_minor if rule["rule"] == "pro_rata_insured" else paid
    insurer = min(_part(shared, base, claim.gross_minor), paid)
    insured = shared - insurer
    if rule["costs"] == "insurer":
        insurer -= costs_minor
    elif rule["costs"] == "insured":
        insured -= costs_minor
    return Recovery(amount_minor, costs_minor, debt, insurer, insured)


def _part(amount: int, part: int, whole: int) -> int:
    if not whole:
        return 0
    return int(mul_div(np.array([amount]), np.array([part]), np.array([whole]))[0])


def supplementary(insurance: Insurance, asked: Asked, customer: int, won: Sequence[int], policy: str) -> int:
    """What is paid in addition once disputes on these items are won: first losses are used already, so not twice.

    Raises:
        PolicyGap: a policy or an exchange rate says nothing where it is needed.
    """
    first, second = (
        sum(each.indemnity_minor for each in claims(insurance, question, [customer], policy=policy))
        for question in (asked, replace(asked, won=tuple(won)))
    )
    return second - first
