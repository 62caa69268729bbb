"""What other pages say of insurance: a customer's cover and next deadline, and what the day asks for."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from seawall.engine.kernel.money import minor_of
from seawall.exchange.report_cover import KINDS, customer_text
from seawall.services import insurers, protection
from seawall.web import errors, numbers
from seawall.web.protection.cover_map import PICTURES, STATES
from seawall.web.reader import Reader, changed


def of_customer(reader: Reader, code: str) -> dict[str, Any] | None:
    """The card on a customer's page; None where there is no insurance policy."""
    said = protection.at_a_glance(reader.detailed, code) if protection.has_policies(reader.actor) else None
    if said is None:
        return None
    carried = reader.question.carried()
    card = {
        "address": reverse("cover_one", args=[code]) + carried,
        "insured": reverse("insured", args=[code]) + carried,
        "messages": f"?{changed(reader, kind='insurer')}#timeline" if insurers.may_see(reader.actor) else "",
        "claim": reverse("claims") + (f"{carried}&" if carried else "?") + f"customer={code}",
    }
    if said["gap"] is not None:
        return card | {"gap": errors.say(said["gap"].template, said["gap"].params), "rows": [], "lines": []}
    return card | {"gap": "", "rows": [_row(row) for row in said["rows"] if row["policy"]], "lines": _lines(said)}


def _row(row: dict[str, Any]) -> dict[str, Any]:
    tone, picture = PICTURES[row["state"]]
    unit = numbers.Unit(row["currency"], 1)
    amounts = {
        name: "" if row[name] is None else unit.text(minor_of(row[name], row["currency"]))
        for name in ("limit", "open", "covered", "indemnity")
    }
    words = _(STATES[row["state"]])
    return {
        "policy": row["policy"],
        "currency": row["currency"],
        "tone": tone,
        "picture": picture,
        "words": words,
    } | amounts


def _lines(said: dict[str, Any]) -> list[dict[str, Any]]:
    """The leaks that can be closed, and the deadlines that come or were missed, the next first."""
    lines = []
    if said["curable"]:
        count = numbers.decimal_text(len(said["curable"]), 0)
        lines.append({"icon": "alert", "words": _("{count} leaks of cover can still be closed").format(count=count)})
    for row in said["deadlines"][:3]:
        words = _("{kind} on {day}").format(
            kind=_(KINDS[row["kind"]]), day=numbers.day_text(dt.date.fromisoformat(row["on"]))
        )
        icon = "close" if row["state"] == "missed" else "clock"
        lines.append({"icon": icon, "words": f"{words} · {row['number']}" if row["number"] else words})
    return lines


def of_the_day(reader: Reader) -> dict[str, Any] | None:
    """On the page of the day: each policy's limits and their use, and a sentence on what is to be done.

    None where there is no policy. ``words`` are empty where nothing is to be done; ``address`` is where they lead.
    """
    said = protection.of_the_day(reader.detailed) if protection.has_policies(reader.actor) else None
    if said is None:
        return None
    if said["gap"] is not None:
        words = errors.say(said["gap"].template, said["gap"].params)
        words = _("Cover cannot be said: {why}").format(why=words)
        return {"words": words, "address": reverse("insurance_policies"), "rows": []}
    carried = reader.question.carried()
    page = "deadlines" if said["next"] or said["missed"] else "cover_leaks"
    return {
        "words": _to_do(said), "address": reverse(page) + carried, "map": reverse("cover") + carried,
        "rows": [_policy(reader, row) for row in said["policies"]], "leaks": reverse("cover_leaks") + carried,
    }  # fmt: skip


def _policy(reader: Reader, row: dict[str, Any]) -> dict[str, str]:
    unit = numbers.Unit(row["currency"], 1)
    names = ("limit", "used", "headroom", "at_stake")
    amounts = {name: unit.text(minor_of(row[name], row["currency"])) for name in names}
    address = f"{reverse('cover')}?{urlencode(reader.question.params() | {'policy': row['policy']})}"
    use = "" if row["use_rate"] is None else numbers.percent_text(row["use_rate"])
    return {"policy": row["policy"], "currency": row["currency"], "address": address, "use": use} | amounts


def _to_do(said: dict[str, Any]) -> str:
    """The next deadline, leaks that can be closed, deadlines that were missed; empty where there is none of them."""
    parts = []
    if said["next"]:
        following = said["next"]
        parts.append(
            _("next deadline: {kind} of {customer} on {day}").format(
                kind=_(KINDS[following["kind"]]),
                customer=customer_text(following),
                day=numbers.day_text(following["on"]),
            )
        )
    counts = (
        (said["curable"], _("{count} leaks of cover can still be closed")),
        (said["missed"], _("{count} deadlines were missed")),
    )
    parts += [words.format(count=numbers.decimal_text(count, 0)) for count, words in counts if count]
    return _("Insurance: {what}.").format(what=" · ".join(parts)) if parts else ""
