"""Cover of every open item on a day: what the insurer would pay if its customer alone failed, and what stops it.

What is open of an item falls into parts that add up to it: tax that is not insured, what a clause leaves out, what is
disputed, what is above the limit, and what is covered; and what is covered into the indemnity, the own share and what
first losses take.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine.kernel.lazy import cached_property
from seawall.engine.kernel.rounding import apply_rate, mul_div, sum_by
from seawall.engine.ledger.insured_facts import InsuredFacts
from seawall.engine.ledger.items import Ledger
from seawall.engine.protection import duties
from seawall.engine.protection.claim_years import claims_of_year
from seawall.engine.protection.clauses import NUMBER, Goods, barred
from seawall.engine.protection.conversion import Conversion, ItemDays, item_factors
from seawall.engine.protection.cover_facts import PolicyFacts, facts_of
from seawall.engine.protection.cover_limits import Slices, limited
from seawall.engine.protection.cover_stops import Stops, stops
from seawall.engine.protection.disputes import disputed_minor, tolerated
from seawall.engine.protection.durations import NEVER, Days, number
from seawall.engine.protection.insured_debt import DebtBook, Ids, Minor, open_debt
from seawall.engine.protection.loss_operators import Losses, Outcome, apply_operators
from seawall.engine.protection.stop_of_cover import mep_ends
from seawall.engine.protection.top_ups import above
from seawall.engine.protection.versions import Versions
from seawall.engine.protection.wording import Wording


@dataclass(frozen=True)
class Insurance:
    """A ledger, the policies on it, what insurers decided, and exchange rates."""

    book: DebtBook
    wordings: tuple[Wording, ...]
    facts: InsuredFacts = field(default_factory=InsuredFacts)
    conversion: Conversion = field(default_factory=Conversion)
    whole: DebtBook | None = field(default=None, compare=False)
    """The book of all customers, where ``book`` has some of them only."""

    @classmethod
    def of(
        cls, ledger: Ledger, wordings: Sequence[Wording], facts: InsuredFacts | None = None,
        conversion: Conversion | None = None,
    ) -> Insurance:  # fmt: skip
        """From a ledger; policies are asked in their order: single buyers first, then by code.

        A top-up follows what it lies on, before the next one over the same policy.
        """
        path = _paths(wordings)
        order = sorted(wordings, key=lambda one: (path[one.code], one.first_on))
        return cls(DebtBook(ledger), tuple(order), facts or InsuredFacts(), conversion or Conversion())

    def only(self, ledger: Ledger) -> Insurance:
        """The same of some accounts of the ledger."""
        return replace(self, book=DebtBook(ledger), whole=self.whole or self.book)

    def of_customer(self, code: str) -> Insurance | None:
        """The same with the accounts of one customer only, and of its group where a policy has limits a group shares.

        Nothing of another customer touches its cover. None where the ledger has no account of it.
        """
        ledger = self.book.ledger
        found = ledger.customers.filter(pl.col("customer_code") == code)
        if not ledger.accounts["customer_id"].is_in(found["customer_id"].implode()).any():
            return None
        if any(one.terms.get("group_limits") for one in self.wordings):
            found = ledger.customers.filter(pl.col("group_code").is_in(found["group_code"].implode()))
        return self.only(ledger.of_customers(found["customer_code"].to_list()))

    def claims_of(self, wording: Wording, claims: pl.DataFrame | None = None) -> pl.DataFrame:
        """The claims (without others those on file) that belong to one year of a policy (``claim_years``).

        Raises:
            PolicyGap: an exchange rate is missing.
        """
        years = [one for one in self.wordings if one.code == wording.code]
        known = self.facts.claims if claims is None else claims
        return claims_of_year(known, wording, years, self.whole or self.book, self.conversion)


def _paths(wordings: Sequence[Wording]) -> dict[str, tuple[tuple[bool, str], ...]]:
    """By code the policies from the lowest below it up to itself; a ring of them, which files cannot have, ends."""
    known = {one.code: one for one in wordings}
    found: dict[str, tuple[tuple[bool, str], ...]] = {}
    for code, one in known.items():
        way = [one]
        while (below := known.get(way[-1].over)) and below not in way:
            way.append(below)
        found[code] = tuple((each.form != "single_buyer", each.code) for each in reversed(way))
    return found


@dataclass(frozen=True)
class Asked:
    """What cover is asked of: the day, the cause of the loss if there is one, the day up to which duties are judged."""

    on: dt.date
    cause: str | None = None
    judged_on: dt.date | None = None
    won: tuple[int, ...] = ()
    """Items of the ledger whose disputes are taken as won."""

    waived: bool = False
    """As if every duty had been done in time: what a missed one costs is the difference."""

    @property
    def known_on(self) -> dt.date:
        """The day up to which facts count and duties are judged."""
        return self.judged_on or self.on


@dataclass(frozen=True)
class PolicyCover:
    """The cover of one policy, by item in the order of customers. Amounts in the policy's currency."""

    wording: Wording
    asked: Asked
    book: DebtBook
    facts: PolicyFacts
    item: Ids
    customer: Ids
    versions: Versions
    clocks: duties.Clocks
    document_minor: Minor
    """Open, in the item's own currency."""

    booked_minor: Minor
    open_minor: Minor
    vat_minor: Minor
    barred_minor: Minor
    bar: NDArray[np.int8]
    """The clause that leaves the item out, as its number in ``REASONS``; 0: none."""

    disputed_minor: Minor
    slices: Slices
    duties: Mapping[str, duties.Duty]
    stops: Stops
    above_code: NDArray[np.int8]
    """Why what is above the limit is."""

    excused: NDArray[np.bool_]
    """Items in disputes so small that they stop no cover and need no notice."""

    @cached_property
    def eligible_minor(self) -> Minor:
        """What no clause leaves out, before any limit."""
        return self.open_minor - self.vat_minor - self.barred_minor - self.disputed_minor

    @cached_property
    def covered_minor(self) -> Minor:
        """What is within a limit."""
        return sum_by(self.slices.row, self.slices.minor, len(self.item))

    @cached_property
    def above_minor(self) -> Minor:
        """What is eligible and within no limit."""
        return self.eligible_minor - self.covered_minor

    @cached_property
    def losses(self) -> Losses:
        """What is covered, by part, with its percentage; every customer alone."""
        customers, dense = np.unique(self.customer[self.slices.row], return_inverse=True)
        return Losses(dense.astype(np.int64), self.slices.minor, self.slices.rate, len(customers))

    @cached_property
    def outcome(self) -> Outcome:
        """If each customer alone failed: operators of the whole period are left out."""
        return apply_operators(self.losses, self.wording, on=self.term_day, annual=None)

    @cached_property
    def indemnity_minor(self) -> Minor:
        """What would be paid for each item if its customer alone failed."""
        return sum_by(self.slices.row, self.outcome.indemnity, len(self.item))

    @cached_property
    def own_share_minor(self) -> Minor:
        """What the insured percentage leaves with the insured."""
        return sum_by(self.slices.row, self.outcome.taken["insured_rate"], len(self.item))

    @cached_property
    def first_loss_minor(self) -> Minor:
        """What thresholds, first losses, retentions and maxima of the customer take."""
        return self.covered_minor - self.indemnity_minor - self.own_share_minor

    @cached_property
    def waiting_ends(self) -> Days:
        """By item the end of the waiting period of the cause; ``NEVER`` where the policy has none for it."""
        return duties.waiting_end(self.versions, self.clocks, duties.notified(self.duties), self.asked.cause)

    @property
    def term_day(self) -> dt.date:
        """The day that picks terms of the loss: the one asked about, within the policy's period."""
        return max(self.asked.on, self.wording.first_on)

    @cached_property
    def reason(self) -> NDArray[np.int8]:
        """By item the first clause that leaves out any of it but its tax; 0 where all of it is covered in full."""
        after = np.where(
            self.disputed_minor > 0, NUMBER["disputed"], np.where(self.above_minor > 0, self.above_code, 0)
        )
        first = np.where(self.bar > 0, self.bar, after)
        return np.where(first == 0, self.slices.lowered_by, first).astype(np.int8)


