"""``seawall insurer``: connections, what is said to insurers and how far it came, what they said, both compared."""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from seawall.cli.options import Output, asks, language, say
from seawall.engine.kernel.errors import UsageError

app = typer.Typer(help="Insurers' systems: what is said to them, and what they say.", no_args_is_help=True)

SECRET = "SEAWALL_INSURER_SECRET"  # noqa: S105 - the name of the variable, not what is in it
NumberArgument = Annotated[int, typer.Argument(metavar="INSURER", help="Its number, as `insurer list` says.")]
MessageArgument = Annotated[int, typer.Argument(metavar="MESSAGE", help="The message's number.")]
EventArgument = Annotated[int, typer.Argument(metavar="WORD", help="The number, as `insurer said` says.")]
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="What people call it.")]
KindOption = Annotated[str, typer.Option("--kind", help="file, neutral, allianz, atradius or coface.")]
PolicyOption = Annotated[str, typer.Option("--policy", help="The policy's number.", show_default=False)]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="What its kind must be told.")
]
SecretOption = Annotated[Path | None, typer.Option("--secret-file", help="File with the secret; - is standard input.")]
EntityOption = Annotated[str, typer.Option("--entity", help="Whose policy it is; else every entity's.")]
CustomerOption = Annotated[str, typer.Option("--customer", help="The customer's code.")]
StateOption = Annotated[str, typer.Option("--state", help="Only those in this state.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=1000, help="As many of the newest.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why.", show_default=False)]
FieldArgument = Annotated[list[str] | None, typer.Argument(metavar="FIELD=VALUE...", help="The message's fields.")]
JsonOption = Annotated[Path | None, typer.Option("--json", help="File with all fields; - is standard input.")]
LangOption = Annotated[str | None, typer.Option("--lang", help="Language of the words: en or zh.")]


@app.callback()
def insurer() -> None:
    """Insurers' systems: what is said to them, and what they say."""


@app.command("list")
@asks
def listed(output: Output) -> None:
    """All connections and how they stand."""
    form = output.chosen("table", "json")
    service, actor = _opened()
    output.show({"insurers": [row.as_json() for row in service.listed(actor)]}, _connections, form)


@app.command()
@asks
def add(
    *,
    name: NameArgument, policy: PolicyOption, kind: KindOption = "file", told: SetOption = None,
    secret_file: SecretOption = None, entity: EntityOption = "", lang: LangOption = None,  # noqa: ARG001
) -> None:  # fmt: skip
    """Connect an insurer; prints its number. The secret comes from a file or SEAWALL_INSURER_SECRET."""
    service, actor = _opened()
    given = service.Given(name, kind, policy, _pairs(told or []), _secret(secret_file), entity)
    number = service.add(actor, given)
    typer.echo(number)
    say(language().say("The connection is added. Test it before you rely on it."))


@app.command()
@asks
def test(number: NumberArgument, lang: LangOption = None) -> None:  # noqa: ARG001, PT028
    """See whether the insurer lets us in; nothing is said."""
    service, actor = _opened()
    service.try_it(actor, connection_id=number, at=_now())
    say(language().say("It answers and lets us in."))


@app.command()
@asks
def pause(number: NumberArgument, lang: LangOption = None) -> None:  # noqa: ARG001
    """Send and ask nothing for now."""
    service, actor = _opened()
    service.pause(actor, connection_id=number, is_paused=True)
    say(language().say("The connection is paused."))


@app.command()
@asks
def resume(number: NumberArgument, lang: LangOption = None) -> None:  # noqa: ARG001
    """Go on, with what has waited first."""
    service, actor = _opened()
    service.pause(actor, connection_id=number, is_paused=False)
    say(language().say("The connection is on again."))


@app.command()
@asks
def remove(number: NumberArgument, lang: LangOption = None) -> None:  # noqa: ARG001
    """End a connection and forget its secrets; what was said stays."""
    service, actor = _opened()
    service.remove(actor, connection_id=number)
    say(language().say("The connection is removed; what was said stays."))


@app.command()
@asks
def secret(number: NumberArgument, secret_file: SecretOption = None, lang: LangOption = None) -> None:  # noqa: ARG001
    """Put another secret in the place of a connection's."""
    service, actor = _opened()
    service.new_secret(actor, connection_id=number, secret=_secret(secret_file))
    say(language().say("The secret is changed."))


@app.command()
@asks
def subscribe(
    number: NumberArgument, url: Annotated[str, typer.Argument(metavar="ADDRESS", help="https://…/insurers/N/events/")],
    lang: LangOption = None,  # noqa: ARG001
) -> None:  # fmt: skip
    """Have the insurer tell an address of ours what happens."""
    service, actor = _opened()
    service.subscribe(actor, connection_id=number, url=url, at=_now())
    say(language().say("The insurer tells {address} what happens.", address=url))


@app.command()
@asks
def find(number: NumberArgument, customer: CustomerOption, output: Output) -> None:
    """The insurer's companies that may be a customer."""
    form = output.chosen("table", "json")
    service, actor = _opened()
    found = service.candidates(actor, connection_id=number, customer_code=customer, at=_now())
    names = ("company_ref", "name", "country", "registration_id")
    output.show({"companies": [{name: getattr(each, name) for name in names} for each in found]}, _companies, form)


@app.command()
@asks
def link(
    number: NumberArgument, customer: CustomerOption,
    company: Annotated[str, typer.Option("--company", help="Its number at the insurer.", show_default=False)],
    lang: LangOption = None,  # noqa: ARG001
) -> None:  # fmt: skip
    """Say which of the insurer's companies a customer is."""
    service, actor = _opened()
    taken = service.link(actor, connection_id=number, customer_code=customer, company_ref=company)
    say(language().say("The customer is linked. Decisions that waited for it: {count}.", count=taken))


@app.command("say")
@asks
def tell(
    *,
    number: NumberArgument, kind: Annotated[str, typer.Argument(metavar="KIND", help="request_cover, notify …")],
    fields: FieldArgument = None, customer: CustomerOption = "", whole: JsonOption = None,
    lang: LangOption = None,  # noqa: ARG001
) -> None:  # fmt: skip
    """Have something said to an insurer; prints the message's number."""
    _, actor = _opened()
    from seawall.services import insurer_messages

    said: dict[str, Any] = _json(whole) | _pairs(fields or [])
    message_no = insurer_messages.say(
        actor, connection_id=number, kind=kind, fields=_typed(kind, said), customer_code=customer
    )
    typer.echo(message_no)
    say(language().say("It goes out within a minute."))


@app.command()
@asks
def messages(output: Output, state: StateOption = "", customer: CustomerOption = "", limit: LimitOption = 50) -> None:
    """What was said to insurers, newest first."""
    form = output.chosen("table", "json")
    _, actor = _opened()
    from seawall.services import insurer_messages

    rows = insurer_messages.listed(actor, state=state, customer_code=customer, limit=limit)
    output.show({"messages": [row.as_json() for row in rows]}, _messages, form)


@app.command()
@asks
def message(number: MessageArgument, output: Output) -> None:
    """One message with every question and answer it took."""
    form = output.chosen("table", "json")
    _, actor = _opened()
    from seawall.services import insurer_messages

    output.show(insurer_messages.shown(actor, message_no=number).as_json(), _log, form)


@app.command()
@asks
def again(number: MessageArgument, lang: LangOption = None) -> None:  # noqa: ARG001
    """Have a message sent once more that was given up or may have arrived."""
    _, actor = _opened()
    from seawall.services import insurer_messages

    insurer_messages.again(actor, message_no=number)
    say(language().say("It goes on within a minute."))


@app.command()
@asks
def withdraw(number: MessageArgument, reason: ReasonOption, lang: LangOption = None) -> None:  # noqa: ARG001
    """Not have a message sent; with a reason."""
    _, actor = _opened()
    from seawall.services import insurer_messages

    insurer_messages.withdraw(actor, message_no=number, reason=reason)
    say(language().say("The message is withdrawn."))


@app.command()
@asks
def said(output: Output, state: StateOption = "", limit: LimitOption = 50) -> None:
    """What insurers said, newest first; what could not be read is `quarantined`."""
    form = output.chosen("table", "json")
    service, actor = _opened()
    from seawall.services import insurer_events

    rows = insurer_events.listed(actor, service.seen(actor), state=state, limit=limit)
    output.show({"said": [row.as_json() for row in rows]}, _said, form)


@app.command("read-again")
@asks
def read_again(number: EventArgument, lang: LangOption = None) -> None:  # noqa: ARG001
    """Read once more what was set apart; prints the state it is in then."""
    service, actor = _opened()
    from seawall.services import insurer_events

    typer.echo(insurer_events.again(actor, service.seen(actor), event_no=number))


@app.command()
@asks
def dismiss(number: EventArgument, reason: ReasonOption, lang: LangOption = None) -> None:  # noqa: ARG001
    """Put away what was set apart, with a reason."""
    service, actor = _opened()
    from seawall.services import insurer_events

    insurer_events.dismiss(actor, service.seen(actor), event_no=number, reason=reason)
    say(language().say("It is put away, and stays on record."))


@app.command()
@asks
def compare(number: NumberArgument, output: Output) -> None:
    """Hold both sides against each other now; ends with 1 where they differ."""
    form = output.chosen("table", "json")
    _, actor = _opened()
    from seawall.services import insurer_comparing

    found = insurer_comparing.compare(actor, connection_id=number, at=_now())
    output.show(found.as_json(), _differences, form)
    if not found.holds:
        raise typer.Exit(1)


@app.command("export")
@asks
def export(
    *,
    number: NumberArgument, kind: Annotated[str, typer.Argument(metavar="KIND", help="request_cover, notify …")],
    folder: Annotated[Path, typer.Option("--folder", help="Where the file goes.")] = Path(),
    form: Annotated[str, typer.Option("--format", help="csv or xlsx.")] = "csv",
    batch: Annotated[str, typer.Option("--batch", help="A file that left, once more.")] = "",
    lang: LangOption = None,  # noqa: ARG001
) -> None:  # fmt: skip
    """Hand over all messages of a kind that wait, as a file; prints where it is."""
    _, actor = _opened()
    from seawall.cli.options import write_whole
    from seawall.services import insurer_files

    if batch:
        made = insurer_files.again(actor, connection_id=number, batch=batch, form=form)
    else:
        made = insurer_files.export(actor, connection_id=number, kind=kind, form=form)
    write_whole(folder / made.name, made.content)
    typer.echo(folder / made.name)


@app.command("import")
@asks
def import_(
    number: NumberArgument, path: Annotated[Path, typer.Argument(metavar="FILE", help="The insurer's CSV or XLSX.")],
    lang: LangOption = None,  # noqa: ARG001
) -> None:  # fmt: skip
    """Take a file of the insurer's with decisions or answers; ends with 1 where rows were set apart."""
    _, actor = _opened()
    from seawall.services import insurer_files

    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError("{path} cannot be read: {reason}.", path=str(path), reason=error.strerror) from error
    heard = insurer_files.take(actor, connection_id=number, name=path.name, content=content)
    say(language().say("The file is read. New: {taken}, set apart: {apart}, facts: {facts}.", taken=heard.taken,
                       apart=heard.apart, facts=heard.facts))  # fmt: skip
    if heard.apart:
        raise typer.Exit(1)


@app.command("exchange")
@asks
def exchange(lang: LangOption = None) -> None:  # noqa: ARG001
    """Send what waits and hear what is new now, as the worker does every minute."""
    _, actor = _opened()
    from seawall.services import insurer_rounds

    counts = insurer_rounds.exchange_now(actor, now=_now())
    typer.echo(json.dumps(counts, sort_keys=True))


def _opened() -> tuple[Any, Any]:
    from seawall.cli.acting import opened

    actor = opened()
    from seawall.services import insurers

    return insurers, actor


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _pairs(given: list[str]) -> dict[str, str]:
    told = {}
    for each in given:
        name, sign, value = each.partition("=")
        if not sign:
            raise UsageError("{text} is not FIELD=VALUE.", text=each[:60])
        told[name] = Path(value[1:]).read_text(encoding="utf-8") if value.startswith("@") else value
    return told


def _typed(kind: str, said: dict[str, Any]) -> dict[str, Any]:
    """Numbers and yes or no as they are in JSON: a command line has texts only."""
    from typing import get_type_hints

    from seawall.exchange.insurers.messages import OUTGOING

    hints = get_type_hints(OUTGOING[kind][1]) if kind in OUTGOING else {}
    whole = {name for name, hint in hints.items() if "int" in str(hint) and not name.endswith("_minor")}
    made = dict(said)
    for name, value in said.items():
        if name in whole and isinstance(value, str) and value.isdecimal():
            made[name] = int(value)
        elif hints.get(name) is bool and value in ("yes", "true", "no", "false"):
            made[name] = value in ("yes", "true")
    return made


def _json(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    try:
        said = json.loads(text)
    except ValueError:
        raise UsageError("{path} is no JSON.", path=str(path)) from None
    if not isinstance(said, dict):
        raise UsageError("{path} is no JSON.", path=str(path))
    return said


def _secret(path: Path | None) -> str:
    if path is None:
        return os.environ.get(SECRET, "")
    text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    return text.strip()


def _connections(found: dict[str, Any], words: Any) -> Any:
    from seawall.services.insurers import STATES

    heads = (("connection_id", words.say("Insurer")), ("name", words.say("Name")), ("kind", words.say("Kind")),
             ("policy", words.say("Policy number")), ("entity", words.say("Entity")),
             ("state", words.say("State")))  # fmt: skip
    rows = [
        (str(row["connection_id"]), row["name"], row["kind"], row["policy"], row["entity"] or words.say("all"),
         words.say(STATES[row["state"]]))
        for row in found["insurers"]
    ]  # fmt: skip
    return _table("insurers", words.say("Insurers"), heads, rows, words)


def _companies(found: dict[str, Any], words: Any) -> Any:
    heads = (("company_ref", words.say("Company at the insurer")), ("name", words.say("Name")),
             ("country", words.say("Country")), ("registration_id", words.say("Registration")))  # fmt: skip
    rows = [tuple(row[name] for name, _ in heads) for row in found["companies"]]
    return _table("companies", words.say("Company search"), heads, rows, words)


def _messages(found: dict[str, Any], words: Any) -> Any:
    from seawall.exchange.insurers.messages import OUTGOING
    from seawall.services.insurer_messages import STATES

    heads = (("message_no", words.say("Number")), ("kind", words.say("Message")), ("customer", words.say("Customer")),
             ("state", words.say("State")), ("attempts", words.say("Attempts")),
             ("problem", words.say("Problem")))  # fmt: skip
    rows = [
        (str(row["message_no"]), words.say(OUTGOING[row["kind"]][0]), row["customer_code"],
         words.say(STATES[row["state"]]), str(row["attempts"]), row["problem"])
        for row in found["messages"]
    ]  # fmt: skip
    return _table("messages", words.say("Said to insurers"), heads, rows, words)


def _log(found: dict[str, Any], words: Any) -> Any:
    heads = (("at", words.say("When")), ("question", words.say("Question")), ("status", words.say("Status")),
             ("answered", words.say("Answered")))  # fmt: skip
    rows = [
        (row["at"], f"{row['method']} {row['path']}", str(row["status"] or "–"),
         (row["answered"] or row["problem"])[:80])
        for row in found["exchanges"]
    ]  # fmt: skip
    return _table("message", words.say("Every question and its answer"), heads, rows, words)


def _said(found: dict[str, Any], words: Any) -> Any:
    from seawall.services.insurer_events import STATES

    heads = (("event_no", words.say("Number")), ("kind", words.say("Kind")), ("customer", words.say("Customer")),
             ("state", words.say("State")), ("problem", words.say("Problem")))  # fmt: skip
    rows = [
        (str(row["event_no"]), row["kind"], row["customer_code"], words.say(STATES[row["state"]]), row["problem"])
        for row in found["said"]
    ]  # fmt: skip
    return _table("said", words.say("What they said"), heads, rows, words)


def _differences(found: dict[str, Any], words: Any) -> Any:
    from seawall.services.insurer_comparing import DIFFERENCES

    heads = (("what", words.say("Difference")), ("about", words.say("About")), ("ours", words.say("We hold")),
             ("theirs", words.say("They hold")))  # fmt: skip
    rows = [
        (words.say(DIFFERENCES[row["what"]]), row["about"], *(json.dumps(row[side] or {}, ensure_ascii=False)[:80]
         for side in ("ours", "theirs")))
        for row in found["differences"]
    ]  # fmt: skip
    return _table("differences", words.say("Differences"), heads, rows, words)


def _table(name: str, title: str, heads: Any, rows: Any, words: Any) -> Any:
    from seawall.exchange.language import Scale
    from seawall.exchange.report_layout import Column, Layout, Table

    columns = tuple(Column(column, said) for column, said in heads)
    return Layout(name, title, "", words, Scale(1, 2, ""), sections=(Table(name, title, columns, rows),))
