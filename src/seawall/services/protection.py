"""Cover, leaks, deadlines and claims out of the store, as one reading knows them and its reader sees them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

import polars as pl

from seawall.engine.kernel.errors import SeawallError
from seawall.engine.kernel.money import amount_text
from seawall.engine.kernel.trace import Step
from seawall.engine.protection.cover import Asked, Insurance, PolicyCover
from seawall.engine.protection.cover import cover as engine_cover
from seawall.engine.protection.cover_map import Sizing, in_force, limit_use
from seawall.engine.protection.cover_past import Past, past
from seawall.engine.protection.deadlines import deadlines as deadline_rows
from seawall.engine.protection.durations import day_of, number
from seawall.engine.protection.leaks import leaks as leak_rows
from seawall.engine.protection.leaks import stake_of
from seawall.policies.insurance import with_settings
from seawall.services import cover_maps, duties_done, figures, insurance, losses, lost_cover, snapshots, wordings
from seawall.services.access import Actor
from seawall.services.insurance import Document
from seawall.services.insured_list import insured_of
from seawall.services.reading import Reading, kept, open_reading

SOON: Final = 14
"""Days within which a deadline is shown on a customer's page, and on the page of the day."""


def has_policies(actor: Actor, *, known: int | None = None) -> bool:
    """Whether an actor sees any insurance policy that was approved by then.

    Raises:
        NotPermitted: the actor may not read.
    """
    return bool(wordings.texts(actor, known=known))


def insurance_of(reading: Reading) -> Insurance:
    """The reading's ledger with its policies, what insurers decided, and exchange rates; ``reading`` with details.

    Raises:
        UsageError: there is no policy.
        PolicyError: a policy cannot be used.
    """
    made: Insurance = kept(reading, "insurance", lambda: _made(reading))
    return made


def _made(reading: Reading, settings: Sequence[str] = ()) -> Insurance:
    known = reading.as_of.known
    tables = tuple(snapshots.rate_tables(reading.actor, known=known))
    age = reading.policies.at(figures.RATE_AGE, reading.as_of.on).value["max_age_days"]
    said = with_settings(wordings.wordings(reading.actor, known=known), settings)
    return insurance.insurance(reading.ledger, said, insured_of(reading), tables, age)


def cover(reading: Reading, *, customer: str | None = None, policy: str | None = None) -> Document:
    """The cover of every open item (``insurance.cover_document``).

    Raises:
        UsageError: there is no policy.
        UnknownCode, NotFound: there is no such policy or customer.
        PolicyGap: a policy or an exchange rate says nothing where it is needed.
    """
    on = reading.as_of.on
    made: Document = kept(
        reading, ("cover", customer, policy),
        lambda: insurance.cover_document(insurance_of(reading), on=on, customer=customer, policy=policy),
    )  # fmt: skip
    return made


def leaks(reading: Reading, *, customer: str | None = None) -> Document:
    """What is not covered (``insurance.leaks_document``); errors as of :func:`cover`."""
    on = reading.as_of.on
    made: Document = kept(
        reading, ("leaks", customer),
        lambda: insurance.leaks_document(insurance_of(reading), on=on, customer=customer),
    )  # fmt: skip
    return made


def deadlines(reading: Reading, *, customer: str | None = None, within: int | None = None) -> Document:
    """The calendar (``insurance.deadlines_document``), with who did what was done; errors as of :func:`cover`."""
    on = reading.as_of.on
    made: Document = kept(
        reading, ("deadlines", customer, within),
        lambda: insurance.deadlines_document(insurance_of(reading), on=on, customer=customer, within=within),
    )  # fmt: skip
    return made | {"deadlines": duties_done.recorded(reading.actor, made["deadlines"])}