def cover(insurance: Insurance, asked: Asked) -> tuple[tuple[PolicyCover, ...], Uninsured]:
    """The cover of every policy on a day, each of the items that no policy before it is about; and what is left.

    Raises:
        PolicyGap: a policy or an exchange rate says nothing where it is needed.
        NotKnown: the day lies before what the ledger knows.
    """
    found: list[PolicyCover] = []
    book = insurance.book
    owing = np.flatnonzero(book.is_debt & (book.open_on(asked.on) != 0))
    taken = np.zeros(book.size, dtype=bool)
    for wording in insurance.wordings:
        one = _under(insurance, wording, asked, taken, found)
        found.append(one)
        taken[one.item] = True
        # What receipts have paid where the policy lays them is not open, and the policy is about it all the same.
        taken[owing[_is_about(book, wording, owing, asked.on)]] = True
    return tuple(found), _uninsured(book, asked.on, taken)


@dataclass(frozen=True)
class Uninsured:
    """Open items that no policy is about, in their own currency."""

    item: Ids
    customer: Ids
    open_minor: Minor


def _uninsured(book: DebtBook, on: dt.date, taken: NDArray[np.bool_]) -> Uninsured:
    booked = book.open_on(on)
    item = np.flatnonzero(book.is_debt & (booked != 0) & ~taken)
    return Uninsured(item, book.customer_of_account[book.account[item]], booked[item])


