"""Periods: the month to sign with what stands against it; one signature with its files and what came later."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from seawall.engine.kernel.asof import month_end
from seawall.engine.kernel.errors import UsageError
from seawall.services import access, periods
from seawall.services.period_difference import MEASURES, difference
from seawall.services.periods import Signed
from seawall.web import headline, numbers
from seawall.web.question import day_of
from seawall.web.reader import Reader, page, today

TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}
BLOCKS = {
    "not_month_end": noop("This day is not the end of a month."),
    "not_over": noop("The month is not over yet."),
    "different": noop("The items differ from the control account."),
    "signed": noop("This month is signed already."),
}
SHOWN = ("open", "overdue", "unapplied", "disputed", "ecl", "default", "dso_days", "loss_ratio_rate")
"""Headline figures beside the signer's button."""


@page("ledger/periods.html", "periods", methods=("GET", "HEAD", "POST"))
def view(reader: Reader) -> dict[str, Any] | HttpResponse:
    """What is signed, and the month to sign next; POST signs it."""
    if reader.request.method == "POST":
        return _sign(reader)
    rows = [_row(each) for each in periods.listed(reader.actor)]
    return {"rows": rows, "may_sign": reader.actor.may(access.PERIOD_SIGN), **_candidate(reader)}


@page("ledger/period.html", "periods", methods=("GET", "HEAD", "POST"))
def one(reader: Reader, number: int) -> dict[str, Any] | HttpResponse:
    """One signature: its files, whether it can be made again, and what came later; POST takes it back."""
    if reader.request.method == "POST":
        return _withdraw(reader, number)
    signed = periods.shown(reader.actor, number)
    asked = reader.request.GET.get("show", "")
    shown: dict[str, Any] = {"row": _row(signed), "may_sign": reader.actor.may(access.PERIOD_SIGN), "asked": asked}
    if asked == "verify":
        shown["verified"] = periods.verify(reader.actor, number)
    if asked == "difference":
        shown["difference"] = _difference(reader, signed)
    return shown


@page("ledger/period.html", "periods")
def file(reader: Reader, number: int, kind: str) -> HttpResponse:
    """A signed file, byte for byte as it was signed."""
    content = periods.content_of(reader.actor, number, kind)
    signed = periods.shown(reader.actor, number)
    response = HttpResponse(content, content_type=TYPES.get(kind, "application/octet-stream"))
    response["Content-Disposition"] = f'attachment; filename="seawall-{signed.on.isoformat()}-{number}.{kind}"'
    return response


def _candidate(reader: Reader) -> dict[str, Any]:
    """The month to sign: the one asked for, else the last that is over."""
    here = today(reader.about)
    last = month_end(here) if month_end(here) < here else here.replace(day=1) - here.resolution
    on = day_of(reader.request.GET.get("sign", ""), min(last, month_end(reader.usual.on)))
    if not reader.usual.currencies:
        return {"day": on, "candidate": None}
    question = reader.question
    seen = periods.candidate(
        reader.actor, on=on, today=here, currency=question.currency or None, entity=question.entity
    )
    figures = [
        {
            "title": headline.title(name),
            "value": headline.value(seen.figures[name]["value"], seen.figures[name]["unit"], seen.currency),
        }
        for name in SHOWN
        if name in seen.figures
    ]
    rows = [row for row in seen.reconciliation["rows"] if row["status"] == "different"]
    blocks = [_(BLOCKS[code]) for code in seen.blocks]
    return {"day": on, "candidate": seen, "figures": figures, "differences": rows, "blocks": blocks}


def _sign(reader: Reader) -> HttpResponse:
    given = reader.request.POST
    on, known = day_of(given.get("on", ""), reader.question.on), given.get("known", "")
    if not (known.isascii() and known.isdigit() and len(known) < 16):  # noqa: PLR2004
        raise UsageError("The request cannot be read.")
    signed = periods.sign(
        reader.actor, on=on, today=today(reader.about), known=int(known), currency=given.get("currency") or None,
        entity=given.get("entity", ""), reason=given.get("reason", "")[:2000],
        lang="zh" if numbers.babel_locale().startswith("zh") else "en",
    )  # fmt: skip
    messages.success(reader.request, _("Signed."), extra_tags="good")
    return redirect("period", number=signed.number)


def _withdraw(reader: Reader, number: int) -> HttpResponse:
    periods.withdraw(reader.actor, number, reason=reader.request.POST.get("reason", "")[:2000])
    messages.success(reader.request, _("The signature is taken back; it stays on record."), extra_tags="good")
    return redirect("period", number=number)


def _row(signed: Signed) -> dict[str, Any]:
    return {"signed": signed, "entities": ", ".join(signed.entities)}


def _difference(reader: Reader, signed: Signed) -> dict[str, Any]:
    found = difference(reader.actor, signed.number)
    figures = [
        {
            "title": headline.title(each["name"]),
            "then": headline.value(each["then"], each["unit"], signed.currency),
            "now": headline.value(each["now"], each["unit"], signed.currency),
        }
        for each in found.figures
    ]
    figures = [each for each in figures if each["then"] != each["now"]]  # what rounding hides is no news
    customers = [
        {
            "code": each["customer_code"],
            "by": [headline.amount(each[f"{name}_by"], signed.currency) for name in MEASURES],
        }
        for each in found.customers
    ]
    return {"found": found, "figures": figures, "customers": customers}
