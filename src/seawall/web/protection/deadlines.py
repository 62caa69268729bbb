"""Deadlines: what comes, what was missed, what was done by whom; beside each the act that meets it. The calendar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from seawall.engine.kernel.errors import InputError, Where
from seawall.engine.protection.deadlines import MET_BY
from seawall.exchange import calendar_file, report_cover
from seawall.exchange.language import Language
from seawall.exchange.report_insured import INSURANCE_EVENTS
from seawall.services import access, insurers, protection
from seawall.services.insurance import Document
from seawall.services.insurers import ConnectionView
from seawall.web import numbers, words
from seawall.web.paging import exported, exports
from seawall.web.protection.claim_list import open_address
from seawall.web.protection.cover import Act, dates_table, insured_page, shown_table
from seawall.web.reader import Reader, changed, page

WITHIN = (14, 30, 90)


@insured_page("protection/tables.html", "deadlines")
def view(reader: Reader) -> dict[str, Any] | HttpResponse:
    """The calendar of the policies: what comes within some days, and what was missed, with its cost."""
    language = words.language()
    within = _within(reader.request.GET.get("within", ""))
    rows = protection.deadlines(reader.detailed, within=within)["deadlines"]
    kind = reader.request.GET.get("kind", "")
    if kind and kind not in report_cover.KINDS:
        raise InputError(
            "{text} is none of these.", hint="Choose one of: {known}.", text=kind[:40],
            known=", ".join(report_cover.KINDS),
        )  # fmt: skip
    rows = [row for row in rows if kind in ("", row["kind"])]
    missed = [row for row in rows if row["state"] == "missed"]
    coming = [row for row in rows if row["state"] == "open"]
    title = _("{count} deadlines in {days} days, {missed} missed").format(
        count=numbers.decimal_text(len(coming), 0), days=within, missed=numbers.decimal_text(len(missed), 0)
    )
    done = [row for row in rows if row["state"] == "done"]
    named = ((language.say("To do"), coming), (language.say("Missed"), missed), (language.say("Done"), done))
    parts = [
        (replace(dates_table(some, language), title=said, name="deadlines" if not n else f"part_{n}"), some)
        for n, (said, some) in enumerate((said, some) for said, some in named if some or some is coming)
    ]
    if "export" in reader.request.GET:
        (first, _rows), *others = parts
        return exported(reader, first, title, *(table for table, _rows in others))
    hearing = _hearing(reader)
    return {
        "title": title,
        "words": _("As of {day}; derived from the facts, and anew with every posting.").format(
            day=numbers.day_text(reader.question.on)
        ),
        "tables": [
            shown_table(reader, table, [_acts(reader, row, hearing) for row in some]) for table, some in parts
        ],
        "choices": [
            {
                "words": _("{days} days").format(days=days), "here": days == within,
                "query": changed(reader, within=str(days)),
            }
            for days in WITHIN
        ],
        "exports": exports(reader),
        "ways": [
            (_("Reminders"), reverse("reminders")),
            (_("Calendar file"), reverse("deadlines_calendar") + reader.question.carried()),
        ],
    }  # fmt: skip


@page("protection/tables.html", "deadlines")
def calendar(reader: Reader) -> HttpResponse:
    """The deadlines that are to be met, as a calendar file (iCalendar)."""
    rows = protection.deadlines(reader.detailed)["deadlines"]
    return calendar_response(rows, words.language(), reader.request.get_host())


def calendar_response(rows: Sequence[Document], language: Language, host: str) -> HttpResponse:
    """A calendar file as an answer."""
    response = HttpResponse(
        calendar_file.calendar(rows, language, host=host), content_type="text/calendar; charset=utf-8"
    )
    response["Content-Disposition"] = 'attachment; filename="seawall-deadlines.ics"'
    return response


def _hearing(reader: Reader) -> dict[str, ConnectionView]:
    """By policy: the connection whose insurer hears notices, for who may send them."""
    if not reader.actor.may(access.INSURER_SEND):
        return {}
    return {each.policy: each for each in insurers.listed(reader.actor) if "notify" in each.say}


def _acts(reader: Reader, row: Mapping[str, Any], hearing: Mapping[str, ConnectionView]) -> list[Act]:
    """What can be done about a deadline that is not met: tell the insurer, and record the fact that meets it."""
    if row["state"] == "done":
        return []
    found, about = [], {"policy": row["policy"]} | ({"item_number": row["number"]} if row["number"] else {})
    if row["kind"] == "overdue_notice" and row["policy"] in hearing:
        said = {"kind": "notify", "connection": hearing[row["policy"]].connection_id, "customer": row["customer_code"]}
        query = urlencode(said | {"notice": "overdue", "item_number": row["number"] or ""})
        found.append((_("Tell the insurer"), f"{reverse('insurer_say')}?{query}"))
    if (event := MET_BY.get(row["kind"])) and reader.actor.may(access.INSURANCE_EVENT_RECORD):
        what = _("Record: {what}").format(what=_(INSURANCE_EVENTS[event]))
        found.append((what, _form(reader, row, "insurance_events", about | {"event": event})))
    if row["kind"] in ("waiting_period_end", "claim_filing") and reader.actor.may(access.CLAIM_RECORD):
        filled = {"customer": row["customer_code"], "policy": row["policy"], "cause": "protracted_default"}
        found.append((_("Open a claim"), open_address(reader, **filled)))
    if row["kind"] == "limit_expiry" and reader.actor.may(access.LIMIT_RECORD):
        found.append((_("Record a limit decision"), _form(reader, row, "insured_limits", about)))
    return found


def _form(reader: Reader, row: Mapping[str, Any], table: str, filled: Mapping[str, str]) -> str:
    query = urlencode({**reader.question.params(), **filled, "to": "deadlines"})
    return f"{reverse('insured_record', args=[row['customer_code'], table])}?{query}"


def _within(text: str) -> int:
    if text and not (text.isascii() and text.isdigit() and len(text) < 4):  # noqa: PLR2004 - up to 999 days
        raise InputError("{text} is not a whole number.", where=Where(column="within"), text=text[:20])
    return int(text or WITHIN[1])
