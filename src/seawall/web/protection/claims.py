"""Claims: those on file, and what claims would come to if customers failed, with what is asked beyond that."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from seawall.engine.kernel.errors import PolicyError, SeawallError
from seawall.engine.protection.terms import CAUSES
from seawall.exchange import report_cover, report_insured
from seawall.exchange.report_layout import Table
from seawall.services import access, insured, protection
from seawall.services.insurance import Document
from seawall.web import forms, numbers, words
from seawall.web.ledger.acts import day_if_any
from seawall.web.paging import exported, exports
from seawall.web.protection import claim_list
from seawall.web.protection.cover import insured_page, said, shown_table
from seawall.web.protection.limit_acts import names_of
from seawall.web.reader import Reader

FIRST: Final = ("customer", "cause", "lost_on", "policy")
FURTHER: Final = ("order", "set", "won", "recovered", "costs")
"""What the form asks, and what stands in its folded part."""

ORDERS: Final = {"": noop("those named above"), "debt": noop("everybody, the largest debt first"),
                 "code": noop("everybody, by code")}  # fmt: skip
LONGEST: Final = 2000
IN_FULL: Final = 5
"""Claims that are shown line by line where several are asked for; each has its row in the list."""

_BETWEEN: Final = re.compile(r"[,，;；、\r\n]+")


@insured_page("protection/claims.html", "claims")
def claims(reader: Reader) -> dict[str, Any] | HttpResponse:
    """Claims on file, and what claims would come to: for customers, a cause and a day of loss."""
    given = {name: reader.request.GET.get(name, "").strip()[:LONGEST] for name in FIRST + FURTHER}
    names = names_of(reader)
    answer: dict[str, Any] = {
        "title": _("Claims"),
        "words": _("What the insurer would pay, line by line, and what it has paid."),
        "given": {"cause": "insolvency", "lost_on": reader.question.on.isoformat()}
        | {k: v for k, v in given.items() if v},
        "causes": [(code, _(report_insured.CAUSES[code])) for code in CAUSES],
        "orders": [(code, _(words_)) for code, words_ in ORDERS.items()],
        "is_further": any(given[name] for name in FURTHER),
        "kept": list(reader.question.params().items()),
        "claims": claim_list.rows(reader),
        "recoveries": [
            _recovery_row(reader, row, names) for row in insured.facts_of(reader.actor, "claim_recoveries").to_dicts()
        ],
        "may_record": reader.actor.may(access.CLAIM_RECORD),
        "begin": claim_list.open_address(reader),
    }
    if not given["customer"] and not given["order"]:
        return answer
    try:
        document = _worked_out(reader, given, names)
    except SeawallError as error:
        field = _field(error, given)
        if not field:
            raise
        return answer | {"faults": {field: forms.told(error)}}
    return _shown(reader, given, document, answer)


def _worked_out(reader: Reader, given: Mapping[str, str], names: Mapping[str, str]) -> Document:
    text = given["customer"]
    customers = [text] if text in names else _parts(text)
    return protection.claim(
        reader.detailed, customers=[] if given["order"] else customers, order=given["order"] or None,
        cause=given["cause"] or "insolvency", lost_on=day_if_any(given, "lost_on") or reader.question.on,
        policy=given["policy"] or None, won=_parts(given["won"]), recovered=given["recovered"] or None,
        costs=given["costs"] or "0", settings=[line.strip() for line in given["set"].splitlines() if line.strip()],
    )  # fmt: skip


def _parts(text: str) -> list[str]:
    return [part.strip() for part in _BETWEEN.split(text) if part.strip()]


def _field(error: SeawallError, given: Mapping[str, str]) -> str:
    """Which of the further questions an error is about; empty where it is about none."""
    if given["set"] and ("setting" in error.params or isinstance(error, PolicyError)):
        return "set"
    if given["won"] and "number" in error.params:
        return "won"
    text = error.params.get("text")
    return next((name for name in ("recovered", "costs") if given[name] and given[name] == text), "")


def _shown(
    reader: Reader, given: Mapping[str, str], document: Document, answer: dict[str, Any]
) -> dict[str, Any] | HttpResponse:
    """The answer with its tables: of one claim each line, of several their list and the lines of the first."""
    language, others = words.language(), document.get("further", [])
    layout = report_cover.claim(document, language, in_full=IN_FULL)
    tables = [said(each) for each in layout.sections if isinstance(each, Table)]
    if "export" in reader.request.GET:
        return exported(reader, tables[0], layout.title, *tables[1:])
    shown = [shown_table(reader, table) | {"note": table.note} for table in tables]
    answer |= {"tables": shown, "exports": exports(reader)}
    if len({each["customer_code"] for each in (document, *others)}) == 1:
        first = {name: given[name] for name in FIRST} | {"customer": document["customer_code"]}
        answer |= {"files": _claim_files(reader, document), "begin": claim_list.open_address(reader, **first)}
        if not given["set"]:  # the trace is of the terms as they are
            answer["why"] = claim_list.why_address(reader, **first)
    return answer


def _claim_files(reader: Reader, document: Document) -> list[tuple[str, str]]:
    """Of each policy of a claim that was worked out, where its file is, on a day that is not before the loss."""
    on = max(reader.question.on.isoformat(), document["date_of_loss"])
    asked = reader.question.params() | {
        "as_of": on, "customer": document["customer_code"], "cause": document["cause"],
        "lost_on": document["date_of_loss"],
    }  # fmt: skip
    policies = dict.fromkeys(each["policy"] for each in (document, *document.get("further", ())))
    return [(policy, f"{reverse('claim_file')}?{urlencode(asked | {'policy': policy})}") for policy in policies]


def _recovery_row(reader: Reader, row: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": names.get(row["customer_code"]) or "",
        **{name: row[name] for name in ("customer_code", "policy", "date_of_loss", "received_on", "currency")},
        "by": _(report_insured.RECEIVERS[row["received_by"]]),
        "amount": numbers.Unit(row["currency"], 1).text(row["amount_minor"]),
        "costs": numbers.Unit(row["currency"], 1).text(row["costs_minor"]),
        "address": reverse("insured", args=[row["customer_code"]]) + reader.question.carried(),
    }
