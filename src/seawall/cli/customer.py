"""``seawall customer``: notes, tasks, documents, a rest from chasing, other words, merged and split, the timeline."""

# ruff: noqa: PLR0917 - typer names every option
from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from seawall.cli import desk
from seawall.cli.desk import (
    About,
    Customer,
    DryRunOption,
    KeyOption,
    LangOption,
    OnOption,
    ReasonOption,
    Text,
)
from seawall.cli.options import Output, asks, day_of, language, say, today

app = typer.Typer(help="What people know of a customer and do about it.", no_args_is_help=True)

UntilOption = Annotated[str | None, typer.Option("--until", metavar="DATE", help="The day it ends.")]
WhoOption = Annotated[str, typer.Option("--who", help="Sign-in name of who is to do it.")]
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="The file to keep.")]
KindOption = Annotated[str, typer.Option("--kind", help="Only this kind, such as note or dispute.")]
SetOption = Annotated[list[str], typer.Option("--set", metavar="FIELD=VALUE", help="A field and what it shall be.")]
IntoOption = Annotated[str, typer.Option("--into", help="Code of the customer it is.", show_default=False)]
DayOption = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="Nothing of the ledger after it.")]
DisputeOption = Annotated[int | None, typer.Option("--dispute", help="Number of the item's dispute it belongs to.")]
TaskOption = Annotated[int | None, typer.Option("--task", help="Number of the task it belongs to.")]
ToOption = Annotated[Path, typer.Option("--to", metavar="FILE", help="Where to write it.", show_default=False)]
DocumentArgument = Annotated[int, typer.Argument(metavar="DOCUMENT", help="The document's number.")]
TaskArgument = Annotated[int, typer.Argument(metavar="TASK", help="The task's number.")]


@app.callback()
def customer() -> None:
    """What people know of a customer and do about it."""


