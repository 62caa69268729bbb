"""A table is a Polars frame whose columns, types and limits are declared and checked at the border."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from seawall.engine.kernel.errors import Broken


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its Polars type, whether it may be empty, and one line on what it holds."""

    dtype: pl.DataType | type[pl.DataType]
    about: str = ""
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A named set of columns with a key. Extra columns are let through untouched."""

    name: str
    columns: dict[str, Column]
    key: tuple[str, ...] = ()
    _schema: dict[str, pl.DataType | type[pl.DataType]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_schema", {name: column.dtype for name, column in self.columns.items()})

    @property
    def schema(self) -> dict[str, pl.DataType | type[pl.DataType]]:
        """Column name to Polars type, in order."""
        return self._schema

    def empty(self) -> pl.DataFrame:
        """The table with no rows."""
        return pl.DataFrame(schema=self.schema)

    def frame(self, rows: list[dict[str, object]]) -> pl.DataFrame:
        """The table with these rows; columns a row does not name are empty.

        Raises:
            Broken: a required column is empty, or the key repeats.
        """
        whole = [{name: row.get(name) for name in self.columns} for row in rows]
        return self.check(pl.DataFrame(whole, schema=self.schema, orient="row"))

    def check(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The frame itself, once its columns, types, empties and key are what was declared.

        Raises:
            Broken: they are not.
        """
        for name, column in self.columns.items():
            if name not in frame.columns:
                raise Broken("Table {table} lacks the column {column}.", table=self.name, column=name)
            if frame.schema[name] != column.dtype:
                raise Broken(
                    "Table {table}: {column} is {found}, not {wanted}.",
                    table=self.name, column=name, found=str(frame.schema[name]), wanted=str(column.dtype),
                )  # fmt: skip
            if not column.nullable and frame[name].null_count():
                raise Broken("Table {table}: {column} is empty in some rows.", table=self.name, column=name)
        if self.key and frame.height and frame.select(self.key).is_duplicated().any():
            raise Broken("Table {table}: its key repeats.", table=self.name)
        return frame
