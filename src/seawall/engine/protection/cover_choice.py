"""What cover to buy: the same years of one's own ledger under other policies, and what each would have cost.

Cost = premium + fees + loss retained. The mean is of the years themselves; the tail of years drawn from their losses.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import polars as pl

from seawall.engine.kernel.asof import add_months
from seawall.engine.kernel.lazy import cached_property
from seawall.engine.kernel.rounding import RATE_SCALE, apply_rate, mul_div, sum_by
from seawall.engine.ledger.insured_facts import ENDING, GRANTING, InsuredFacts
from seawall.engine.ledger.insured_standing import in_order
from seawall.engine.protection.conversion import account_factors
from seawall.engine.protection.cover import Insurance
from seawall.engine.protection.declaration import declaration, months_of
from seawall.engine.protection.insured_debt import Ids, Minor
from seawall.engine.protection.loss_history import PastLoss, failures, lasting, past_losses, placed
from seawall.engine.protection.loss_operators import Losses, annual_terms, apply_operators
from seawall.engine.protection.premium import limit_fees, premium
from seawall.engine.protection.wording import Wording

LIMITS = ("current", "recorded", "quarterly", "free")
"""Which limits past losses meet: today's all the time, those on file, ones set anew each quarter from the balances
before it, or none at all."""

QUARTER = 3


@dataclass(frozen=True, slots=True)
class Rules:
    """How the past is asked, from the policy ``house.cover_choice``."""

    draws: int
    seed: int
    tail_rate: float
    least_share: float
    headroom_rate: float


@dataclass(frozen=True, slots=True)
class Option:
    """A policy that might be bought."""

    name: str
    wording: Wording
    limits: str = "current"
    over: tuple[Wording, ...] = ()
    """The top-ups over it, in the order in which they are asked."""


@dataclass(frozen=True, slots=True)
class Year:
    """One year under an option; amounts in the policy's currency."""

    first_on: dt.date
    last_on: dt.date
    declared_minor: int
    premium_minor: int
    fees_minor: int
    failures: int
    gross_minor: int
    indemnity_minor: int
    recovered_minor: int
    retained_minor: int

    @property
    def cost_minor(self) -> int:
        """Premium, fees and what is retained."""
        return self.premium_minor + self.fees_minor + self.retained_minor


@dataclass(frozen=True)
class Replayed:
    """The years under one option, and what is retained in years drawn from their losses."""

    option: Option
    years: tuple[Year, ...]
    drawn_minor: Minor
    tail_rate: float

    @property
    def mean_cost_minor(self) -> int:
        """Mean yearly cost."""
        return mean([year.cost_minor for year in self.years])

    @property
    def mean_retained_minor(self) -> int:
        """Mean yearly loss retained."""
        return mean([year.retained_minor for year in self.years])

    @cached_property
    def tail_retained_minor(self) -> int:
        """What is not exceeded in so many of the years drawn (``tail_rate``)."""
        if not len(self.drawn_minor):
            return 0
        ordered = np.sort(self.drawn_minor)
        return int(ordered[min(int(np.ceil(self.tail_rate * len(ordered))) - 1, len(ordered) - 1)])


def replayed(insurance: Insurance, option: Option, *, on: dt.date, years: int, rules: Rules) -> Replayed:
    """The last years up to a day as they would have been under an option, every duty taken as done in time.

    Raises:
        PolicyGap: the policy says nothing of its premium, or an exchange rate is missing.
    """
    edges = [add_months(on, -12 * k) for k in range(years, -1, -1)]
    wordings, asked = _asked(insurance, option, on=on, edges=edges, rules=rules)
    first = edges[0] + dt.timedelta(days=1)
    failed = failures(asked, wordings[0], first=first, last=on, least_share=rules.least_share)
    losses = past_losses(asked, wordings, failed, until=on)
    found = tuple(_year(asked, wordings, losses, start, end) for start, end in pairwise(edges))
    return Replayed(option, found, _drawn(asked, wordings, losses, years, on, rules), rules.tail_rate)


def _asked(
    insurance: Insurance, option: Option, *, on: dt.date, edges: Sequence[dt.date], rules: Rules
) -> tuple[tuple[Wording, ...], Insurance]:
    """The option's policy and its top-ups as if they had always been there, and the facts they would have met."""
    begin = _beginning(insurance, edges[0])
    wording, *over = (lasting(one, on, begin, on) for one in (option.wording, *option.over))
    if option.limits == "free":
        wording = wording.with_term("limit_needed", value=False)
    upper = "recorded" if option.limits == "recorded" else "current"
    limits = [_limits_of(insurance, option.limits, wording, on, begin, edges[0], rules)]
    limits += [_limits_of(insurance, upper, one, on, begin, edges[0], rules) for one in over]
    facts = InsuredFacts(pl.concat(limits), insurance.facts.events, insurance.facts.claims.clear())
    wordings = (wording, *over)
    return wordings, replace(insurance, facts=facts, wordings=wordings)


