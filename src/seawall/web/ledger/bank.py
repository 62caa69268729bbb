"""Bank: our accounts and how fresh they are, statements with what could not be read of them, and new ones in."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from seawall.engine.kernel.errors import InputError, UnknownCode, Where
from seawall.exchange.bank.statement import PROBLEMS
from seawall.services import access, bank, bank_reading
from seawall.web import numbers
from seawall.web.reader import Reader, page

PROBLEMS_SHOWN = 50
"""Of one statement, so many problems are listed."""


@page("ledger/bank.html", "bank", methods=("GET", "HEAD", "POST"))
def view(reader: Reader) -> dict[str, Any] | HttpResponse:
    """Accounts and statements; a post brings statements in."""
    if reader.request.method == "POST":
        return _taken(reader)
    accounts = bank_reading.accounts(reader.actor)
    unmatched = bank_reading.entries(reader.actor, state="unmatched").count()
    return {
        "accounts": [_account(each) for each in accounts],
        "statements": [_statement(row) for row in bank_reading.statements(reader.actor)],
        "unmatched": unmatched,
        "entities": [code for code in reader.about.entities if reader.actor.sees(code)],
        "may_import": reader.actor.may(access.BANK_IMPORT),
    }


def _taken(reader: Reader) -> HttpResponse:
    """Take the files of the form in."""
    files = [(each.name or "statement", each.read()) for each in reader.request.FILES.getlist("files")]
    if not files:
        raise InputError("Choose at least one file.", where=Where(column="files"))
    entity = reader.request.POST.get("entity", "")
    if entity and entity not in reader.about.entities:
        raise UnknownCode("There is no entity {entity}.", where=Where(column="entity"), entity=entity)
    done = bank.import_files(reader.actor, files, entity=entity)
    count = numbers.decimal_text(done.new_entries, 0)
    if done.batch_no is None:
        told = _("All of it was on file already: nothing was written.")
    else:
        told = _("{count} new entries.").format(count=count)
    messages.success(reader.request, told, extra_tags="good")
    return redirect("unmatched" if done.new_entries else "bank")


def _account(each: bank_reading.Account) -> dict[str, Any]:
    unit = numbers.Unit(each.currency, 1)
    gap = _("After {after} with {closing}, the next statement opens on {before} with {opening}.")
    return {
        "entity": each.entity,
        "number": each.number,
        "currency": each.currency,
        "last_on": each.last_on,
        "closing": "" if each.closing_minor is None else unit.text(each.closing_minor),
        "statements": each.statements,
        "gaps": [
            gap.format(
                after=numbers.day_text(one.after_on),
                closing=unit.text(one.closing_minor),
                before=numbers.day_text(one.before_on),
                opening=unit.text(one.opening_minor),
            )
            for one in each.gaps
        ],
    }


def _statement(row: dict[str, Any]) -> dict[str, Any]:
    unit = numbers.Unit(row["currency"], 1)
    balances = {
        name: "" if row[f"{name}_minor"] is None else unit.text(row[f"{name}_minor"]) for name in ("opening", "closing")
    }
    return row | balances | {"told": [_problem(each) for each in row["problems"][:PROBLEMS_SHOWN]]}


def _problem(each: dict[str, Any]) -> str:
    said = _(PROBLEMS[each["code"]]).format(
        **{name: each.get(name, "") for name in ("text", "currency", "found", "stated")}
    )
    return said if each["line"] is None else _("Line {line}: {what}").format(line=each["line"], what=said)
