"""Cover, leaks, deadlines and claims as published documents."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from seawall.engine.kernel.errors import InputError, NotFound, UnknownCode, UsageError
from seawall.engine.kernel.fx import RateTable
from seawall.engine.kernel.money import amount_text, minor_of
from seawall.engine.kernel.trace import Step
from seawall.engine.ledger.insured_facts import InsuredFacts
from seawall.engine.ledger.items import Ledger
from seawall.engine.protection import claim as claims
from seawall.engine.protection import deadlines as calendar
from seawall.engine.protection import leaks as holes
from seawall.engine.protection.claim_trace import claim_trace
from seawall.engine.protection.clauses import NUMBER, REASONS
from seawall.engine.protection.conversion import Conversion
from seawall.engine.protection.cover import Asked, Insurance, PolicyCover, Uninsured, by_item, cover
from seawall.engine.protection.cover_trace import cover_trace
from seawall.engine.protection.durations import NEVER, day_of, number
from seawall.engine.protection.terms import CAUSES
from seawall.engine.protection.wording import Wording
from seawall.services.losses import named_items

Document = dict[str, Any]


def insurance(
    ledger: Ledger, wordings: Sequence[Wording], facts: InsuredFacts, tables: Iterable[RateTable], max_age_days: int
) -> Insurance:
    """What is asked about: a ledger, its policies, what insurers decided, and exchange rates.

    Raises:
        UsageError: there is no policy.
    """
    if not wordings:
        raise UsageError(
            "There is no insurance policy here.",
            hint="Put it as a YAML file into the folder policies beside the ledger files.", code="no_policy",
        )  # fmt: skip
    return Insurance.of(ledger, wordings, facts, Conversion(tables, max_age_days))


def cover_document(
    asked_of: Insurance, *, on: dt.date, customer: str | None = None, policy: str | None = None
) -> Document:
    """The cover of every open item on a day, under each policy.

    Raises:
        UnknownCode: there is no such policy.
        NotFound: there is no such customer.
        PolicyGap: a policy or an exchange rate says nothing where it is needed.
    """
    asked_of = of_customer(asked_of, customer)
    covers, uninsured = cover(asked_of, Asked(on))
    _known_policy(asked_of, policy)
    items = [row for one in covers if policy in (None, one.wording.code) for row in _items(one)]
    if policy is None:
        items += _uninsured(asked_of, uninsured)
    items = _about(items, customer)
    return {
        "as_of": on.isoformat(),
        "policies": balances(asked_of, [one for one in covers if policy in (None, one.wording.code)]),
        "items": named(items, asked_of.book.ledger),
    }  # fmt: skip


def balances(asked_of: Insurance, covers: Iterable[PolicyCover]) -> list[Document]:
    """What each policy is about and covers, all its items together."""
    return [_summary(asked_of, one) for one in covers]


def named(rows: Iterable[Document], ledger: Ledger) -> list[Document]:
    """Rows with the name of their customer beside its code; the code again where nothing else is known of it."""
    names = dict(ledger.customers.select("customer_code", pl.coalesce("name", "customer_code")).iter_rows())
    return [row | {"name": names[row["customer_code"]]} for row in rows]


def of_customer(asked_of: Insurance, customer: str | None) -> Insurance:
    """The same with the accounts of one customer only, and of its group where a policy has limits that a group shares.

    Nothing of another customer touches its cover. Rows of the rest of the group are to be left out of what is said.
    """
    if customer is None:
        return asked_of
    found = asked_of.of_customer(customer)
    if found is None:
        raise NotFound("There is no customer {customer}.", customer=customer)
    return found


def _about(rows: list[Document], customer: str | None) -> list[Document]:
    return [row for row in rows if customer in (None, row["customer_code"])]


def _known_policy(asked_of: Insurance, policy: str | None) -> None:
    codes = sorted({wording.code for wording in asked_of.wordings})
    if policy is not None and policy not in codes:
        raise UnknownCode(
            "There is no insurance policy {policy}.", hint="There are: {known}.", policy=policy, known=", ".join(codes)
        )


def _summary(asked_of: Insurance, one: PolicyCover) -> Document:
    """What is said of a policy as a whole: the terms of its period as they stand, never spread over items."""
    left = claims.annual_left(one, asked_of.claims_of(one.wording, claims.eroding(asked_of.facts)))
    text = _texts(one)
    return {
        "policy": one.wording.code, "title": one.wording.title, "title_zh": one.wording.title_zh,
        "currency": one.wording.currency, "from": one.wording.first_on.isoformat(),
        "to": one.wording.last_on.isoformat(), "is_verified": one.wording.is_verified(),
        "balances": {
            "aggregate_first_loss_left": text(left.first_loss_left), "annual_maximum_left": text(left.maximum_left),
        },
    }  # fmt: skip


def _texts(one: PolicyCover) -> Any:
    def text(minor: int | None) -> str | None:
        return None if minor is None else amount_text(minor, one.wording.currency)

    return text


_PARTS = {"open": "open_minor", "eligible": "eligible_minor", "covered": "covered_minor",
          "indemnity": "indemnity_minor"}  # fmt: skip
_BESIDE = {"vat": "vat_minor", "excluded": "barred_minor", "disputed": "disputed_minor", "above_limit": "above_minor",
           "own_share": "own_share_minor", "first_loss": "first_loss_minor"}  # fmt: skip


def _items(one: PolicyCover, only: frozenset[int] | None = None) -> Iterator[Document]:
    """A row for each open item of the policy; ``only``: of these customers."""
    rows, names = by_item(one), names_of(one.book.ledger)
    cure_by = holes.cure_days(one, one.reason)
    curable = holes.is_curable(one, one.reason, cure_by)
    text = _texts(one)
    for row in rows.iter_rows(named=True):
        if only is not None and row["customer_id"] not in only:
            continue
        at, reason = row["row"], REASONS[row["reason"]]
        number_, entity, code, currency = names(row["item_id"])
        is_late = curable[at] and cure_by[at] != NEVER
        yield {
            "customer_code": code, "number": number_, "policy": one.wording.code, "currency": one.wording.currency,
            **{name: text(row[column]) for name, column in _PARTS.items()},
            "reason": reason.code or None, "clause": reason.term or None,
            "cure_by": day_of(int(cure_by[at])).isoformat() if is_late else None,
            "cure": reason.cure if curable[at] else None, "fact": _fact(one, at, reason.code, names),
            "entity": entity, "document_currency": currency,
            "document_open": amount_text(row["document_minor"], currency),
            "booked_open": amount_text(row["booked_minor"], currency),
            **{name: text(row[column]) for name, column in _BESIDE.items()},
        }  # fmt: skip


def names_of(ledger: Ledger) -> Any:
    """Number, entity, customer and currency of an item."""
    numbers = ledger.items["number"] if "number" in ledger.items.columns else None
    owner = ledger.items["account_id"]
    accounts = ledger.accounts.join(ledger.customers, on="customer_id", how="left", maintain_order="left")
    parts = {name: accounts[name].to_list() for name in ("entity", "customer_code", "currency")}

    def named(item: int) -> tuple[str, str, str, str]:
        at = owner[item]
        number_ = None if numbers is None else numbers[item]
        return str(item) if number_ is None else number_, *(parts[name][at] for name in parts)

    return named


def _fact(one: PolicyCover, at: int, reason: str, names: Any) -> Document | None:
    """The fact behind a reason."""
    if reason.startswith("stopped_by"):
        setter = int(one.stops.by_item[at])
        named = names(int(one.book.whole[setter]))[0] if setter >= 0 else None
        return {"number": named, "since": day_of(int(one.stops.since[at])).isoformat()}
    term = REASONS[NUMBER[reason]].term
    if term in one.duties:
        duty = one.duties[term]
        return {"by": _day(duty.by[at]), "done_on": _day(duty.done[at])}
    if reason in ("above_limit", "disputed"):
        text = _texts(one)
        return {"limit": text(int(one.slices.limit_minor[at]))} if reason == "above_limit" else None
    if reason == "term_too_long":
        return {"issued_on": _day(one.clocks.issue[at]), "due_on": _day(one.clocks.due[at])}
    return None


def _day(day: Any) -> str | None:
    return None if day == NEVER else day_of(int(day)).isoformat()


def _uninsured(asked_of: Insurance, rest: Uninsured) -> Iterator[Document]:
    book, names = asked_of.book, names_of(asked_of.book.ledger)
    frame = pl.DataFrame({"item": book.whole[rest.item], "minor": rest.open_minor})
    for item, minor in frame.group_by("item", maintain_order=True).agg(pl.sum("minor")).iter_rows():
        number_, entity, code, currency = names(item)
        text, nothing = amount_text(minor, currency), amount_text(0, currency)
        yield {
            "customer_code": code, "number": number_, "policy": None, "currency": currency, "open": text,
            "eligible": nothing, "covered": nothing, "indemnity": nothing, "reason": "no_policy", "clause": None,
            "cure_by": None, "cure": None, "fact": None, "entity": entity, "document_currency": currency,
            "document_open": text, "booked_open": text, "vat": nothing, "excluded": text, "disputed": nothing,
            "above_limit": nothing, "own_share": nothing, "first_loss": nothing,
        }  # fmt: skip


def leaks_document(asked_of: Insurance, *, on: dt.date, customer: str | None = None) -> Document:
    """What is not covered: what can still be saved, by money and urgency; what is lost, by cause.

    Raises:
        NotFound: there is no such customer.
        PolicyGap: a policy or an exchange rate says nothing where it is needed.
    """
    asked_of = of_customer(asked_of, customer)
    covers, uninsured = cover(asked_of, Asked(on))
    names = names_of(asked_of.book.ledger)
    curable: list[Document] = []
    lost: list[Document] = []
    for one in covers:
        rows = holes.leaks(one, covers)
        curable += [_leak(one, row, names, on) for row in holes.by_urgency(rows, number(on)).iter_rows(named=True)]
        gone = rows.filter(pl.col("cure") == "").sort(-pl.col("amount_minor"), "customer_id", "item_id")
        lost += [_leak(one, row, names, on) for row in gone.iter_rows(named=True)]
    lost += [_no_policy(row) for row in _uninsured(asked_of, uninsured)]
    curable, lost = (named(_about(rows, customer), asked_of.book.ledger) for rows in (curable, lost))
    return {"as_of": on.isoformat(), "curable": curable, "lost": lost, "lost_by_reason": _by_reason(lost)}


def _leak(one: PolicyCover, row: Mapping[str, Any], names: Any, on: dt.date) -> Document:
    text = _texts(one)
    number_, entity, code, _ = names(row["item_id"])
    by = None if row["cure_by"] is None else day_of(row["cure_by"])
    return {
        "customer_code": code, "number": number_, "policy": one.wording.code, "currency": one.wording.currency,
        "amount": text(row["amount_minor"]), "at_stake": text(row["at_stake_minor"]), "reason": row["reason"],
        "clause": row["clause"], "cure": row["cure"] or None, "cure_by": None if by is None else by.isoformat(),
        "days_left": None if by is None else (by - on).days, "entity": entity,
    }  # fmt: skip


def _no_policy(row: Document) -> Document:
    kept = ("customer_code", "number", "policy", "currency")
    return {
        **{name: row[name] for name in kept}, "amount": row["open"], "at_stake": None, "reason": "no_policy",
        "clause": None, "cure": None, "cure_by": None, "days_left": None, "entity": row["entity"],
    }  # fmt: skip


def _by_reason(rows: Sequence[Document]) -> list[Document]:
    sums: dict[tuple[str, str], int] = {}
    for row in rows:
        key = (row["reason"], row["currency"])
        sums[key] = sums.get(key, 0) + minor_of(row["amount"], row["currency"])
    return [
        {"reason": reason, "currency": currency, "amount": amount_text(minor, currency)}
        for (reason, currency), minor in sorted(sums.items(), key=lambda each: (each[0][1], -each[1], each[0][0]))
    ]


def deadlines_document(
    asked_of: Insurance, *, on: dt.date, customer: str | None = None, within: int | None = None
) -> Document:
    """The calendar of every policy on a day; ``within``: only what falls within so many days, and what was missed.

    Raises:
        NotFound: there is no such customer.
        PolicyGap: a policy or an exchange rate says nothing where it is needed.
    """
    asked_of = of_customer(asked_of, customer)
    covers, _ = cover(asked_of, Asked(on))
    names = names_of(asked_of.book.ledger)
    codes = asked_of.book.ledger.customers["customer_code"].to_list()
    found: list[Document] = []
    for one in covers:
        missed = any((duty.missed).any() for duty in one.duties.values())
        rows = calendar.deadlines(one, calendar.as_if_done(asked_of, one) if missed else None)
        if within is not None:
            rows = rows.filter((pl.col("on") <= number(on) + within) & ((pl.col("on") >= number(on)) |
                                                                        (pl.col("state") == "missed")))  # fmt: skip
        found += [_deadline(one, row, names, codes, on) for row in rows.iter_rows(named=True)]
    found = named(_about(found, customer), asked_of.book.ledger)
    return {"as_of": on.isoformat(), "deadlines": sorted(found, key=lambda row: row["on"])}


def _deadline(one: PolicyCover, row: Mapping[str, Any], names: Any, codes: Sequence[str], on: dt.date) -> Document:
    day = day_of(row["on"])
    return {
        "kind": row["kind"], "on": day.isoformat(), "customer_code": codes[row["customer_id"]],
        "number": None if row["item_id"] is None else names(row["item_id"])[0], "policy": one.wording.code,
        "consequence": row["consequence"], "state": row["state"], "clause": row["clause"],
        "days_left": (day - on).days, "done_on": None if row["done_on"] is None else day_of(row["done_on"]).isoformat(),
        "currency": one.wording.currency, "at_stake": amount_text(row["at_stake_minor"], one.wording.currency),
        "done_by": None, "recorded_at": None, "entity": None if row["item_id"] is None else names(row["item_id"])[1],
    }  # fmt: skip


def claim_document(
    asked_of: Insurance, *, customers: Sequence[str], cause: str, lost_on: dt.date, judged_on: dt.date | None = None,
    policy: str | None = None, won: Sequence[str] = (), recovered: str | None = None, costs: str = "0",
) -> Document:  # fmt: skip
    """The claims if these customers failed on a day, one after the other, line by line.

    ``judged_on``: the day up to which notices count; the day of loss where none is given. ``won``: items whose disputes
    are won afterwards, by number, or by entity and number as ``E1/4711``. ``recovered`` and ``costs``: money that came
    in after the loss.

    Raises:
        NotFound: there is no such customer, or it owes nothing that a policy is about.
        UsageError: the cause is none of those known.
        InputError: what was recovered, or what it cost, is no amount.
        PolicyGap: a policy or an exchange rate says nothing where it is needed.
    """
    asked_of, made = claims_on(
        asked_of, customers, cause=cause, lost_on=lost_on, judged_on=judged_on, policy=policy
    )  # fmt: skip
    asked = Asked(lost_on, cause, judged_on)
    documents, rows = [], _items_of(made)
    disputed = named_items(asked_of.book.ledger, [each.customer for each in made], won)
    for one in made:
        document = claim_lines(one, rows)
        if items := disputed.get(one.customer):
            more = claims.supplementary(asked_of, asked, one.customer, items, one.cover.wording.code)
            document["supplementary"] = {"disputes_won": list(won), "indemnity": _texts(one.cover)(more)}
        if recovered is not None:
            document["recovery"] = _recovery(one, recovered, costs)
        documents.append(document)
    head = {"date_of_loss": lost_on.isoformat(), "cause": cause, "as_of": (judged_on or lost_on).isoformat()}
    first, *others = documents
    return {**first, **head, **({"further": others, "together": _together(made)} if others else {})}


def _together(made: Sequence[claims.Claim]) -> list[Document]:
    """By policy what claims come to: these may be added up, for each was worked out after the ones before it."""
    found: dict[str, list[claims.Claim]] = {}
    for one in made:
        found.setdefault(one.cover.wording.code, []).append(one)
    return [
        {
            "policy": policy, "currency": mine[0].cover.wording.currency, "claims": len(mine),
            **{
                name: _texts(mine[0].cover)(sum(getattr(one, f"{name}_minor") for one in mine))
                for name in ("gross", "indemnity", "retained")
            },
        }
        for policy, mine in found.items()
    ]  # fmt: skip


def claims_on(
    asked_of: Insurance, customers: Sequence[str], *, cause: str, lost_on: dt.date, judged_on: dt.date | None,
    policy: str | None, earlier: pl.DataFrame | None = None,
) -> tuple[Insurance, tuple[claims.Claim, ...]]:  # fmt: skip
    """The claims if these customers failed on a day, and what they are made of: of one customer, its accounts only.

    ``earlier``: what other claims took of the terms of the period (``claim.claims``).

    Raises:
        NotFound: there is no such customer, or it owes nothing that a policy is about.
        UsageError: the cause is none of those known.
        PolicyGap: a policy or an exchange rate says nothing where it is needed.
    """
    if cause not in CAUSES:
        raise UsageError("{cause} is no cause of a loss.", hint="Choose one of: {known}.", cause=cause,
                         known=", ".join(CAUSES))  # fmt: skip
    _known_policy(asked_of, policy)
    if len(customers) == 1:
        asked_of = of_customer(asked_of, customers[0])
    ids = _customer_ids(asked_of.book.ledger, customers)
    made = claims.claims(asked_of, Asked(lost_on, cause, judged_on), ids, policy=policy, earlier=earlier)
    if not made:
        raise NotFound(
            "No policy is about what {customer} owed on {day}.", customer=", ".join(customers[:3]), day=lost_on
        )
    return asked_of, made


def claim_explained(
    asked_of: Insurance, *, customer: str, cause: str, lost_on: dt.date, judged_on: dt.date | None = None,
    policy: str | None = None,
) -> Step:  # fmt: skip
    """The trace of the claim on one customer, from the indemnity down to terms and items; of the first of policies.

    Raises:
        NotFound: there is no such customer, or it owes nothing that a policy is about.
        PolicyGap: a policy or an exchange rate says nothing where it is needed.
    """
    made = claims_on(asked_of, [customer], cause=cause, lost_on=lost_on, judged_on=judged_on, policy=policy)[1]
    return claim_trace(made[0])


def cover_explained(
    asked_of: Insurance, *, on: dt.date, customer: str, item: str, policy: str | None = None
) -> Step:  # fmt: skip
    """Why one item is covered as it is: the trace down to clauses, its limit and its rate; of the first of policies.

    ``item``: its number, or entity and number as ``E1/4711``.

    Raises:
        UnknownCode: there is no such policy.
        UsageError: two items of the customer bear the number.
        NotFound: there is no such customer or item, or no policy is about it on the day.
        PolicyGap: a policy or an exchange rate says nothing where it is needed.
    """
    _known_policy(asked_of, policy)
    asked_of = of_customer(asked_of, customer)
    ledger = asked_of.book.ledger
    ((found,),) = named_items(ledger, _customer_ids(ledger, [customer]), [item]).values()
    for one in cover(asked_of, Asked(on))[0]:
        if policy in (None, one.wording.code) and found in one.book.whole[one.item]:
            return cover_trace(one, found)
    raise NotFound("No policy is about item {number} on {day}.", number=item, day=on)


def _customer_ids(ledger: Ledger, customers: Sequence[str]) -> list[int]:
    ids = dict(ledger.customers.select("customer_code", "customer_id").iter_rows())
    for code in customers:
        if code not in ids:
            raise NotFound("There is no customer {customer}.", customer=code)
    return [ids[code] for code in customers]


_Items = Mapping[tuple[int, int], list[Document]]
"""The items of claims, by the identity of the cover and the customer."""


def _items_of(made: Sequence[claims.Claim]) -> _Items:
    """The items of each claim; those of a cover are looked for once, however many customers fail."""
    covers = {id(each.cover): each.cover for each in made}
    found: dict[tuple[int, int], list[Document]] = {}
    for key, one in covers.items():
        mine = frozenset(each.customer for each in made if each.cover is one)
        ids = dict(one.book.ledger.customers.select("customer_code", "customer_id").iter_rows())
        for row in named(_items(one, mine), one.book.ledger):
            found.setdefault((key, ids[row["customer_code"]]), []).append(row)
    return found


def claim_lines(one: claims.Claim, items: _Items | None = None) -> Document:
    """A claim as published: its waterfall, its items, and what it leaves of the terms of the period.

    ``items`` of all claims, where several are published.
    """
    rows = _items_of([one]) if items is None else items
    text = _texts(one.cover)
    customer = one.cover.book.ledger.customers.row(one.customer, named=True)
    code = customer["customer_code"]
    return {
        "customer_code": code, "policy": one.cover.wording.code, "currency": one.cover.wording.currency,
        "steps": [{"name": step.name, "amount": text(step.minor)} for step in one.steps],
        "items": rows.get((id(one.cover), one.customer), []),
        "gross": text(one.gross_minor), "indemnity": text(one.indemnity_minor), "retained": text(one.retained_minor),
        "payable_from": None if one.payable_from is None else one.payable_from.isoformat(),
        "pay_by": None if one.pay_by is None else one.pay_by.isoformat(),
        "insurer_code": one.insurer_code, "loss_payee": one.payee,
        "balances": {
            "aggregate_first_loss_left": text(one.left.first_loss_left),
            "annual_maximum_left": text(one.left.maximum_left),
        },
        "name": customer["name"] or code,
    }  # fmt: skip


def _recovery(one: claims.Claim, recovered: str, costs: str) -> Document:
    currency = one.cover.wording.currency
    if wrong := [text for text in (recovered, costs) if minor_of(text, currency) < 0]:
        raise InputError("{text} is not an amount.", text=wrong[0])
    shared = claims.recovery(one, minor_of(recovered, currency), minor_of(costs, currency))
    text = _texts(one.cover)
    return {
        "amount": text(shared.amount_minor), "costs": text(shared.costs_minor),
        "insured_debt": text(shared.insured_debt_minor), "insurer": text(shared.insurer_minor),
        "insured": text(shared.insured_minor),
    }  # fmt: skip