def _limits_of(  # noqa: PLR0917 - what each kind of limits is made of
    insurance: Insurance, kind: str, wording: Wording, on: dt.date, begin: dt.date, first: dt.date, rules: Rules
) -> pl.DataFrame:
    recorded = insurance.facts.limits.filter(pl.col("policy") == wording.code)
    if kind == "current":
        return _as_today(recorded, on, begin)
    if kind == "quarterly":
        return _by_quarter(insurance, wording, on, first, rules)
    return recorded.clear() if kind == "free" else recorded


def _beginning(insurance: Insurance, first: dt.date) -> dt.date:
    oldest = insurance.book.ledger.items["issued_on"].min()
    return min(first, oldest) if isinstance(oldest, dt.date) else first


def _as_today(limits: pl.DataFrame, on: dt.date, begin: dt.date) -> pl.DataFrame:
    """The limits that stand today, as if they always had."""
    rows = limits.filter(
        pl.col("decided_on") <= on,
        pl.col("kind").cast(pl.String).is_in([*GRANTING, *ENDING]),
        pl.col("effective_from").fill_null(pl.col("decided_on")) <= on,
    ).sort("customer_code", "layer", *in_order())  # fmt: skip
    last = rows.group_by("customer_code", "layer", maintain_order=True).last().select(rows.columns)
    stands = last.filter(
        pl.col("kind").cast(pl.String).is_in(GRANTING), pl.col("expires_on").is_null() | (pl.col("expires_on") >= on)
    )
    return stands.with_columns(decided_on=pl.lit(begin), effective_from=pl.lit(begin), expires_on=pl.lit(None, pl.Date))


def _by_quarter(insurance: Insurance, wording: Wording, on: dt.date, first: dt.date, rules: Rules) -> pl.DataFrame:
    """A limit for each customer at the beginning of each quarter: its balance then, and some room above it."""
    book, blank = insurance.book, insurance.facts.limits.clear()
    codes, frames = book.ledger.customers["customer_code"], []
    day = first
    while day <= on:
        left = np.where(book.is_debt, book.open_on(day), 0)
        owed = _owed(insurance, wording, left, day)
        who = np.flatnonzero(owed > 0)
        room = mul_div(owed[who], round((1 + rules.headroom_rate) * RATE_SCALE), RATE_SCALE)
        frames.append(pl.DataFrame({"customer_code": codes.gather(who), "amount_minor": room}).with_columns(
            policy=pl.lit(wording.code), layer=pl.lit("1"), kind=pl.lit("approved"), currency=pl.lit(wording.currency),
            decided_on=pl.lit(day), effective_from=pl.lit(day),
        ))  # fmt: skip
        day = add_months(day, QUARTER)
    whole = pl.concat([frame.cast({"kind": blank.schema["kind"]}) for frame in frames])
    return pl.concat([blank, whole], how="diagonal")


def _owed(insurance: Insurance, wording: Wording, left: Minor, on: dt.date) -> Minor:
    """By customer what it owes, in the policy's currency at the rates of the day."""
    book, accounts = insurance.book, insurance.book.ledger.accounts
    owed = sum_by(book.account, left, accounts.height)
    codes = accounts["currency"]
    if (codes != wording.currency).any():
        owed = apply_rate(owed, account_factors(insurance.conversion, wording, codes.to_list(), on))
    return sum_by(book.customer_of_account, owed, book.ledger.customers.height)


def _year(
    insurance: Insurance, wordings: Sequence[Wording], losses: Sequence[PastLoss], start: dt.date, end: dt.date
) -> Year:
    first = start + dt.timedelta(days=1)
    mine = [one for one in losses if first <= one.failure.on <= end]
    paid = [(int(indemnity.sum()), int(insurer.sum())) for indemnity, insurer in
            _by_policy(wordings, mine, np.arange(len(mine)), end)]  # fmt: skip
    declared = declaration(insurance, wordings[0], months_of(wordings[0], first, end), first=first, last=end)
    costs = [_costs(insurance, wording, indemnity - insurer, first, end)
             for wording, (indemnity, insurer) in zip(wordings, paid, strict=True)]  # fmt: skip
    indemnity, insurer, premium_minor, fees = (
        _in_first(insurance, wordings, amounts, end)
        for amounts in ([one for one, _ in paid], [one for _, one in paid], [one for one, _ in costs],
                        [one for _, one in costs])
    )  # fmt: skip
    gross, recovered = (sum(getattr(one, name) for one in mine) for name in ("gross_minor", "recovered_minor"))
    return Year(first, end, declared.declared_minor, premium_minor, fees, len(mine), gross, indemnity, recovered,
                gross - recovered - indemnity + insurer)  # fmt: skip


