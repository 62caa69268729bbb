"""Open items within the limits of a policy, layer by layer, each part with the percentage it is paid at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine.ledger.insured_facts import LIMIT_KINDS
from seawall.engine.protection import duties, evidence, insured_limit
from seawall.engine.protection.clauses import NUMBER
from seawall.engine.protection.insured_debt import Ids, Minor
from seawall.engine.protection.insured_limit import DISCRETIONARY, Decisions, Standing
from seawall.engine.protection.versions import Versions

if TYPE_CHECKING:
    from seawall.engine.protection.cover import PolicyCover
    from seawall.engine.protection.cover_facts import PolicyFacts

_WHY = ("no_limit", "limit_pending", "limit_refused", "limit_cancelled", "limit_expired", "limit_not_for_this")
"""Reasons by the numbers of ``insured_limit``."""

OWN = -2
"""Stands for a decision where the discretionary limit of the policy does."""


@dataclass(frozen=True)
class Slices:
    """Parts of items that are covered, each under one decision."""

    row: Ids
    """Place of the item among those of the policy."""

    minor: Minor
    rate: NDArray[np.float64]
    decision: Ids
    """Row of the policy's decisions; below 0: no decision."""

    lowered_by: NDArray[np.int8]
    """By item, why it is paid at less than its percentage; 0: it is not."""

    limit_minor: Minor
    """By item, the limit it was shipped under, of all layers together."""

    justified: evidence.Justified | None = None
    """By item, what its discretionary limit rests on; None where no item needed one."""

    @classmethod
    def nothing(cls, size: int) -> Slices:
        """No part of any item."""
        none = np.zeros(0, dtype=np.int64)
        blank = np.zeros(size, dtype=np.int64)
        return cls(none, none, none.astype(np.float64), none, blank.astype(np.int8), blank)


def limited(draft: PolicyCover, eligible: Minor, told: Mapping[str, duties.Duty]) -> tuple[Slices, NDArray[np.int8]]:
    """What of each item is within its limits, and why the rest is not."""
    if not _needs_limit(draft).any():
        found = [(np.flatnonzero(eligible > 0), eligible[eligible > 0], np.full(int((eligible > 0).sum()), -1))]
        return _sliced(draft, found, told, None, eligible), np.zeros(len(eligible), dtype=np.int8)
    layers = _Layers(draft, eligible)
    layers.fill()
    return _sliced(draft, layers.found, told, layers.justified, layers.limit), layers.why


def _needs_limit(draft: PolicyCover) -> NDArray[np.bool_]:
    """Items that are insured only within a limit: all, where the policy does not say otherwise."""
    free = draft.versions.mark("limit_needed", lambda value, _: not value)
    return ~free


def heads(customers: pl.DataFrame) -> Ids:
    """By customer_id, that of the head of its group; its own where the ledger does not hold the head."""
    ids = dict(customers.select("customer_code", "customer_id").iter_rows())
    pairs = customers.sort("customer_id").select("group_code", "customer_id").iter_rows()
    return np.array([ids.get(code, customer) for code, customer in pairs], dtype=np.int64)


def by_letter(versions: Versions, method: pl.Series) -> NDArray[np.bool_]:
    """Items that are insured within a bank's limit only; ``method``: how each is paid."""

    def is_named(value: Mapping[str, Any], places: Ids) -> Any:
        among = method.gather(places).is_in(list(value["payment_methods"]))
        return among.fill_null(value=False).to_numpy()

    return versions.mark("bank_limits", is_named)


def of_its_sort(known: Decisions, found: Standing, is_lc: NDArray[np.bool_], bank: NDArray[np.str_]) -> Standing:
    """What stands, less limits of banks for what is no letter of credit or is one of another bank, and the reverse.

    ``bank``: the bank of each letter of credit; empty where no event names it.
    """
    if not len(known.kind):
        return found
    of_bank = known.bank[np.maximum(found.decision, 0)]
    is_letter = of_bank != ""
    other = is_letter & (bank != "") & (bank != of_bank)
    wrong = (found.decision >= 0) & ((is_letter != is_lc) | other)
    why = np.where(wrong, insured_limit.NOT_FOR_THIS, found.why).astype(np.int8)
    return replace(found, decision=np.where(wrong, -1, found.decision), why=why)


def banks_of(facts: PolicyFacts, item: Ids) -> NDArray[np.str_]:
    """By item the bank whose letter of credit it is paid by, as an event names it; empty: none is named."""
    named = [facts.banks.get(one, "") for one in item.tolist()] if facts.banks else [""] * len(item)
    return np.array(named, dtype=str)