def _under(
    insurance: Insurance, wording: Wording, asked: Asked, taken: NDArray[np.bool_], before: Sequence[PolicyCover]
) -> PolicyCover:
    """The cover of one policy: of what lies in its period, or of a top-up what is above the limits below it.

    ``before``: the policies asked before it.
    """
    book, on = insurance.book, asked.on
    lower = tuple(one for one in before if wording.over and one.wording.code == wording.over)
    rule = wording.need("receipt_allocation", max(on, wording.first_on))
    owed = open_debt(book, on, rule)
    keep = _is_about(book, wording, owed.item, on)
    keep &= np.isin(owed.item, [item for one in lower for item in one.item]) if wording.over else ~taken[owed.item]
    item, document, booked = owed.item[keep], owed.open_minor[keep], owed.booked_minor[keep]
    customer = book.customer_of_account[book.account[item]]
    versions = Versions(wording, book.shipped(item))
    facts = facts_of(insurance.facts, book, wording, insurance.conversion, on=asked.known_on, loss_on=on)
    minor = _converted(insurance, versions, item, document, on)
    vat = vat_within(book, versions, item, minor)
    disputed = _disputed(book, versions, item, document, minor - vat, asked, facts.won_on)
    clocks = duties.Clocks(
        versions.shipped, book.issued[item], book.due[item],
        mep_ends(book, wording, item, facts.agreed), _lost_on(facts, customer, asked),
    )  # fmt: skip
    blank = np.zeros(len(item), dtype=np.int64)
    draft = PolicyCover(
        wording, asked, book, facts, item, customer, versions, clocks, document, booked, minor, vat, blank,
        blank.astype(np.int8), disputed, Slices.nothing(len(item)), {}, Stops.nothing(len(item)), blank.astype(np.int8),
        blank.astype(bool),
    )  # fmt: skip
    if wording.over:
        draft = above(draft, lower, before, insurance.conversion)
    return _judged(draft, rule)


def _lost_on(facts: PolicyFacts, customer: Ids, asked: Asked) -> Days:
    """By item the day of loss: the one asked about, else the first on file of its customer; ``NEVER``: none."""
    if asked.cause is not None:
        return np.full(len(customer), number(asked.on), dtype=np.int32)
    day = np.full(int(customer.max(initial=-1)) + 1, NEVER, dtype=np.int32)
    for name in ("insolvency", "political_event", "goods_refused"):
        rows = facts.customer_events(name).filter(pl.col("customer_id") < len(day))
        np.minimum.at(day, rows["customer_id"].to_numpy(), rows["on"].to_physical().to_numpy())
    return day[customer]


def _is_about(book: DebtBook, wording: Wording, item: Ids, on: dt.date) -> NDArray[np.bool_]:
    """Which items a policy is about: their customer, their entity, and what must lie in its period."""
    keep = of_policy(book, wording)[book.account[item]]
    if wording.get("attachment", wording.first_on) == "losses":
        return keep & (wording.first_on <= on <= wording.last_on)
    shipped = book.shipped(item)
    return keep & (shipped >= number(wording.first_on)) & (shipped <= number(wording.last_on))


def of_policy(book: DebtBook, wording: Wording) -> NDArray[np.bool_]:
    """By account, whether the policy is about its customer and entity."""
    accounts = book.ledger.accounts
    mine = np.ones(accounts.height, dtype=bool)
    if wording.entities:
        mine &= accounts["entity"].is_in(list(wording.entities)).to_numpy()
    if wording.customers:
        named = book.ledger.customers["customer_code"].is_in(list(wording.customers)).to_numpy()
        mine &= named[book.customer_of_account]
    return mine


def _converted(insurance: Insurance, versions: Versions, item: Ids, document: Minor, on: dt.date) -> Minor:
    book = insurance.book
    currency = book.ledger.accounts["currency"]
    if (currency == versions.wording.currency).all():
        return document
    codes = currency.to_numpy().astype(str)[book.account[item]]
    days = ItemDays(versions.shipped, book.issued[item], book.due[item])
    factors = item_factors(insurance.conversion, versions, codes, days, on=on)
    return document if factors is None else apply_rate(document, factors)