def _costs(insurance: Insurance, wording: Wording, net_minor: int, first: dt.date, end: dt.date) -> tuple[int, int]:
    """Premium and fees of a policy for a year, ``net_minor`` having been paid in it."""
    told = declaration(insurance, wording, months_of(wording, first, end), first=first, last=end)
    countries = dict(insurance.book.ledger.customers.select("customer_code", "country").iter_rows())
    fees = limit_fees(insurance.facts.limits, countries, wording, on=end, first_on=first)
    paid = premium(told.classes, wording, on=end, indemnity_minor=net_minor, fees=fees)
    return paid.premium_minor, sum(fee.minor for fee in fees)


def _in_first(insurance: Insurance, wordings: Sequence[Wording], amounts: Sequence[int], on: dt.date) -> int:
    """Amounts of the policy and its top-ups together, in the policy's currency at the rates of a day."""
    first, *over = wordings
    total = amounts[0]
    for wording, minor in zip(over, amounts[1:], strict=True):
        if wording.currency == first.currency:
            total += minor
            continue
        factor = account_factors(insurance.conversion, first, [wording.currency], on)
        total += int(apply_rate(np.array([abs(minor)]), factor)[0]) * (1 if minor >= 0 else -1)
    return total


def _by_policy(
    wordings: Sequence[Wording], losses: Sequence[PastLoss], order: Ids, on: dt.date
) -> list[tuple[Minor, Minor]]:
    """What each policy pays for losses in this order, and its insurer's part of what came in later: in its currency."""
    first, *over = wordings
    found = [_settled(losses, order, first, on)]
    return found + [_settled([one.over[k] for one in losses], order, each, on) for k, each in enumerate(over)]


def _settled(losses: Sequence[PastLoss], order: Ids, wording: Wording, on: dt.date) -> tuple[Minor, Minor]:
    """What is paid for losses that follow each other in this order, and the insurer's part of what came in later."""
    whose, minor, rate = placed(losses, order)
    outcome = apply_operators(Losses(whose, minor, rate, len(order)), wording, on=on, annual=annual_terms(wording, on))
    indemnity = sum_by(whose, outcome.indemnity, len(order))
    gross = np.array([losses[k].gross_minor for k in order.tolist()], dtype=np.int64)
    back = np.array([losses[k].recovered_minor for k in order.tolist()], dtype=np.int64)
    rule = wording.need("recoveries", on) if back.any() else None
    if rule is None:
        return indemnity, np.zeros_like(indemnity)
    insured = mul_div(minor, np.rint(rate * RATE_SCALE).astype(np.int64), RATE_SCALE)
    base = sum_by(whose, insured, len(order)) if rule["rule"] == "pro_rata_insured" else indemnity
    share = mul_div(back, base, np.maximum(gross, 1))
    return indemnity, np.minimum(share, indemnity)


def _drawn(  # noqa: PLR0917 - what years are drawn from
    insurance: Insurance, wordings: Sequence[Wording], losses: Sequence[PastLoss], years: int, on: dt.date, rules: Rules
) -> Minor:
    """What is retained in years drawn from the losses of all: each loss comes as often as chance has it."""
    rng = np.random.default_rng(rules.seed)
    retained = np.zeros(rules.draws, dtype=np.int64)
    if not losses:
        return retained
    net = np.array([one.gross_minor - one.recovered_minor for one in losses], dtype=np.int64)
    for k, times in enumerate(rng.poisson(1 / years, size=(rules.draws, len(losses)))):
        order = np.repeat(np.arange(len(losses)), times)
        paid = [int(indemnity.sum()) - int(insurer.sum())
                for indemnity, insurer in _by_policy(wordings, losses, order, on)]  # fmt: skip
        retained[k] = int(net[order].sum()) - _in_first(insurance, wordings, paid, on)
    return retained


def largest(insurance: Insurance, wording: Wording, *, on: dt.date, years: int, count: int) -> list[str]:
    """The customers sold most to in the last years, by what the policy would be told of them.

    Raises:
        PolicyGap: an exchange rate is missing.
    """
    first = add_months(on, -12 * years) + dt.timedelta(days=1)
    always = lasting(wording, on, first, on)
    told = declaration(insurance, always, months_of(always), "turnover").rows
    sold = told.group_by("customer_id").agg((pl.col("gross_minor") * pl.col("sign")).sum())
    codes = insurance.book.ledger.customers["customer_code"]
    top = sold.sort("gross_minor", "customer_id", descending=[True, False]).head(count)
    return codes.gather(top["customer_id"]).to_list()


