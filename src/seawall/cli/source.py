"""``seawall source``: where files come from by themselves - add, change, list, test, run, pause and remove them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from seawall.cli.options import Output, asks, language, say
from seawall.engine.kernel.errors import SeawallError, UsageError

app = typer.Typer(help="Where files come from by themselves.", no_args_is_help=True)

SECRET = "SEAWALL_SOURCE_SECRET"  # noqa: S105 - the name of the variable, not what is in it
NumberArgument = Annotated[int, typer.Argument(metavar="SOURCE", help="The source's number, as `source list` says.")]
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="What people call it.")]
KindOption = Annotated[str, typer.Option("--kind", help="folder, sftp, https, odoo, erpnext, or a connector of yours.")]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="What its kind must be told.")
]
SecretOption = Annotated[Path | None, typer.Option("--secret-file", help="File with the secret; - is standard input.")]
EntityOption = Annotated[str, typer.Option("--entity", help="Whose facts it may bring; else every entity's.")]
BringsOption = Annotated[str, typer.Option("--brings", help="ledger or bank.")]
MappingOption = Annotated[str, typer.Option("--mapping", help="A mapping's name, canonical, or nothing to find out.")]
RejectsOption = Annotated[bool, typer.Option("--accept-rejects", help="Import the good rows, keep the bad on file.")]
CorrectOption = Annotated[bool, typer.Option("--apply-corrections", help="Take changed rows as new versions.")]
EveryOption = Annotated[int, typer.Option("--every", metavar="MINUTES", help="0, 5, 15, 60 or 1440.")]
RemovedOption = Annotated[bool, typer.Option("--removed", help="Those too that were removed.")]
LangOption = Annotated[str | None, typer.Option("--lang", help="Language of the answer: en or zh.")]


@app.callback()
def source() -> None:
    """Where files come from by themselves."""


@app.command("list")
@asks
def list_(output: Output, removed: RemovedOption = False) -> None:
    """The sources and how they stand."""
    form = output.chosen("table", "json")
    service, actor = _opened()
    rows = [_plain(each) for each in service.listed(actor, with_removed=removed)]
    output.show({"sources": rows}, _layout, form)


@app.command()
@asks
def add(  # noqa: PLR0917 - typer names every option
    name: NameArgument,
    kind: KindOption,
    set_: SetOption = None,
    secret_file: SecretOption = None,
    entity: EntityOption = "",
    brings: BringsOption = "ledger",
    mapping: MappingOption = "",
    accept_rejects: RejectsOption = False,
    apply_corrections: CorrectOption = False,
    every: EveryOption = 0,
    lang: LangOption = None,  # noqa: ARG001 - read by @asks
) -> None:
    """Add a source. Its secret comes from --secret-file or the variable SEAWALL_SOURCE_SECRET and is kept sealed."""
    told, secret = _told(set_ or []), _secret(secret_file)
    service, actor = _opened()
    source_id = service.add(
        actor,
        service.Given(
            name=name, kind=kind, told=told, secret=secret, entity=entity, brings=brings, mapping=mapping,
            accept_rejects=accept_rejects, apply_corrections=apply_corrections, every_minutes=every,
        ),
    )  # fmt: skip
    typer.echo(str(source_id))
    say(language().say("The source {source} is added. Test it before you rely on it.", source=source_id))


@app.command()
@asks
def change(  # noqa: PLR0917 - typer names every option
    number: NumberArgument,
    name: Annotated[str | None, typer.Option("--name", help="What people call it.")] = None,
    set_: SetOption = None,
    secret_file: SecretOption = None,
    entity: Annotated[str | None, typer.Option("--entity", help="Whose facts it may bring; '' is every one's.")] = None,
    brings: Annotated[str | None, typer.Option("--brings", help="ledger or bank.")] = None,
    mapping: Annotated[str | None, typer.Option("--mapping", help="A mapping's name; '' is to find out.")] = None,
    accept_rejects: Annotated[bool | None, typer.Option(help="Import the good rows, keep the bad on file.")] = None,
    apply_corrections: Annotated[bool | None, typer.Option(help="Take changed rows as new versions.")] = None,
    every: Annotated[int | None, typer.Option("--every", metavar="MINUTES", help="0, 5, 15, 60 or 1440.")] = None,
    lang: LangOption = None,  # noqa: ARG001 - read by @asks
) -> None:
    """Change what is named of a source; a secret that is not given stays, but for another address it must be given."""
    told, secret = _told(set_ or []), _secret(secret_file)
    given = {
        "name": name, "told": told or None, "secret": secret or None, "entity": entity, "brings": brings,
        "mapping": mapping, "accept_rejects": accept_rejects, "apply_corrections": apply_corrections,
        "every_minutes": every,
    }  # fmt: skip
    _service, actor = _opened()
    from seawall.services import source_changes

    changes = {name: value for name, value in given.items() if value is not None}
    if source_changes.change(actor, source_id=number, changes=changes):
        say(language().say("The source {source} is changed. Test it before you rely on it.", source=number))
    else:
        say(language().say("Nothing was changed."))


@app.command()
@asks
def test(number: NumberArgument, output: Output) -> None:
    """Look what a source has, without taking anything."""
    form = output.chosen("table", "json")
    service, actor = _opened()
    found = service.try_it(actor, source_id=number)
    output.show({"count": found.count, "names": found.names}, _tried, form)


@app.command()
@asks
def run(number: NumberArgument, lang: LangOption = None) -> None:  # noqa: ARG001
    """Look into a source now, here, and take what is new; exit code 3 where a file was not taken."""
    service, actor = _opened()
    from seawall.services import jobs, jobs_work, source_intake

    service.found(actor, number)
    job_id = source_intake.run(actor, source_id=number)
    state = jobs_work.carry_out(job_id, process="", kind_of=jobs.kind_of, again=jobs.wake)
    if not state:
        say(language().say("The worker has begun it already: see `seawall jobs log {job}`.", job=job_id))
        return
    for line in jobs.log(actor, job_id=job_id):
        say(language().say(line.template, **line.params))
    job = jobs.shown(actor, job_id=job_id)
    if state != "done" and job.problem:
        said = job.problem
        raise _failure(said["code"])(said["template"], hint=said["hint"], code=said["code"], **said["params"])


@app.command()
@asks
def files(number: NumberArgument, output: Output) -> None:
    """The files a source gave, and what became of each."""
    form = output.chosen("table", "json")
    service, actor = _opened()
    names = ("name", "outcome", "import_no", "bytes", "sha256")
    found = service.files(actor, source_id=number)
    rows = [
        {name: getattr(each, name) for name in names}
        | {"problem": language().say(each.template, **each.params) if each.template else "",
           "recorded_at": each.recorded_at.isoformat(), "rejects": each.rejects}
        for each in found
    ]  # fmt: skip
    output.show({"files": rows}, _files, form)


@app.command()
@asks
def pause(number: NumberArgument, lang: LangOption = None) -> None:  # noqa: ARG001
    """Stop looking into a source by schedule."""
    service, actor = _opened()
    service.pause(actor, source_id=number, is_paused=True)
    say(language().say("The source {source} is paused.", source=number))


@app.command()
@asks
def resume(number: NumberArgument, lang: LangOption = None) -> None:  # noqa: ARG001
    """Go on looking into a source."""
    service, actor = _opened()
    service.pause(actor, source_id=number, is_paused=False)
    say(language().say("The source {source} is looked into again.", source=number))


@app.command()
@asks
def remove(number: NumberArgument, lang: LangOption = None) -> None:  # noqa: ARG001
    """Look into a source no more and forget its secret; what it gave stays."""
    service, actor = _opened()
    service.remove(actor, source_id=number)
    say(language().say("The source {source} is removed; what it gave stays.", source=number))


@app.command("host-key")
@asks
def host_key(
    host: Annotated[str, typer.Argument(metavar="HOST", help="The SFTP server.")],
    port: Annotated[int, typer.Option("--port", help="Its port.")] = 22,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Print the key an SFTP server shows; compare it with what its keeper says before it goes into a source."""
    service, actor = _opened()
    typer.echo(service.host_key(actor, host=host, port=port))


