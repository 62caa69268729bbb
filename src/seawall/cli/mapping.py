"""``seawall mapping``: which mappings there are, whether one fits, and one proposed from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from seawall.cli.options import Output, asks, language, say
from seawall.engine.kernel.errors import FileRejected

app = typer.Typer(help="How exports of accounting systems become a ledger.")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The mapping's name.")]
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The file.")]
CheckedArgument = Annotated[str, typer.Argument(metavar="NAME|YAML", help="A mapping's name, or a YAML of yours.")]
AgainstArgument = Annotated[Path | None, typer.Argument(metavar="[FILE]", help="A file it should read.")]
CurrencyOption = Annotated[str, typer.Option("--currency", help="Where no column says the currency.")]


@app.callback()
def mapping() -> None:
    """How exports of accounting systems become a ledger."""


@app.command("list")
@asks
def list_(output: Output) -> None:
    """Every mapping: the company's own, where there is a store, and the shipped ones."""
    form = output.chosen("table", "json", "csv")
    found = [
        {"name": each.name, "title": each.title, "title_zh": each.title_zh, "is_verified": each.is_verified,
         "basis": each.basis, "version": each.version}
        for each in _known()
    ]  # fmt: skip
    output.show({"mappings": found}, _listed, form)


@app.command()
@asks
def show(output: Output, name: NameArgument) -> None:
    """The YAML of a mapping."""
    from seawall.exchange import mapping_reader

    if (actor := _actor_if_made()) is not None:
        from seawall.services import mappings

        return output.give(mappings.body(actor, name)[1])
    return output.give(mapping_reader.shipped_text(name))


@app.command()
@asks
def check(output: Output, mapping: CheckedArgument, file: AgainstArgument = None) -> None:
    """Whether a mapping can be used; with a FILE also how that reads by it. Exit code 3 if it cannot."""
    form = output.chosen("table", "json")
    found = _found(mapping)
    document: dict[str, Any] = {"mapping": found.id, "title": found.title, "basis": found.basis, "problem": None}
    if file is not None:
        document |= _read(found, file)
    output.show(document, _checked, form)
    if document.get("missing"):
        raise FileRejected(
            "{file} lacks columns that the mapping needs: {missing}.",
            file=str(file),
            missing=", ".join(document["missing"]),
        )


@app.command()
@asks
def guess(output: Output, file: FileArgument, currency: CurrencyOption = "") -> None:
    """Propose a mapping for a file, as YAML; what is doubtful is said on standard error."""
    from seawall.exchange import heads, sources
    from seawall.exchange.mapping_guess import DOUBTS
    from seawall.exchange.mapping_guess import guess as proposed

    made = proposed(heads.head(sources.read(sources.found([file], mapped=True)[0])), currency=currency)
    for code, params in made.doubts:
        say(language().say(DOUBTS[code], **params), file.name)
    output.give(made.text)


@app.command()
@asks
def save(output: Output, name: NameArgument, file: FileArgument) -> None:
    """Save a YAML under a name, as its next version; imports can then name it."""
    form = output.chosen("table", "json")
    from seawall.cli.acting import opened

    actor = opened()
    from seawall.services import mappings

    done = mappings.save(actor, name=name, text=file.read_text(encoding="utf-8"))
    output.show({**done.result, "batch_no": done.batch_no}, _saved, form)


@app.command()
@asks
def end(output: Output, name: NameArgument) -> None:
    """End one of the company's own mappings; it stays on record."""
    form = output.chosen("table", "json")
    from seawall.cli.acting import opened

    actor = opened()
    from seawall.services import mappings

    done = mappings.end(actor, name=name)
    output.show({**done.result, "batch_no": done.batch_no}, _saved, form)


def _actor_if_made() -> Any:
    """The store opened and who acts, where one was made; else None."""
    from seawall.cli.acting import opened
    from seawall.store.home import home

    return None if home().record is None else opened()


def _known() -> list[Any]:
    if (actor := _actor_if_made()) is not None:
        from seawall.services import mappings

        return mappings.listed(actor)
    from seawall.exchange import mapping_reader

    return [_Shipped(mapping_reader.load_mapping(name)) for name in mapping_reader.known_names()]


class _Shipped:
    """A shipped mapping as lists show it, where there is no store to ask."""

    version = 0

    def __init__(self, found: Any) -> None:
        self.name, self.title, self.title_zh = found.id, found.title, found.title_zh
        self.is_verified, self.basis = found.is_verified, found.basis


def _found(name: str) -> Any:
    from seawall.exchange import mapping_reader

    if Path(name).suffix.lower() in (".yaml", ".yml") or _actor_if_made() is None:
        return mapping_reader.load_mapping(name)
    from seawall.services import mappings

    return mappings.found(name)


def _read(found: Any, file: Path) -> dict[str, Any]:
    """How a file reads by a mapping: what is missing, rows taken and rows that cannot be."""
    import datetime as dt

    from seawall.exchange import heads, sources
    from seawall.exchange.intake import read_sources

    source = sources.read(file)
    fit = heads.fit(found, heads.head(source))
    if fit.missing:
        return {"missing": list(fit.missing), "rows": 0, "rejects": 0}
    day = dt.date(2000, 1, 1) if found.basis == "open_items" else None
    read = read_sources([source], mapping=found, list_date=day)
    return {"missing": [], "rows": read.tables.items.height, "rejects": read.rejects.height}


def _listed(found: dict[str, Any], words: Any) -> Any:
    from seawall.exchange.language import Scale
    from seawall.exchange.report_layout import Column, Layout, Table

    columns = (
        Column("name", words.say("Name")), Column("title", words.say("What it reads"), "words"),
        Column("layout", words.say("Layout")), Column("version", words.say("Version")),
    )  # fmt: skip
    rows = [
        (
            each["name"], each["title_zh"] or each["title"] if words.code == "zh" else each["title"],
            words.say("verified") if each["is_verified"] else words.say("layout unverified"),
            str(each["version"] or ""),
        )
        for each in found["mappings"]
    ]  # fmt: skip
    return Layout(
        "mappings", words.say("Mappings"), "", words, Scale(1, 2, ""),
        sections=(Table("mappings", words.say("Mappings"), columns, rows),),
    )  # fmt: skip


def _checked(found: dict[str, Any], words: Any) -> Any:
    from seawall.exchange.language import Scale
    from seawall.exchange.report_layout import Layout

    said = words.say("The mapping can be used.")
    facts: tuple[tuple[str, str], ...] = (
        (words.say("Name"), found["mapping"]), (words.say("What it reads"), found["title"]),
    )  # fmt: skip
    if "rows" in found:
        facts += ((words.say("Rows"), str(found["rows"])), (words.say("Not taken"), str(found["rejects"])))
    return Layout("mapping", words.say("Mapping"), "", words, Scale(1, 2, ""), facts, said)


def _saved(found: dict[str, Any], words: Any) -> Any:
    from seawall.exchange.language import Scale
    from seawall.exchange.report_layout import Layout

    facts = ((words.say("Name"), found["name"]), (words.say("Version"), str(found["version"])))
    return Layout("mapping", words.say("Mapping"), "", words, Scale(1, 2, ""), facts)