def mean(values: Sequence[int]) -> int:
    """The mean of amounts, to a whole minor unit."""
    return round(sum(values) / len(values)) if values else 0


def cheapest(found: Sequence[Replayed], appetite_minor: int | None) -> Replayed | None:
    """The option of the lowest mean cost among those whose tail stays within the appetite; None where none does.

    Of equal ones the first: the policy as it is before any other.
    """
    fitting = [one for one in found if appetite_minor is None or one.tail_retained_minor <= appetite_minor]
    return min(fitting, key=lambda one: (one.mean_cost_minor, one.tail_retained_minor), default=None)


@dataclass(frozen=True, slots=True)
class ShadowPrice:
    """What one more unit of a limit would have paid, a year."""

    customer_code: str
    price: float
    gain_minor: int
    """What the added room would have paid in all the years."""


def shadow_prices(
    insurance: Insurance, option: Option, *, on: dt.date, years: int, rules: Rules, added_minor: int
) -> list[ShadowPrice]:
    """By customer that failed, what ``added_minor`` more of limit would have paid, per unit and year; highest first.

    A customer without a limit is asked with one of ``added_minor``. Terms of the period are left out. A customer that
    did not fail has no price: more limit would have paid nothing.

    Raises:
        PolicyGap: the policy says nothing where it is needed, or an exchange rate is missing.
    """
    edges = [add_months(on, -12 * k) for k in range(years, -1, -1)]
    wordings, asked = _asked(insurance, option, on=on, edges=edges, rules=rules)
    first = edges[0] + dt.timedelta(days=1)
    failed = failures(asked, wordings[0], first=first, last=on, least_share=rules.least_share)
    more = replace(asked, facts=_raised(asked, wordings[0], [one.customer_code for one in failed], added_minor, on))
    before, after = (past_losses(each, wordings, failed, until=on) for each in (asked, more))
    gains = [_alone(asked, wordings, high, on) - _alone(asked, wordings, low, on)
             for low, high in zip(before, after, strict=True)]  # fmt: skip
    found = [
        ShadowPrice(one.customer_code, gain / (added_minor * years), gain)
        for one, gain in zip(failed, gains, strict=True)
    ]
    return sorted(found, key=lambda one: (-one.gain_minor, one.customer_code))


def _alone(insurance: Insurance, wordings: Sequence[Wording], loss: PastLoss, on: dt.date) -> int:
    """What all policies would pay for one loss without terms of the period, in the first one's currency."""
    paid = []
    for wording, each in zip(wordings, (loss, *loss.over), strict=True):
        parts = Losses(np.zeros(len(each.minor), dtype=np.int64), each.minor, each.rate, 1)
        paid.append(int(apply_operators(parts, wording, on=on, annual=None).indemnity.sum()))
    return _in_first(insurance, wordings, paid, on)


def _raised(
    insurance: Insurance, wording: Wording, codes: Sequence[str], added_minor: int, on: dt.date
) -> InsuredFacts:
    """The facts with the first layer of some customers higher by an amount in every decision that grants it."""
    limits = insurance.facts.limits
    mine = pl.col("customer_code").is_in(list(codes)) & (pl.col("policy") == wording.code) & (pl.col("layer") == "1")
    grants = mine & pl.col("kind").cast(pl.String).is_in(GRANTING)
    known = set(limits.filter(grants)["customer_code"])
    rows = limits.filter(~mine | pl.col("customer_code").is_in(sorted(known)))
    added = {code: round(added_minor * insurance.conversion.factor(wording.currency, code, on))
             for code in limits.filter(grants)["currency"].drop_nulls().unique().to_list()}  # fmt: skip
    plus = pl.col("currency").replace_strict(added, default=added_minor, return_dtype=pl.Int64)
    rows = rows.with_columns(amount_minor=pl.when(grants).then(pl.col("amount_minor") + plus).otherwise("amount_minor"))
    new = [code for code in codes if code not in known]
    granted = pl.DataFrame({"customer_code": new}, schema={"customer_code": pl.String}).with_columns(
        policy=pl.lit(wording.code), layer=pl.lit("1"), kind=pl.lit("approved", limits.schema["kind"]),
        amount_minor=pl.lit(added_minor, pl.Int64), currency=pl.lit(wording.currency),
        decided_on=pl.lit(wording.first_on), effective_from=pl.lit(wording.first_on),
    )  # fmt: skip
    return replace(
        insurance.facts, limits=pl.concat([rows, granted.cast({"kind": limits.schema["kind"]})], how="diagonal")
    )
