"""A customer's statement of account: on the page, on paper, as PDF and as a spreadsheet."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from seawall.engine.kernel.errors import InputError
from seawall.exchange.language import Language
from seawall.exchange.report import rendered
from seawall.exchange.report_statement import statement
from seawall.services.statements import statement_document
from seawall.web import words
from seawall.web.ledger.acts import day_if_any
from seawall.web.reader import Reader, changed, page

TYPES = {
    "pdf": "application/pdf",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@page("ledger/statement.html", "customers")
def view(reader: Reader, code: str) -> dict[str, Any] | HttpResponse:
    """The statement from a day to the question's day; without a day, of its year."""
    since = day_if_any(reader.request.GET, "from") or reader.question.on.replace(month=1, day=1)
    document = statement_document(
        reader.detailed, code=code, since=since, scheme=reader.question.scheme, company=reader.about.name,
        is_demo=reader.about.is_demo,
    )  # fmt: skip
    asked = reader.request.GET.get("lang", "")
    speech = Language(asked) if asked in ("en", "zh") else words.language()
    form = reader.request.GET.get("export", "")
    if form:
        return _download(document, form, speech)
    layout = statement(document, speech)
    return {
        "layout": layout,
        "kept": list(reader.question.params().items()),
        "sections": [_table(layout, table) for table in layout.tables],
        "customer": document["customer"],
        "since": document["since"],
        "language": speech.code,
        "downloads": [(form.upper(), changed(reader, export=form)) for form in TYPES],
        "title": _("Statement of account"),
    }


def _download(document: dict[str, Any], form: str, speech: Language) -> HttpResponse:
    if form not in TYPES:
        raise InputError("There is no export as {text}.", hint="Choose one of: {known}.", text=form,
                         known=", ".join(TYPES))  # fmt: skip
    response = HttpResponse(rendered(document, statement, form, speech), content_type=TYPES[form])
    response["Content-Disposition"] = f'attachment; filename="seawall-statement-{document["as_of"]}.{form}"'
    return response


def _table(layout: Any, table: Any) -> dict[str, Any]:
    seen = table.without_empty_columns()
    rows = [
        [(layout.text(cell, column.kind), column.is_figure) for cell, column in zip(row, seen.columns, strict=True)]
        for row in (*seen.rows, *([seen.total] if seen.total else []))
    ]
    return {
        "title": table.title,
        "columns": [(column.title, column.is_figure) for column in seen.columns],
        "rows": rows[:-1] if seen.total else rows,
        "total": rows[-1] if seen.total else [],
        "empty": table.empty,
    }
