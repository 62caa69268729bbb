"""``seawall item``: the list of items, disputes, allocations by hand, write-offs and recoveries."""

# ruff: noqa: PLR0917 - typer names every option
from __future__ import annotations

from typing import Annotated, Any

import typer

from seawall.cli import desk
from seawall.cli.desk import (
    AmountOption,
    DryRunOption,
    Item,
    KeyOption,
    LangOption,
    NoteOption,
    OnOption,
    ReasonOption,
)
from seawall.cli.options import Output, asks, day_of, language, say

app = typer.Typer(help="Items, and what is done to them by hand.", no_args_is_help=True)

DisputeArgument = Annotated[int, typer.Argument(metavar="DISPUTE", help="The dispute's number, as `disputes` shows.")]
AllocationArgument = Annotated[int, typer.Argument(metavar="ALLOCATION", help="Its number, as `allocations` shows.")]
ToOption = Annotated[
    list[str] | None,
    typer.Option("--to", metavar="NUMBER=AMOUNT", help="An item and the amount; without it as proposed, oldest first."),
]
DayOption = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="The day; without it today.")]
LIMIT = 1000


@app.callback()
def item() -> None:
    """Items, and what is done to them by hand."""


@app.command("list")
@asks
def list_(
    output: Output,
    as_of: DayOption = None,
    customer: Annotated[str, typer.Option("--customer", help="Only of this customer.")] = "",
    kind: Annotated[str, typer.Option("--kind", help="Only this kind, such as invoice.")] = "",
    state: Annotated[str, typer.Option("--state", help="Only: open, overdue, disputed or settled.")] = "",
    number: Annotated[str, typer.Option("--number", help="Only where the number contains this.")] = "",
) -> None:
    """Items of a day, oldest due first."""
    form = output.chosen("table", "json", "csv", "xlsx", "parquet")
    actor = desk.opened()
    from seawall.engine.kernel.money import amount_text
    from seawall.exchange.report_desk import items as layout
    from seawall.services import item_list

    asked = item_list.Filter(customer=customer, kind=kind, state=state, number=number)
    found = item_list.items(desk.reading(actor, day_of(as_of)), asked)
    rows = [
        {
            "item": f"{row['entity']}/{'debit' if row['is_debit'] else 'credit'}/{row['number']}",
            "customer_code": row["customer_code"], "kind": str(row["kind"]), "issued_on": row["issued_on"].isoformat(),
            "due_on": row["due_on"].isoformat(), "dpd_days": row["dpd_days"], "currency": row["currency"],
            "amount": amount_text(row["amount_minor"], row["currency"]),
            "open": amount_text(row["left_minor"], row["currency"]),
        }
        for row in found.head(LIMIT if form == "table" else found.height).iter_rows(named=True)
    ]  # fmt: skip
    output.show({"count": found.height, "items": rows}, layout, form)


@app.command()
@asks
def disputes(item: Item, output: Output) -> None:
    """The disputes of an item, with their numbers."""
    form = output.chosen("table", "json", "csv")
    actor = desk.opened()
    from seawall.exchange.report_desk import disputes as layout
    from seawall.services import disputes as service

    found = desk.named(actor, item)
    rows = [{"dispute": row.number, **row.as_row(found)} for row in service.of_item(actor, found)]
    output.show({"disputes": rows}, layout, form)


@app.command()
@asks
def dispute(
    item: Item, amount: AmountOption, reason: ReasonOption, on: OnOption = None, note: NoteOption = "",
    key: KeyOption = "", dry_run: DryRunOption = False, lang: LangOption = None,  # noqa: ARG001
) -> None:  # fmt: skip
    """Open a dispute about a part of an invoice."""
    actor = desk.opened()
    from seawall.services import disputes as service

    made = service.open_dispute(
        actor, desk.named(actor, item), on=day_of(on), amount=amount, reason=reason, note=note, key=key,
        dry_run=dry_run,
    )  # fmt: skip
    desk.done(made.batch_no, is_dry_run=dry_run)


@app.command("change-dispute")
@asks
def change_dispute(
    item: Item, number: DisputeArgument, amount: AmountOption, reason: ReasonOption, on: OnOption = None,
    note: NoteOption = "", key: KeyOption = "", lang: LangOption = None,  # noqa: ARG001
) -> None:  # fmt: skip
    """Another amount or reason from a day on."""
    actor = desk.opened()
    from seawall.services import disputes as service

    made = service.change_dispute(
        actor, desk.named(actor, item), number, on=day_of(on), amount=amount, reason=reason, note=note, key=key
    )
    desk.done(made.batch_no)