def claim(
    reading: Reading, *, cause: str, lost_on: dt.date, customers: Sequence[str] = (), order: str | None = None,
    policy: str | None = None, won: Sequence[str] = (), recovered: str | None = None, costs: str = "0",
    settings: Sequence[str] = (),
) -> Document:  # fmt: skip
    """What claims would come to (``insurance.claim_document``); notices count up to the reading's day.

    ``order``: in which all customers fail, in place of ``customers`` (``losses.failing``). ``settings``: what if
    terms were otherwise (``policies.insurance.with_settings``).

    Raises:
        UsageError: there is no policy, no such cause or order, nobody fails, or a setting is no term and value.
        InputError: what was recovered, or what it cost, is no amount.
        NotFound: there is no such customer, or it owes nothing that a policy is about.
        PolicyInvalid: a policy cannot be used with a setting.
        PolicyGap: a policy or an exchange rate says nothing where it is needed.
    """
    judged_on = max(reading.as_of.on, lost_on)
    whole = _made(reading, settings) if settings else insurance_of(reading)
    who = losses.failing(whole, customers, on=lost_on, order=order)
    return insurance.claim_document(
        whole, customers=who, cause=cause, lost_on=lost_on, judged_on=judged_on, policy=policy,
        won=won, recovered=recovered, costs=costs,
    )  # fmt: skip


def claim_explained(
    reading: Reading, *, customer: str, cause: str, lost_on: dt.date, policy: str | None = None
) -> Step:  # fmt: skip
    """Why :func:`claim` of one customer comes to what it does (``insurance.claim_explained``); errors as there."""
    judged_on = max(reading.as_of.on, lost_on)
    return insurance.claim_explained(
        insurance_of(reading), customer=customer, cause=cause, lost_on=lost_on, judged_on=judged_on, policy=policy
    )


def cover_explained(reading: Reading, *, customer: str, item: str, policy: str | None = None) -> Step:
    """Why one item is covered as it is (``insurance.cover_explained``); errors as there."""
    return insurance.cover_explained(
        insurance_of(reading), on=reading.as_of.on, customer=customer, item=item, policy=policy
    )


def cover_map(reading: Reading, *, customer: str | None = None) -> list[Document]:
    """By customer (or of one), policy and currency: the limit, what is open and covered, what the insurer would pay.

    Also limits that nobody uses. Amounts of one customer are added up, those of different customers never are.

    Raises:
        UsageError: there is no policy.
        PolicyGap: a policy or an exchange rate says nothing where it is needed.
    """
    made: list[Document] = kept(
        reading, ("cover map", customer),
        lambda: cover_maps.cover_map(insurance_of(reading), on=reading.as_of.on, customer=customer),
    )  # fmt: skip
    return made


def cover_map_by(reading: Reading, *, by: str = "customer") -> Document:
    """The map by customer, country or grade, with the need of the past (``cover_maps.map_document``).

    Raises:
        UsageError: there is no policy, or the map is not grouped by that.
        PolicyGap: a policy or an exchange rate says nothing where it is needed.
    """
    made: Document = kept(
        reading, ("cover map by", by),
        lambda: cover_maps.map_document(
            insurance_of(reading), _past(reading), _sizing(reading), on=reading.as_of.on, by=by
        ),
    )  # fmt: skip
    return made


def balances(reading: Reading) -> list[Document]:
    """What each policy is about and covers on the day (``insurance.balances``); errors as of :func:`cover`."""
    return insurance.balances(insurance_of(reading), _past(reading).covers)


def lost_over_time(reading: Reading) -> Document:
    """What was lost at each month end, by cause (``lost_cover.lost_document``); errors as of :func:`cover`."""
    return lost_cover.lost_document(_past(reading))


def _past(reading: Reading) -> Past:
    made: Past = kept(
        reading, "past cover", lambda: past(insurance_of(reading), reading.as_of.on, _sizing(reading).months)
    )
    return made


def _sizing(reading: Reading) -> Sizing:
    return cover_maps.sizing_of(reading.policies.at(cover_maps.SIZING, reading.as_of.on).value)


def in_report(reading: Reading) -> Document | None:
    """What the protection report says of insurance; None where there is no policy. ``gap`` says why it cannot."""
    if not has_policies(reading.actor, known=reading.as_of.known):
        return None
    made: Document = kept(reading, "insurance of the report", lambda: _in_report(reading))
    return made


def _in_report(reading: Reading) -> Document:
    try:
        return cover_maps.in_report(insurance_of(_detailed(reading)), on=reading.as_of.on)
    except SeawallError as error:
        return cover_maps.unsaid(error)