class _Layers:
    """Fills the layers of limits one after the other, each with what the ones before it left."""

    def __init__(self, draft: PolicyCover, eligible: Minor) -> None:
        self.draft, self.left = draft, eligible.copy()
        self.by_age = np.lexsort((draft.item, draft.clocks.issue, draft.clocks.shipment, draft.customer))
        self.found: list[tuple[Ids, Minor, Ids]] = []
        self.why = np.full(len(eligible), NUMBER["no_limit"], dtype=np.int8)
        self.justified: evidence.Justified | None = None
        self.limit = np.zeros(len(eligible), dtype=np.int64)
        self.free = ~_needs_limit(draft)
        self.method = draft.book.method.gather(draft.book.whole[draft.item])
        self.term = draft.clocks.due - draft.clocks.issue
        self.is_lc = by_letter(draft.versions, self.method)
        self.bank = banks_of(draft.facts, draft.item)
        self.head = heads(draft.book.ledger.customers)[draft.customer]

    def fill(self) -> None:
        """Take every layer in turn."""
        known = self.draft.facts.decisions
        if self.free.any():
            rows = np.flatnonzero(self.free & (self.left > 0))
            self.found.append((rows, self.left[rows], np.full(len(rows), -1)))
            self.left[rows] = 0
        stands = np.zeros(len(self.left), dtype=bool)
        for rank in range(known.layers):
            found = self._standing(known, rank)
            if rank == known.own:
                decision, limit = self._with_own(known, found)
                self.why = self._reasons(found, decision)
            else:
                decision, limit = found.decision, np.where(found.decision >= 0, known.minor[found.decision], 0)
                unsaid = self.is_lc & (self.why == NUMBER["no_limit"])  # each bank's limit has a rank of its own
                self.why = np.where(unsaid, self._reasons(found, decision), self.why)
            stands |= decision != -1
            self.limit += np.where(decision != -1, limit, 0)
            if rank in known.shared:
                self._take(decision, limit, self.head, self._by_group())
            else:
                self._take(decision, limit, self.draft.customer, self.by_age)
        self.why = np.where(stands, NUMBER["above_limit"], self.why).astype(np.int8)

    def _standing(self, known: Decisions, rank: int) -> Standing:
        draft = self.draft
        found = insured_limit.standing(
            known, rank, self.head if rank in known.shared else draft.customer, draft.clocks.shipment,
            term=self.term, method=self.method,
        )  # fmt: skip
        return of_its_sort(known, found, self.is_lc, self.bank)

    def _with_own(self, known: Decisions, found: Standing) -> tuple[Ids, Minor]:
        """Decisions and limits of the first layer, the policy's discretionary limit where no decision stands."""
        decision = found.decision
        limit = np.where(decision >= 0, known.minor[decision], 0) if len(known.minor) else np.zeros_like(decision)
        versions = self.draft.versions
        if not versions.has("discretionary_limit"):
            return decision, limit
        set_by_us = (decision >= 0) & (known.kind[decision] == DISCRETIONARY) if len(known.kind) else decision >= 0
        wants = (set_by_us | (decision < 0)) & (self.left > 0) & ~self.is_lc & ~self._own_lost(found)
        if not wants.any():
            return decision, np.where(set_by_us, 0, limit)
        self.justified = self._justify(np.where(set_by_us, limit, 0))
        own = np.where(wants, self.justified.limit_minor, 0)
        limit = np.where(set_by_us | (decision < 0), own, limit)
        return np.where((decision < 0) & (own > 0), OWN, decision), limit

    def _own_lost(self, found: Standing) -> NDArray[np.bool_]:
        """Items for whose customer the right to set a limit was lost before they were shipped."""
        draft = self.draft
        gone = evidence.lost(draft.facts, draft.versions, draft.customer, found, draft.stops.spans)
        return gone.reason > 0

    def _justify(self, own_minor: Minor) -> evidence.Justified:
        draft = self.draft
        customers = np.unique(draft.customer)
        factor = draft.facts.factor
        paid = evidence.paid_items(draft.book, draft.asked.on, draft.wording, customers, factor)
        return evidence.justified(draft.versions, draft.customer, paid, draft.facts.reports, own_minor)

    def _reasons(self, found: Standing, decision: Ids) -> NDArray[np.int8]:
        numbers = np.array([NUMBER[code] for code in _WHY], dtype=np.int8)
        why = numbers[found.why]
        unproved = (decision == -1) & (found.why == insured_limit.NO_LIMIT) & (self.justified is not None)
        return np.where(unproved, NUMBER["limit_not_justified"], why).astype(np.int8)

    def _by_group(self) -> Ids:
        """Items in the order in which a group's limit is taken: of customers served first, then by the policy's day."""
        draft = self.draft
        term = draft.wording.need("group_limits", draft.term_day)
        turn = {code: place for place, code in enumerate(term["members"] or ())}
        codes = draft.book.ledger.customers["customer_code"].to_list()
        served = np.array([turn.get(code, len(turn)) for code in codes], dtype=np.int64)[draft.customer]
        return np.lexsort((draft.item, draft.clocks.issue, getattr(draft.clocks, term["order"]), served, self.head))

    def _take(self, decision: Ids, limit: Minor, owner: Ids, rows: Ids) -> None:
        """What of each item is within this layer, owners taking in turn; it is gone for the next one."""
        amount = np.where(decision[rows] == -1, 0, self.left[rows])
        # An item that no decision stands for takes nothing: it stands in the stretch of the one before it.
        run = np.where(decision[rows] == -1, 0, decision[rows] + 3)
        busy = np.flatnonzero(amount > 0)
        rows, amount, run = rows[busy], amount[busy], run[busy]
        customer = owner[rows]
        changes = np.r_[True, limit[rows[1:]] != limit[rows[:-1]]] if len(rows) else np.zeros(0, dtype=bool)
        taken = insured_limit.within(amount, limit[rows], run * (1 << 32) + np.cumsum(changes), customer)
        keep = taken > 0
        self.found.append((rows[keep], taken[keep], decision[rows][keep]))
        self.left[rows] -= taken


