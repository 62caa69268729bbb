"""What a policy's terms must say together, beyond what each may be by itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from seawall.engine.kernel.errors import Flaw, PolicyGap
from seawall.engine.kernel.money import AMOUNT_LIMIT_MINOR
from seawall.engine.protection.terms import OPERATORS, TERMS
from seawall.engine.protection.wording import Wording


def check(wording: Wording) -> None:
    """Refuse a policy whose terms contradict each other, or leave a day of its period without a needed one.

    Raises:
        Flaw: they contradict each other.
        PolicyGap: a needed term says nothing on a day.
    """
    _check_head(wording)
    for name, term in TERMS.items():
        if term.is_needed:
            wording.need(name, wording.first_on)
    _check_days(wording)
    for day in wording.from_days():
        for flaw in _contradictions(wording, day):
            raise _dated(flaw, wording, day)


def _dated(flaw: Flaw, wording: Wording, day: dt.date) -> Flaw:
    """A contradiction of terms, at the value that holds on the day."""
    _, term, *rest = flaw.path
    dated = wording.dated(str(term), day)
    if dated is not None:
        flaw.path = ("terms", term, dated.from_day, "value", *rest)
    return flaw


def _check_head(wording: Wording) -> None:
    if wording.first_on > wording.last_on:
        raise Flaw(
            ("period", "to"), "The period ends on {last}, before it begins on {first}.",
            last=wording.last_on, first=wording.first_on,
        )  # fmt: skip
    if wording.form == "top_up" and not wording.over:
        raise Flaw(("form",), "A top-up names the policy it lies on: `over`.")
    if wording.form != "top_up" and wording.over:
        raise Flaw(("over",), "Only a top-up lies over another policy.")
    if wording.form == "single_buyer" and not wording.customers:
        raise Flaw(("form",), "A policy for single buyers names them: `buyers`.")


def _check_days(wording: Wording) -> None:
    for name, values in wording.terms.items():
        for dated in values:
            if dated.from_day > wording.last_on:
                raise Flaw(
                    ("terms", name, dated.from_day), "{day} lies after the period, which ends on {last}.",
                    day=dated.from_day, last=wording.last_on,
                )  # fmt: skip
            if dated.value is None and TERMS[name].is_needed:
                raise PolicyGap(
                    "The policy {policy} does not say what holds on {day} for {term}.",
                    hint="Write the term into the policy, from that day or earlier.",
                    policy=wording.code, day=dated.from_day, term=name,
                )  # fmt: skip


def _contradictions(wording: Wording, day: dt.date) -> Iterator[Flaw]:
    yield from _of_operators(wording, day)
    yield from _of_clocks(wording, day)
    yield from _of_amounts(wording, day)


def _of_operators(wording: Wording, day: dt.date) -> Iterator[Flaw]:
    order = wording.get("loss_operators", day) or ()
    if "insured_rate" not in order:
        yield Flaw(("terms", "loss_operators"), "The insured percentage is not in the order: add insured_rate.")
    for operator, term in OPERATORS.items():
        if operator in order and wording.get(term, day) is None:
            yield Flaw(
                ("terms", "loss_operators"), "{operator} is in the order, but the policy has no {term} on {day}.",
                operator=operator, term=term, day=day,
            )  # fmt: skip
        if operator not in order and wording.get(term, day) is not None:
            yield Flaw(
                ("terms", term), "{term} is given, but {operator} is not in loss_operators on {day}.",
                operator=operator, term=term, day=day,
            )  # fmt: skip


def _of_clocks(wording: Wording, day: dt.date) -> Iterator[Flaw]:
    """Clocks that run from what the policy does not have."""
    has_mep = wording.get("mep", day) is not None
    stop = wording.get("stop_of_cover", day)
    if stop and "mep_end" in stop["events"] and not has_mep:
        yield Flaw(
            ("terms", "stop_of_cover"), "Cover stops at the end of the maximum extension period, but mep is none."
        )
    clocks = [(name, wording.get(name, day)) for name in ("overdue_notice", "hand_over", "claim_filing")]
    waits = wording.get("waiting_period", day) or {}
    clocks += [("waiting_period", wait) for wait in waits.values()]
    for name, value in clocks:
        start = value["from"] if value else None
        if start == "mep_end" and not has_mep:
            yield Flaw(
                ("terms", name, "from"), "This runs from the end of the maximum extension period, but mep is none."
            )
        if start == "overdue_notice" and wording.get("overdue_notice", day) is None:
            yield Flaw(
                ("terms", name, "from"), "This runs from the overdue notice, but the policy has no overdue_notice."
            )
        if start == "waiting_period_end" and not waits:
            yield Flaw(
                ("terms", name, "from"),
                "This runs from the end of the waiting period, but the policy has no waiting_period.",
            )


def _of_amounts(wording: Wording, day: dt.date) -> Iterator[Flaw]:
    maximum = wording.get("annual_maximum", day)
    if maximum and (maximum["amount"] is None) == (maximum["times_premium"] is None):
        yield Flaw(("terms", "annual_maximum"), "Give either an amount or times_premium.")
    if maximum and maximum["times_premium"] is not None and annual_maximum(wording, day) is None:
        yield Flaw(
            ("terms", "annual_maximum"), "Times which premium? Give premium_amount, or the premium's minimum_amount."
        )
    if maximum and (annual_maximum(wording, day) or 0) > AMOUNT_LIMIT_MINOR:
        yield Flaw(("terms", "annual_maximum"), "This is more than any amount may be.")
    conversion = wording.get("conversion", day)
    if conversion and (conversion["rule"] == "fixed") != (conversion["rates"] is not None):
        yield Flaw(("terms", "conversion"), "Rates are given with the rule `fixed`, and only with it.")
    for name in ("countries", "sectors", "payment_methods"):
        lists = wording.get(name, day)
        if lists is not None and lists["covered"] is None and lists["excluded"] is None:
            yield Flaw(("terms", name), "Give what is covered or what is excluded.")
        for each in set((lists or {}).get("covered") or ()) & set((lists or {}).get("excluded") or ()):
            yield Flaw(("terms", name), "{each} is both covered and excluded.", each=each)
    yield from _of_bounds(wording, day)
    own = wording.get("discretionary_limit", day)
    if own and own["amount"] is None and own["of_highest_rate"] is None:
        yield Flaw(("terms", "discretionary_limit"), "Give an amount or of_highest_rate.")


def _of_bounds(wording: Wording, day: dt.date) -> Iterator[Flaw]:
    """What can never hold: bounds the wrong way round, and rules after one that always holds."""
    deductible = wording.get("deductible", day) or {}
    least, most = deductible.get("minimum_amount"), deductible.get("maximum_amount")
    if least is not None and most is not None and most < least:
        yield Flaw(("terms", "deductible", "maximum_amount"), "The maximum is below the minimum.")
    rules = (wording.get("insured_rate", day) or {}).get("rules") or ()
    for place, rule in enumerate(rules[:-1]):
        if all(value is None for name, value in rule.items() if name != "rate"):
            yield Flaw(
                ("terms", "insured_rate", "rules", place + 1),
                "This rule never holds: the one before it has no conditions, and so always does.",
            )


def annual_maximum(wording: Wording, day: dt.date) -> int | None:
    """The most the policy pays for its period, in minor units; None where it has no such maximum."""
    maximum = wording.get("annual_maximum", day)
    if maximum is None or maximum["amount"] is not None:
        return None if maximum is None else int(maximum["amount"])
    premium = maximum["premium_amount"] or (wording.get("premium", day) or {}).get("minimum_amount")
    return None if premium is None else round(premium * maximum["times_premium"])