def _detailed(reading: Reading) -> Reading:
    """The same reading with the numbers of items, which events name."""
    if "number" in reading.ledger.items.columns:
        return reading
    return _again(reading, reading.entity)


def of_all_entities(reading: Reading) -> Reading:
    """The same reading of every entity that its actor sees, with details.

    A claim is on all that is owed under a policy, and so is what was paid: whichever entity it is asked of.
    """
    return _again(reading, "") if reading.entity else _detailed(reading)


def _again(reading: Reading, entity: str) -> Reading:
    on, known, currency = reading.as_of.on, reading.as_of.known, reading.currency or None
    return open_reading(reading.actor, on=on, currency=currency, entity=entity, known=known, details=True)


def at_a_glance(reading: Reading, customer: str) -> Document | None:
    """What a customer's page says of insurance; None where there is no policy.

    ``gap`` is the error that says why nothing can be said, where a policy or a rate lacks what is needed.
    """
    if not has_policies(reading.actor, known=reading.as_of.known):
        return None
    try:
        dates = deadlines(reading, customer=customer, within=SOON)["deadlines"]
        found = {"rows": cover_map(reading, customer=customer), "curable": leaks(reading, customer=customer)["curable"]}
    except SeawallError as error:
        return {"gap": error}
    return found | {"gap": None, "deadlines": [row for row in dates if row["state"] != "done"]}


def of_the_day(reading: Reading) -> Document | None:
    """What the page of the day says of insurance, without a line for each item; None where there is no policy.

    ``curable`` leaks, ``missed`` deadlines, those to do within :data:`SOON` days (``soon``), and the ``next`` to come.
    Of each policy (``policies``) its limits, their use and headroom, added up over customers, and what is ``at_stake``
    in leaks that can still be saved.
    """
    if not has_policies(reading.actor, known=reading.as_of.known):
        return None
    try:
        made: Document = kept(reading, "insurance of the day", lambda: _of_the_day(reading))
    except SeawallError as error:
        return {"gap": error}
    return made


def _of_the_day(reading: Reading) -> Document:
    today = number(reading.as_of.on)
    whole = insurance_of(reading)
    covers, _ = engine_cover(whole, Asked(reading.as_of.on))
    holes = [(one, leak_rows(one, covers).filter(pl.col("cure") != "")) for one in covers]
    dates = [deadline_rows(one).filter(pl.col("state") != "done") for one in covers]
    due = pl.concat([rows.select("kind", "on", "customer_id", "state") for rows in dates]).sort("on", "customer_id")
    coming = due.filter((pl.col("state") == "open") & (pl.col("on") >= today))
    following = None
    if coming.height:
        first = coming.row(0, named=True)
        customer = reading.ledger.customers.row(first["customer_id"], named=True)
        whose = {name: customer[name] for name in ("customer_code", "name")}
        following = {"kind": first["kind"], "on": day_of(first["on"])} | whose
    return {
        "gap": None, "curable": sum(rows.height for _one, rows in holes),
        "soon": coming.filter(pl.col("on") <= today + SOON).height,
        "missed": due.filter(pl.col("state") == "missed").height, "next": following,
        "policies": [_policy_of_the_day(one, covers, holes) for one in in_force(covers).values()],
    }  # fmt: skip


def _policy_of_the_day(
    one: PolicyCover, covers: Sequence[PolicyCover], holes: Sequence[tuple[PolicyCover, pl.DataFrame]]
) -> Document:
    """Limits, use and headroom of a policy as in the map grouped by country, all groups together."""
    code, currency = one.wording.code, one.wording.currency
    rows = limit_use(one, [each for each in covers if each.wording.code == code])
    limit, used = int(rows["limit_minor"].sum()), int(rows["used_minor"].sum())
    room = int((rows["limit_minor"] - rows["used_minor"]).clip(lower_bound=0).sum())
    stake = sum(stake_of(found) for each, found in holes if each.wording.code == code)
    amounts = {"limit": limit, "used": used, "headroom": room, "at_stake": stake}
    return {
        "policy": code, "currency": currency, **{name: amount_text(minor, currency) for name, minor in amounts.items()},
        "use_rate": used / limit if limit else None,
    }  # fmt: skip
