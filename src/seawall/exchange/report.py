"""One report, every format: a published document in, a table, JSON, CSV, XLSX, HTML or PDF out."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

from seawall.engine.kernel.errors import UsageError
from seawall.exchange.language import Language

FORMATS = ("table", "json", "csv", "parquet", "xlsx", "html", "pdf")


def rendered(
    document: Mapping[str, Any], layout_of: Callable[[Mapping[str, Any], Language], Any], form: str, language: Language
) -> str | bytes:
    """The document in a format: text for a terminal, else bytes.

    ``layout_of`` lays it out for people; JSON and CSV are for machines and the same in every language.

    Raises:
        UsageError: no such format.
    """
    if form == "json":
        return as_json(document)
    if form not in FORMATS:
        raise UsageError(
            "There is no format {format} here.",
            hint="Choose one of: {allowed}.",
            format=form,
            allowed=", ".join(FORMATS),
        )
    layout = layout_of(document, replace(language, says_codes=form in ("csv", "parquet")))
    if form == "csv":
        return as_csv(layout).encode()
    if form == "parquet":
        return as_parquet(layout)
    return _for_people(document, layout, form)


def _for_people(document: Mapping[str, Any], layout: Any, form: str) -> str | bytes:
    """Each renderer is read only where it is asked for."""
    module = import_module(f"seawall.exchange.report_{form}")
    if form == "pdf":
        set_: bytes = module.rendered(layout, drawn_on=dt.date.fromisoformat(document["as_of"]))
        return set_
    made: str | bytes = module.rendered(layout)
    return made.encode() if form == "html" and isinstance(made, str) else made


def as_json(document: Mapping[str, Any]) -> bytes:
    """The published shape: a line for each key, and for each row of a list, so that people can read it too."""
    parts = [f"{_dumps(key)}: {_listed(value)}" for key, value in document.items()]
    return ("{\n" + ",\n".join(parts) + "\n}\n").encode()


def _listed(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(map(_dumps, value)) + "\n]"
    return _dumps(value)


# The encoder in C serves only where nothing is indented.
_dumps = json.JSONEncoder(ensure_ascii=False).encode


def as_csv(layout: Any) -> str:
    """The document's one table by its stable column names; of several, every cell as a row of its own."""
    from seawall.exchange.safe_cells import csv_text  # noqa: PLC0415

    main = main_table(layout)
    if main is not None:
        return csv_text([column.key for column in main.columns], main.rows)
    cells = (
        (table.name, number, column.key, value)
        for table in layout.tables
        for number, row in enumerate(table.rows, start=1)
        for value, column in zip(row, table.columns, strict=True)
    )
    return csv_text(["table", "row", "column", "value"], cells)


def as_parquet(layout: Any) -> bytes:
    """The document's one table by its stable column names, amounts as decimals.

    Raises:
        UsageError: the document is more than one table.
    """
    import io  # noqa: PLC0415

    import polars as pl  # noqa: PLC0415

    table = main_table(layout)
    if table is None:
        raise UsageError("This is more than one table.", hint="Choose xlsx or json.", code="several_tables")
    columns = list(zip(*table.rows, strict=True)) or [()] * len(table.columns)
    stream = io.BytesIO()
    frame = pl.DataFrame([pl.Series(one.key, values) for one, values in zip(table.columns, columns, strict=True)])
    frame.write_parquet(stream, compression="zstd")
    return stream.getvalue()


def main_table(layout: Any) -> Any:
    """The table the document is named after; None where it is a report of several."""
    return next((table for table in layout.tables if table.name == layout.name), None)