@app.command("close-dispute")
@asks
def close_dispute(
    item: Item, number: DisputeArgument, on: OnOption = None, note: NoteOption = "", key: KeyOption = "",
    lang: LangOption = None,  # noqa: ARG001
) -> None:  # fmt: skip
    """Close a dispute: the day is the first it is no longer open."""
    actor = desk.opened()
    from seawall.services import disputes as service

    made = service.close_dispute(actor, desk.named(actor, item), number, on=day_of(on), note=note, key=key)
    desk.done(made.batch_no)


@app.command()
@asks
def allocate(
    item: Item, to: ToOption = None, on: OnOption = None, key: KeyOption = "", dry_run: DryRunOption = False,
    lang: LangOption = None,  # noqa: ARG001
) -> None:  # fmt: skip
    """Use a receipt or another credit for open items."""
    actor = desk.opened()
    from seawall.engine.kernel.money import amount_text
    from seawall.services import allocating

    credit, day = desk.named(actor, item), day_of(on)
    amounts = {number: amount for number, _is, amount in (one.rpartition("=") for one in to or [])}
    if not amounts:
        offered = allocating.offers(desk.reading(actor, day), credit)
        amounts = {
            row.number: amount_text(row.proposed_minor, credit.currency) for row in offered if row.proposed_minor
        }
    made = allocating.allocate(actor, credit, amounts, on=day, key=key, dry_run=dry_run)
    desk.done(made.batch_no, is_dry_run=dry_run)


@app.command()
@asks
def allocations(item: Item, output: Output) -> None:
    """The allocations of an item that count now, with their numbers."""
    form = output.chosen("table", "json", "csv")
    actor = desk.opened()
    from seawall.engine.kernel.money import amount_text
    from seawall.exchange.report_desk import allocations as layout
    from seawall.services import allocating

    found = desk.named(actor, item)
    rows: list[dict[str, Any]] = [
        {
            "allocation": row.allocation_no, "number": row.number, "on": row.on.isoformat(),
            "amount": amount_text(row.amount_minor, found.currency),
        }
        for row in allocating.allocations_of(actor, found)
    ]  # fmt: skip
    output.show({"allocations": rows}, layout, form)


@app.command()
@asks
def withdraw(
    item: Item, number: AllocationArgument, reason: ReasonOption, key: KeyOption = "",
    lang: LangOption = None,  # noqa: ARG001
) -> None:  # fmt: skip
    """Take an allocation back; what was known before keeps it."""
    actor = desk.opened()
    from seawall.services import allocating

    desk.done(allocating.withdraw(actor, desk.named(actor, item), number, reason=reason, key=key))


@app.command("write-off")
@asks
def write_off(
    item: Item, amount: AmountOption, reason: ReasonOption, on: OnOption = None,
    document: Annotated[int | None, typer.Option("--document", help="Number of the evidence on the item.")] = None,
    key: KeyOption = "", dry_run: DryRunOption = False, lang: LangOption = None,  # noqa: ARG001
) -> None:  # fmt: skip
    """Propose a write-off: it happens when another person approves it."""
    actor = desk.opened()
    from seawall.services import write_offs

    made = write_offs.propose(
        actor, desk.named(actor, item), amount=amount, on=day_of(on), reason=reason, document_no=document, key=key,
        dry_run=dry_run,
    )  # fmt: skip
    say(language().say("Proposal {number} waits for another person.", number=made.number))


@app.command()
@asks
def recovery(
    item: Item, amount: AmountOption, on: OnOption = None,
    receipt: Annotated[str, typer.Option("--receipt", help="Number of the receipt, where it is on file.")] = "",
    note: NoteOption = "", key: KeyOption = "", dry_run: DryRunOption = False, lang: LangOption = None,  # noqa: ARG001
) -> None:  # fmt: skip
    """Record money that came in for a write-off."""
    actor = desk.opened()
    from seawall.services import write_offs

    made = write_offs.record_recovery(
        actor, desk.named(actor, item), amount=amount, on=day_of(on), receipt=receipt, note=note, key=key,
        dry_run=dry_run,
    )  # fmt: skip
    desk.done(made.batch_no, is_dry_run=dry_run)
