"""Which cover to buy: the company's own past years under other policies, as a published document."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from seawall.engine.kernel.errors import UsageError
from seawall.engine.kernel.money import minor_of
from seawall.engine.protection import cover_choice as choice
from seawall.engine.protection.cover import Insurance
from seawall.engine.protection.wording import Wording
from seawall.policies.insurance import with_settings
from seawall.services.insurance import Document
from seawall.services.premium import asked_policies, one_policy, text_of

CHOICE: Final = "house.cover_choice"
"""The policy that says how past years are asked."""

YEARS: Final = (1, 5)
"""How many years may be asked: the fewest and the most."""

AS_IT_IS, ALONE = "as it is", "without top-ups"
PRESETS: Final = ("regions", "part", "quarterly")
OPTIONS_MOST: Final = 20
_COMMA = re.compile(r",(?![^\[{]*[\]}])")


def whatif_document(
    insurance: Insurance, rules: Mapping[str, Any], *, on: dt.date, years: int, policy: str | None = None,
    options: Sequence[str] = (), presets: Sequence[str] = (), limits: str = "current", appetite: str | None = None,
    more_limit: str | None = None, progress: Callable[[int, int], None] | None = None,
) -> Document:  # fmt: skip
    """What the last years would have cost under the policy as it is, and under each option.

    A policy stands with the top-ups over it, and is asked without them, too; whoever names a top-up asks about what it
    lies on. ``options``: texts ``name: term=value, term=value``, where ``limits=quarterly`` says which limits past
    losses meet.
    ``presets``: ``regions:DE,FR`` (insure only these), ``part:C1,C2`` or ``part:20`` (only these customers, or so many
    of the largest), ``quarterly`` (limits set anew each quarter). ``rules``: a value of ``house.cover_choice``.
    ``appetite``: the most that may be retained in all but the worst years. ``more_limit``: say what so much more limit
    would have paid for each customer that failed. ``progress`` is told how many of the options are done.

    Raises:
        UnknownCode, NotFound: there is no such policy, or none that had begun.
        UsageError: several policies and none named; an option, a preset, a number that cannot be read.
        PolicyInvalid: the policy cannot be used with an option; says why.
        PolicyGap: the policy lacks what is needed, or an exchange rate is missing.
    """
    asked = options_of(
        insurance, on=on, years=years, policy=policy, options=options, presets=presets, limits=limits
    )  # fmt: skip
    wording = asked[0].wording
    how = rules_of(rules)
    found: list[choice.Replayed] = []
    for one in asked:
        if progress is not None:
            progress(len(found), len(asked))
        found.append(choice.replayed(insurance, one, on=on, years=years, rules=how))
    most = None if appetite is None else _amount(appetite, wording)
    best = choice.cheapest(found, most)
    added = None if more_limit is None else _amount(more_limit, wording)
    text = text_of(wording)
    return {
        "as_of": on.isoformat(), "policy": wording.code, "top_ups": [one.code for one in asked[0].over],
        "currency": wording.currency, "years": years,
        "tail_rate": how.tail_rate, "appetite": text(most), "cheapest": None if best is None else best.option.name,
        "options": [_option(one, text) for one in found],
        "more_limit": text(added), "shadow_prices": _shadow(insurance, asked[0], on, years, how, added, text),
    }  # fmt: skip


def options_of(
    insurance: Insurance, *, on: dt.date, years: int, policy: str | None = None, options: Sequence[str] = (),
    presets: Sequence[str] = (), limits: str = "current",
) -> list[choice.Option]:  # fmt: skip
    """What is compared: the policy as it is, the options and presets as they are written; errors as below."""
    tower = _tower(insurance, on, policy)
    _check(years, limits)
    asked = [replace(tower, limits=limits), *_given(tower, options, limits)]
    asked += [_preset(insurance, tower, each, on, years, limits) for each in presets]
    asked += [choice.Option(ALONE, tower.wording, limits)] if tower.over else []
    _refuse_repeats(asked)
    return asked


def rules_of(value: Mapping[str, Any]) -> choice.Rules:
    """How past years are asked, from a value of the policy ``house.cover_choice``."""
    return choice.Rules(value["draws"], value["seed"], value["tail"], value["least_share"], value["headroom"])


def _tower(insurance: Insurance, on: dt.date, policy: str | None) -> choice.Option:
    """The policy that is asked about, or what it lies on, with its top-ups in their order."""
    begun = {one.code: one for one in asked_policies(insurance, on=on)}
    roots = [one for one in begun.values() if not one.over]
    if policy is None and len(roots) == 1:
        lowest = roots[0]
    else:
        lowest = one_policy(insurance, on=on, policy=policy)
        while lowest.over in begun:
            lowest = begun[lowest.over]
    order = [one for one in insurance.wordings if begun.get(one.code) is one]
    return choice.Option(AS_IT_IS, lowest, over=tuple(one for one in order if _lies_over(one, lowest.code, begun)))


def _lies_over(wording: Wording, code: str, known: Mapping[str, Wording]) -> bool:
    below = wording.over
    while below and below != code:
        below = known[below].over if below in known else ""
    return bool(below)


def _check(years: int, limits: str) -> None:
    if not YEARS[0] <= years <= YEARS[1]:
        raise UsageError("{years} years cannot be asked.", hint="Ask {fewest} to {most}.", years=years, fewest=YEARS[0],
                         most=YEARS[1])  # fmt: skip
    _known_limits(limits)


def _known_limits(limits: str) -> str:
    if limits not in choice.LIMITS:
        raise UsageError("{limits} is no kind of limits.", hint="Choose one of: {known}.", limits=limits,
                         known=", ".join(choice.LIMITS))  # fmt: skip
    return limits


def _given(tower: choice.Option, options: Sequence[str], limits: str) -> list[choice.Option]:
    if len(options) > OPTIONS_MOST:
        raise UsageError("At most {most} options are compared.", most=OPTIONS_MOST)
    return [_read(tower, text, limits) for text in options]


def _read(tower: choice.Option, text: str, limits: str) -> choice.Option:
    """An option from ``name: term=value, TOP-UP:term=value``; a comma within brackets does not part.

    A term of no policy's is that of the policy below.
    """
    name, is_named, said = text.partition(":")
    settings = [each.strip() for each in _COMMA.split(said) if each.strip()]
    if not is_named or not name.strip() or not settings:
        raise UsageError(
            "{option} is no option.",
            hint="Write a name and what is otherwise: short: mep.days=30, insured_rate.rate=0.8.",
            option=text,
        )  # fmt: skip
    terms = [each for each in settings if not each.startswith("limits=")]
    for each in settings:
        if each not in terms:
            limits = _known_limits(each.removeprefix("limits=").strip())
    lowest, *over = with_settings([tower.wording, *tower.over], [
        each if ":" in each.partition("=")[0] else f"{tower.wording.code}:{each}" for each in terms
    ])  # fmt: skip
    return choice.Option(name.strip(), lowest, limits, tuple(over))


def _preset(  # noqa: PLR0917 - what the presets are made of
    insurance: Insurance, tower: choice.Option, text: str, on: dt.date, years: int, limits: str
) -> choice.Option:
    wording = tower.wording
    name, _, said = text.partition(":")
    words = [each.strip() for each in said.split(",") if each.strip()]
    if name == "quarterly" and not words:
        return replace(tower, name=text, limits="quarterly")
    if name == "regions" and words:
        only = with_settings([wording], [f"countries={{covered: [{', '.join(words)}]}}"])[0]
        return replace(tower, name=text, wording=only, limits=limits)
    if name == "part" and words:
        return replace(tower, name=text, wording=_part(insurance, wording, words, on, years), limits=limits)
    raise UsageError(
        "{preset} is no preset.", hint="Write one of: {known}.", preset=text,
        known="regions:DE,FR · part:C1,C2 · part:20 · quarterly",
    )  # fmt: skip


def _part(insurance: Insurance, wording: Wording, words: Sequence[str], on: dt.date, years: int) -> Wording:
    """The policy with all other customers left out: what they lose is retained whole."""
    codes = insurance.book.ledger.customers["customer_code"].to_list()
    if len(words) == 1 and words[0].isdecimal() and words[0] not in codes:
        kept = set(choice.largest(insurance, wording, on=on, years=years, count=min(int(words[0]), len(codes))))
    else:
        kept = set(words)
        if unknown := sorted(kept - set(codes)):
            raise UsageError("There is no customer {customer}.", customer=unknown[0])
    before = set(wording.get("excluded_buyers", max(on, wording.first_on)) or ())
    return wording.with_term("excluded_buyers", tuple(sorted({*before, *(code for code in codes if code not in kept)})))


def _refuse_repeats(asked: Sequence[choice.Option]) -> None:
    names = [one.name for one in asked]
    for name in names:
        if names.count(name) > 1:
            raise UsageError("Two options are called {name}.", hint="Give each a name of its own.", name=name)


def _amount(text: str, wording: Wording) -> int:
    minor = minor_of(text, wording.currency)
    if minor <= 0:
        raise UsageError("{amount} is not above zero.", amount=text)
    return minor


def _option(found: choice.Replayed, text: Any) -> Document:
    fees = [year.fees_minor for year in found.years]
    return {
        "name": found.option.name, "limits": found.option.limits, "top_ups": [one.code for one in found.option.over],
        "mean_cost": text(found.mean_cost_minor),
        "mean_premium": text(choice.mean([year.premium_minor for year in found.years])),
        "mean_fees": text(choice.mean(fees)),
        "mean_retained": text(found.mean_retained_minor), "tail_retained": text(found.tail_retained_minor),
        "years": [
            {
                "from": year.first_on.isoformat(), "to": year.last_on.isoformat(),
                "declared": text(year.declared_minor), "premium": text(year.premium_minor),
                "fees": text(year.fees_minor), "failures": year.failures,
                "gross": text(year.gross_minor), "indemnity": text(year.indemnity_minor),
                "recovered": text(year.recovered_minor), "retained": text(year.retained_minor),
                "cost": text(year.cost_minor),
            }
            for year in found.years
        ],
    }  # fmt: skip


def _shadow(  # noqa: PLR0917 - what is asked once more
    insurance: Insurance,
    option: choice.Option,
    on: dt.date,
    years: int,
    rules: choice.Rules,
    added: int | None,
    text: Any,
) -> list[Document]:
    if added is None:
        return []
    found = choice.shadow_prices(insurance, option, on=on, years=years, rules=rules, added_minor=added)
    return [{"customer_code": one.customer_code, "price": one.price, "gain": text(one.gain_minor)} for one in found]