def _sliced(
    draft: PolicyCover, found: list[tuple[Ids, Minor, Ids]], told: Mapping[str, duties.Duty],
    justified: evidence.Justified | None, limit: Minor,
) -> Slices:  # fmt: skip
    row, minor, decision = (np.concatenate([part[k] for part in found]) for k in range(3))
    order = np.argsort(row, kind="stable")
    row, minor, decision = row[order], minor[order].astype(np.int64), decision[order]
    rate = _rates(draft, row, decision)
    rate, lowered = duties.lowered(told, draft.versions, rate, row)
    return Slices(row, minor, rate, decision, lowered, limit, justified)


def _rates(draft: PolicyCover, row: Ids, decision: Ids) -> NDArray[np.float64]:
    """The percentage of each part: the decision's own, else by the first rule that fits, else the policy's."""
    known = draft.facts.decisions
    rate = np.zeros(len(row))
    customers, customer = draft.book.ledger.customers, draft.customer[row]
    has = decision >= 0
    at = np.maximum(decision, 0)
    kinds = np.where(known.bank != "", LIMIT_KINDS.index("lc"), known.kind)
    kind = np.where(has, kinds[at] if len(kinds) else 0, np.where(decision == OWN, DISCRETIONARY, -1))
    version = np.zeros(len(draft.item), dtype=np.int64)
    for k, (_, places) in enumerate(draft.versions.each("insured_rate")):
        version[places] = k
    for k, (term, _) in enumerate(draft.versions.each("insured_rate")):
        parts = np.flatnonzero(version[row] == k)
        rate[parts] = term["rate"]
        for rule in reversed(term["rules"] or ()):
            fits = np.ones(len(parts), dtype=bool)
            if rule["kind"] is not None:
                fits &= is_kind(kind[parts], rule["kind"])
            if rule["cause"] is not None:
                fits &= rule["cause"] == draft.asked.cause
            for name in ("country", "sector"):
                if rule[name] is not None:
                    among = customers[name].is_in(list(rule[name])).fill_null(value=False).to_numpy()
                    fits &= among[customer[parts]]
            if rule["payment_method"] is not None:
                method = draft.book.method.gather(draft.book.whole[draft.item[row[parts]]])
                fits &= method.is_in(list(rule["payment_method"])).fill_null(value=False).to_numpy()
            if rule["grade"] is not None:
                fits &= has[parts] & has_grade(known, at[parts], rule["grade"])
            rate[parts[fits]] = rule["rate"]
    own = known.rate[at] if len(known.rate) else np.full(len(row), np.nan)
    return np.where(has & ~np.isnan(own), own, rate)


def is_kind(kind: Ids, name: str) -> NDArray[np.bool_]:
    """Decisions of a kind; ``named``: any that the insurer took and that is none of the others."""
    others = [LIMIT_KINDS.index(other) for other in ("discretionary", "temporary", "lc")]
    if name == "named":
        return (kind >= 0) & ~np.isin(kind, others)
    fits: NDArray[np.bool_] = kind == LIMIT_KINDS.index(name)
    return fits


def has_grade(known: Decisions, at: Ids, grades: tuple[str, ...]) -> NDArray[np.bool_]:
    """Decisions whose conditions name one of these grades, as ``grade 4``."""
    if not known.rows.height:
        return np.zeros(len(at), dtype=bool)
    fits: NDArray[np.bool_] = named_grades(known).is_in(list(grades)).fill_null(value=False).to_numpy()[at]
    return fits


def named_grades(known: Decisions) -> pl.Series:
    """The grade that each decision's conditions name, as ``grade 4``; empty where they name none."""
    return known.rows["conditions"].str.extract(r"(?i)\bgrade[:=\s]+(\w+)", 1)


def layer_of(known: Decisions, decision: int) -> dict[str, Any] | None:
    """The decision a part of an item is covered under, as a row; None where there is none."""
    return known.rows.row(decision, named=True) if decision >= 0 else None