def vat_within(book: DebtBook, versions: Versions, item: Ids, minor: Minor) -> Minor:
    """The tax within what is open, where it is not insured: in proportion to the tax of the item."""
    vat = np.zeros(len(item), dtype=np.int64)
    tax = book.tax(item)
    for value, places in versions.each("vat"):
        rows = places[tax[places] > 0]
        if value == "out" and len(rows):
            vat[rows] = mul_div(minor[rows], tax[rows], book.amount[item[rows]])
    return vat


def _disputed(  # noqa: PLR0917 - columns of items, in their order
    book: DebtBook, versions: Versions, item: Ids, document: Minor, minor: Minor, asked: Asked, won: Collection[int]
) -> Minor:
    """What is disputed of each item and suspended, in the policy's currency; ``minor``: what is open of it but tax."""
    disputed = disputed_minor(book, item, document, asked.on, {*asked.won, *won})
    suspended = versions.mark("disputed", lambda value, _: value == "suspended")
    disputed = np.where(suspended, disputed, 0)
    rows = np.flatnonzero(disputed)
    share = np.zeros(len(item), dtype=np.int64)
    share[rows] = mul_div(minor[rows], disputed[rows], document[rows])
    return share


def _judged(draft: PolicyCover, rule: Mapping[str, Any]) -> PolicyCover:
    """Clauses, duties, stops and limits, in this order: each works on what the ones before it left."""
    book, asked = draft.book, draft.asked
    excused = tolerated(draft.facts, draft.versions, draft.customer, draft.open_minor - draft.vat_minor,
                        draft.disputed_minor, on=asked.on)  # fmt: skip
    told = duties.all_duties(draft.facts, draft.versions, draft.clocks, draft.item, draft.customer, draft.open_minor,
                             excused, on=asked.known_on, waived=asked.waived, cause=asked.cause)  # fmt: skip
    halted = stops(book, draft.facts, draft.versions, draft.customer, rule, on=asked.on)
    bar = barred(_goods(draft), draft.versions, asked.cause)
    more = [*halted.bars(), *duties.lost(told, draft.versions, draft.customer, draft.clocks.shipment)]
    for code, out in sorted(more, key=lambda each: NUMBER[each[0]]):
        bar = np.where((bar == 0) & out, NUMBER[code], bar).astype(np.int8)
    rest = draft.open_minor - draft.vat_minor
    barred_minor = np.where(bar > 0, rest, 0)
    disputed = np.where(bar > 0, 0, np.minimum(draft.disputed_minor, rest))
    eligible = rest - barred_minor - disputed
    slices, why = limited(replace(draft, stops=halted), eligible, told)
    return replace(draft, barred_minor=barred_minor, bar=bar, disputed_minor=disputed, slices=slices,
                   duties=told, stops=halted, above_code=why, excused=excused)  # fmt: skip


def _goods(draft: PolicyCover) -> Goods:
    book, item = draft.book, draft.item
    owed = sum_by(draft.customer, draft.open_minor, book.ledger.customers.height)
    return Goods(
        kind=book.kind[item], customer=draft.customer, customers=book.ledger.customers,
        method=book.method.gather(book.whole[item]), owed_minor=owed[draft.customer],
        issued=draft.clocks.issue, shipped=draft.clocks.shipment, delivered=book.delivered(item), due=draft.clocks.due,
    )  # fmt: skip


def by_item(one: PolicyCover) -> pl.DataFrame:
    """A policy's cover as a table, a row an item of the ledger: its instalments together.

    Columns: item_id, customer_id, the parts of what is open in ``…_minor``, reason (a number of ``REASONS``).
    """
    rows = pl.DataFrame({
        "item_id": one.book.whole[one.item], "customer_id": one.customer, "document_minor": one.document_minor,
        "booked_minor": one.booked_minor, "open_minor": one.open_minor, "vat_minor": one.vat_minor,
        "barred_minor": one.barred_minor, "disputed_minor": one.disputed_minor, "above_minor": one.above_minor,
        "eligible_minor": one.eligible_minor, "covered_minor": one.covered_minor,
        "own_share_minor": one.own_share_minor, "first_loss_minor": one.first_loss_minor,
        "indemnity_minor": one.indemnity_minor, "reason": one.reason, "row": np.arange(len(one.item)),
    })  # fmt: skip
    if len(np.unique(rows["item_id"].to_numpy())) == rows.height:
        return rows
    amounts = pl.selectors.ends_with("_minor")
    first = pl.when(pl.col("reason") > 0).then("reason").otherwise(None).drop_nulls().first().fill_null(0)
    return rows.group_by("item_id", "customer_id", maintain_order=True).agg(amounts.sum(), first, pl.first("row"))