def _opened() -> tuple[Any, Any]:
    from seawall.cli.acting import opened

    actor = opened()
    from seawall.services import sources

    return sources, actor


def _failure(code: str) -> type[SeawallError]:
    """The kind of error a job that was done here ended with, for the exit code."""
    from seawall.engine.kernel.errors import InputError, OutsideError, Refused

    if code == "source_refused":
        return InputError
    return OutsideError if code == "outside" else Refused


def _told(given: list[str]) -> dict[str, str]:
    told = {}
    for each in given:
        name, sign, value = each.partition("=")
        if not sign:
            raise UsageError("{text} is not FIELD=VALUE.", text=each[:60])
        told[name] = Path(value[1:]).read_text(encoding="utf-8") if value.startswith("@") else value
    return told


def _secret(path: Path | None) -> str:
    if path is None:
        return os.environ.get(SECRET, "")
    text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    return text if "PRIVATE KEY" in text else text.strip()


def _plain(each: Any) -> dict[str, Any]:
    names = ("source_id", "name", "kind", "brings", "entity", "told", "has_secret", "mapping", "accept_rejects",
             "apply_corrections", "every_minutes", "state")  # fmt: skip
    return {name: getattr(each, name) for name in names}


def _layout(found: dict[str, Any], words: Any) -> Any:
    from seawall.exchange.report_layout import Column
    from seawall.services.sources import BRINGS, STATES

    columns = (
        Column("source_id", words.say("Source")), Column("name", words.say("Name")), Column("kind", words.say("Kind")),
        Column("brings", words.say("Brings")), Column("entity", words.say("Entity")),
        Column("state", words.say("State")),
    )  # fmt: skip
    rows = [
        (
            str(row["source_id"]), row["name"], row["kind"], words.say(BRINGS[row["brings"]]),
            row["entity"] or words.say("all"), words.say(STATES[row["state"]]),
        )
        for row in found["sources"]
    ]  # fmt: skip
    return _table("sources", words.say("Sources"), columns, rows, words)


def _tried(found: dict[str, Any], words: Any) -> Any:
    from seawall.exchange.report_layout import Column

    columns = (Column("name", words.say("File")),)
    rows = [(name,) for name in found["names"]]
    return _table("source", words.say("It answers and lets us in."), columns, rows, words)


def _files(found: dict[str, Any], words: Any) -> Any:
    from seawall.exchange.report_layout import Column
    from seawall.services.sources import OUTCOMES

    columns = (
        Column("name", words.say("File")), Column("result", words.say("Result")),
        Column("import_no", words.say("Import")), Column("problem", words.say("Problem")),
        Column("sha256", "SHA-256"),
    )  # fmt: skip
    rows = [
        (
            row["name"], words.say(OUTCOMES[row["outcome"]]), str(row["import_no"] or ""), row["problem"],
            row["sha256"][:12],
        )
        for row in found["files"]
    ]  # fmt: skip
    return _table("source_files", words.say("Files it gave"), columns, rows, words)


def _table(name: str, title: str, columns: Any, rows: Any, words: Any) -> Any:
    from seawall.exchange.language import Scale
    from seawall.exchange.report_layout import Layout, Table

    return Layout(name, title, "", words, Scale(1, 2, ""), sections=(Table(name, title, columns, rows),))
