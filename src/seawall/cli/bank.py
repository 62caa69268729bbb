"""``seawall bank``: statements, the money in them, and what it pays."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any

import typer

from seawall.cli.options import Output, asks, day_of, language, say
from seawall.engine.kernel.errors import UsageError

app = typer.Typer(help="Bank statements, the money in them, and what it pays.", no_args_is_help=True)

FilesArgument = Annotated[list[Path], typer.Argument(metavar="FILE...", help="Statements: MT940, camt.053 or CSV.")]
MappingOption = Annotated[Path | None, typer.Option("--mapping", help="A YAML with your bank's column headers.")]
EntityOption = Annotated[str, typer.Option("--entity", help="Whose account it is, where it is new.")]
DryOption = Annotated[bool, typer.Option("--dry-run", help="Do it all and undo it: say what would happen.")]
DayOption = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="The day asked about; else today.")]
StateOption = Annotated[str, typer.Option("--state", help="all, unmatched, matched, aside or out.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=5000, help="So many entries at most.")]
EntryArgument = Annotated[int, typer.Argument(metavar="ENTRY", help="The entry's number, as `bank match` prints it.")]
RuleOption = Annotated[bool, typer.Option("--by-rule", help="Confirm what is certain enough by the policy.")]
ProposalOption = Annotated[int, typer.Option("--proposal", min=1, help="Which of the proposals; the first without it.")]
CustomerOption = Annotated[str, typer.Option("--customer", help="The customer whose items --pay names.")]
PayOption = Annotated[list[str] | None, typer.Option("--pay", metavar="NUMBER=AMOUNT", help="An item and its part.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; goes into the audit record.")]
FromOption = Annotated[str | None, typer.Option("--from", metavar="DATE", help="First day; else the month's first.")]
ToOption = Annotated[str | None, typer.Option("--to", metavar="DATE", help="Last day; else today.")]
OfOption = Annotated[str, typer.Option("--entity", help="Only this selling entity.")]
CaseOption = Annotated[int | None, typer.Option("--close", metavar="CASE", help="Say how this case was settled.")]
HowOption = Annotated[str, typer.Option("--how", help="paid, credited, refunded, applied, disputed or accepted.")]
STATES = ("all", "unmatched", "matched", "aside", "out")


@app.callback()
def bank() -> None:
    """Bank statements, the money in them, and what it pays."""


@app.command()
@asks
def read(files: FilesArgument, output: Output, mapping: MappingOption = None) -> None:
    """Read statements without any store: accounts, balances, entries, and each line that could not be read."""
    form = output.chosen("table", "json", "csv", "xlsx")
    from seawall.exchange import report_bank
    from seawall.services import bank_files

    told = language().say if form == "table" else str.format
    output.show(bank_files.read(files, mapping=mapping, say=told), report_bank.statements, form)


@app.command(name="import")
@asks
def import_(
    files: FilesArgument, output: Output, entity: EntityOption = "", mapping: MappingOption = None,
    dry_run: DryOption = False,
) -> None:  # fmt: skip
    """Take statements in; the same ones again, or overlapping ones, bring each entry once."""
    form = output.chosen("table", "json")
    actor = _opened()
    from seawall.exchange import report_bank
    from seawall.services import bank as service

    done = service.import_paths(actor, files, entity=entity, mapping=mapping, dry_run=dry_run)
    output.show(done.as_json(), report_bank.imported, form)


@app.command()
@asks
def accounts(output: Output, as_of: DayOption = None) -> None:
    """Our accounts: how far statements reach, how old that is, and where they do not follow on."""
    form = output.chosen("table", "json", "csv")
    actor = _opened()
    from seawall.exchange import report_bank
    from seawall.services import bank_documents

    output.show(_plain(bank_documents.accounts(actor, on=day_of(as_of))), report_bank.accounts, form)


@app.command()
@asks
def entries(output: Output, state: StateOption = "all", limit: LimitOption = 100) -> None:
    """Entries on file, newest first."""
    form = output.chosen("table", "json", "csv", "xlsx")
    if state not in STATES:
        raise UsageError("There is no state {state}.", hint="Choose one of: {known}.", state=state,
                         known=", ".join(STATES))  # fmt: skip
    actor = _opened()
    from seawall.exchange import report_bank
    from seawall.services import bank_documents

    found: Any = state
    output.show(_plain(bank_documents.entries(actor, state=found, limit=limit)), report_bank.entries, form)


@app.command()
@asks
def match(output: Output, as_of: DayOption = None, limit: LimitOption = 20, by_rule: RuleOption = False) -> None:
    """What unmatched money may pay: proposals with their score and reasons."""
    form = output.chosen("table", "json")
    actor, on = _opened(), day_of(as_of)
    from seawall.exchange import report_bank
    from seawall.services import bank_decide, bank_documents

    if by_rule:
        done = bank_decide.confirm_by_rule(actor, on=on)
        say(language().say("Confirmed by rule: {count}.", count=len(done)))
    output.show(_plain(bank_documents.unmatched(actor, on=on, limit=limit)), report_bank.unmatched, form)


@app.command()
def confirm(  # noqa: PLR0917 - the framework passes options by name
    entry: EntryArgument, as_of: DayOption = None, proposal: ProposalOption = 1, customer: CustomerOption = "",
    pay: PayOption = None, dry_run: DryOption = False,
) -> None:  # fmt: skip
    """Confirm a proposal, or let money pay what you say: a receipt and its allocations in one write."""
    actor, on = _opened(), day_of(as_of)
    from seawall.services import bank_decide

    if customer:
        done = bank_decide.allocate(actor, entry, on=on, customer=customer, parts=_parts(pay), dry_run=dry_run)
    else:
        done = bank_decide.confirm(actor, entry, on=on, proposal=proposal - 1, dry_run=dry_run)
    say(language().say("Entry {entry}: {numbers}.", entry=entry, numbers=", ".join((*done.credits, *done.cases))))


@app.command()
def aside(entry: EntryArgument, reason: ReasonOption) -> None:
    """Say that an entry is none of the ledger's business, such as interest or a transfer of our own."""
    actor = _opened()
    from seawall.services import bank_decide

    bank_decide.set_aside(actor, entry, reason=reason)
    say(language().say("Entry {entry} is set aside.", entry=entry))