@app.command()
@asks
def note(
    about: About,
    text: Text,
    key: KeyOption = "",
    dry_run: DryRunOption = False,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Write a note on a customer or an item."""
    actor = desk.opened()
    from seawall.services import remarks

    number = remarks.add_note(actor, desk.named(actor, about), text=text, key=key, dry_run=dry_run)
    say(language().say("Note {number} is kept.", number=number))


@app.command()
@asks
def task(
    about: About, text: Text, until: UntilOption = None, who: WhoOption = "", key: KeyOption = "",
    lang: LangOption = None,  # noqa: ARG001
) -> None:  # fmt: skip
    """Give somebody something to do by a day."""
    actor = desk.opened()
    from seawall.services import remarks

    subject = desk.named(actor, about)
    number = remarks.add_task(actor, subject, title=text, due_on=day_of(until), assignee=who, key=key)
    say(language().say("Task {number} is given.", number=number))


@app.command()
@asks
def tasks(output: Output) -> None:
    """Open tasks, soonest due first."""
    form = output.chosen("table", "json", "csv", "xlsx")
    actor = desk.opened()
    from seawall.exchange.report_desk import tasks as layout
    from seawall.services import remarks

    rows = [
        {
            "task": one.number, "due_on": one.due_on.isoformat(), "title": one.title, "assignee": one.assignee,
            "author": one.author, "version": one.version,
        }
        for one in remarks.tasks(actor, open_only=True)
    ]  # fmt: skip
    output.show({"tasks": rows}, layout, form)


@app.command()
@asks
def finish(task: TaskArgument, key: KeyOption = "", lang: LangOption = None) -> None:  # noqa: ARG001
    """Mark a task done."""
    actor = desk.opened()
    from seawall.services import remarks

    version = next((one.version for one in remarks.tasks(actor) if one.number == task), 0)
    remarks.change_task(actor, task, version=version, is_done=True, key=key)
    say(language().say("Task {number} is done.", number=task))


@app.command()
@asks
def document(
    about: About, file: FileArgument, dispute: DisputeOption = None, task: TaskOption = None, key: KeyOption = "",
    lang: LangOption = None,  # noqa: ARG001
) -> None:  # fmt: skip
    """Keep a file with a customer or an item, with a dispute of the item, or with a task of theirs."""
    actor = desk.opened()
    from seawall.services import attachments

    number = attachments.keep(
        actor, desk.named(actor, about), name=file.name, content=file.read_bytes(), dispute=dispute, task=task, key=key
    )
    say(language().say("Document {number} is kept.", number=number))


@app.command()
@asks
def documents(about: About, output: Output) -> None:
    """Files kept with a customer or an item, those of its disputes and tasks with them, newest first."""
    form = output.chosen("table", "json", "csv", "xlsx")
    actor = desk.opened()
    from seawall.exchange.report_desk import documents as layout
    from seawall.services import remarks, subjects

    subject: Any = desk.named(actor, about)
    is_item = isinstance(subject, subjects.Subject)
    of = {"document_id": subject.document_id} if is_item else {"customers": subject.family}
    rows = [
        {
            "document": one.pk, "name": one.name, "about": one.about, "about_no": one.about_no, "bytes": one.bytes,
            "author": one.author, "sha256": one.sha256,
        }
        for one in remarks.documents(actor, **of)
    ]  # fmt: skip
    output.show({"documents": rows}, layout, form)


@app.command()
@asks
def fetch(document: DocumentArgument, to: ToOption, lang: LangOption = None) -> None:  # noqa: ARG001
    """Write a kept file out."""
    actor = desk.opened()
    from seawall.services import remarks

    name, content = remarks.document(actor, document)
    with to.open("xb") as file:
        file.write(content)
    say(language().say("{name} is written to {file}.", name=name, file=str(to)))


@app.command()
@asks
def pause(
    customer: Customer, reason: ReasonOption, until: UntilOption = None, key: KeyOption = "",
    lang: LangOption = None,  # noqa: ARG001
) -> None:  # fmt: skip
    """Let chasing rest until a day; without a day it goes on."""
    actor = desk.opened()
    from seawall.services import remarks

    end = day_of(until) if until else None
    remarks.pause(actor, desk.named(actor, customer), until_on=end, reason=reason, today=today(), key=key)
    said = language().say("Chasing rests until {until_on}", until_on=language().day(end)) if end else ""
    say(said or language().say("Chasing goes on."))


@app.command()
@asks
def change(
    customer: Customer, set_: SetOption, reason: Annotated[str, typer.Option("--reason")] = "",
    key: KeyOption = "", dry_run: DryRunOption = False, lang: LangOption = None,  # noqa: ARG001
) -> None:  # fmt: skip
    """Say something else about a customer; an empty value takes a field away."""
    actor = desk.opened()
    from seawall.services import customers

    found = desk.named(actor, customer)
    fields = {name: value for name, _is, value in (one.partition("=") for one in set_)}
    version = customers.described(found).version
    made = customers.change(actor, found, fields, version=version, reason=reason, key=key, dry_run=dry_run)
    desk.done(made.batch_no, is_dry_run=dry_run)


@app.command()
@asks
def merge(
    customer: Customer, into: IntoOption, reason: ReasonOption, on: OnOption = None, key: KeyOption = "",
    dry_run: DryRunOption = False, lang: LangOption = None,  # noqa: ARG001
) -> None:  # fmt: skip
    """Say that two codes are one customer."""
    actor = desk.opened()
    from seawall.services import merging

    made = merging.merge(actor, customer, into, on=day_of(on), reason=reason, key=key, dry_run=dry_run)
    desk.done(made.batch_no, is_dry_run=dry_run)


@app.command()
@asks
def split(
    customer: Customer, reason: ReasonOption, key: KeyOption = "", dry_run: DryRunOption = False,
    lang: LangOption = None,  # noqa: ARG001
) -> None:  # fmt: skip
    """Take a merge back."""
    actor = desk.opened()
    from seawall.services import merging

    made = merging.split(actor, customer, reason=reason, key=key, dry_run=dry_run)
    desk.done(made.batch_no, is_dry_run=dry_run)


@app.command()
@asks
def timeline(
    about: About,
    output: Output,
    kind: KindOption = "",
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="Nothing of the ledger after it.")
    ] = None,
) -> None:
    """Everything that happened to a customer or an item, newest first."""
    form = output.chosen("table", "json", "csv", "xlsx")
    actor = desk.opened()
    from seawall.exchange.report_desk import timeline as layout
    from seawall.services import timeline as service
    from seawall.services.customer_files import customer_file
    from seawall.services.subjects import Subject

    subject: Any = desk.named(actor, about)
    code = subject.customer.code if isinstance(subject, Subject) else subject.code
    file = customer_file(desk.reading(actor, day_of(as_of)), code=code)
    made = service.of_item if isinstance(subject, Subject) else service.of_customer
    output.show({"events": [event.as_json() for event in made(actor, subject, file, kind=kind)]}, layout, form)