@app.command()
def undo(entry: EntryArgument, reason: ReasonOption) -> None:
    """Take a decision back: its receipt and allocations no longer count."""
    actor = _opened()
    from seawall.services import bank_decide

    bank_decide.take_back(actor, entry, reason=reason)
    say(language().say("Entry {entry} is open again.", entry=entry))


@app.command()
@asks
def cases(
    output: Output, close: CaseOption = None, how: HowOption = "", note: ReasonOption = "", as_of: DayOption = None
) -> None:
    """What payments left open: too little or too much, and what to do next."""
    form = output.chosen("table", "json", "csv")
    actor = _opened()
    from seawall.exchange import report_bank
    from seawall.services import bank_decide, bank_documents

    if close is not None:
        bank_decide.close_case(actor, close, on=day_of(as_of), resolution=how, note=note)
    output.show(_plain(bank_documents.cases(actor)), report_bank.cases, form)


@app.command()
@asks
def journal(output: Output, since: FromOption = None, until: ToOption = None, entity: OfOption = "") -> None:
    """What finance books of money that was decided about: receipts, discounts, charges, exchange differences."""
    form = output.chosen("table", "json", "csv", "xlsx")
    actor, last = _opened(), day_of(until)
    from seawall.exchange import report_bank_journal
    from seawall.services import bank_journal

    first = last.replace(day=1) if since is None else day_of(since)
    found = bank_journal.document(actor, since=first, until=last, entity=entity)
    output.show(_plain(found), report_bank_journal.journal, form)


def _opened() -> Any:
    from seawall.cli.acting import opened

    return opened()


def _parts(pay: list[str] | None) -> dict[str, str]:
    pairs = [each.rpartition("=") for each in pay or []]
    if any(not number for number, _, _ in pairs):
        raise UsageError("Write --pay as NUMBER=AMOUNT.")
    return {number: amount for number, _, amount in pairs}


def _plain(value: Any) -> Any:
    """Days as texts, for JSON."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, dt.date) else value
