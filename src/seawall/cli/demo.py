"""``seawall demo``: the whole product on an invented company, from nothing to its report and its pages."""

from __future__ import annotations

import datetime as dt
import os
from typing import TYPE_CHECKING, Annotated

import typer

from seawall.cli.options import Output, Question, asks, language, say
from seawall.cli.serve import HostOption, address, first_free_port, prepare_assets, refuse_taken_port, run_server

if TYPE_CHECKING:
    from seawall.store.home import Home

app = typer.Typer()

NoServeOption = Annotated[bool, typer.Option("--no-serve", help="End after the report.")]
FreePortOption = Annotated[
    int | None, typer.Option("--port", min=1, max=65535, help="Port to listen on; else the first free one from 8000.")
]
LangOption = Annotated[str | None, typer.Option("--lang", help="Language of the words: en or zh.")]


INSURER_PORT = 8453
"""Where the demo's sandbox insurer listens; the same at every start, as its connection names it."""


@app.command()
@asks
def demo(
    no_serve: NoServeOption = False,
    host: HostOption = "127.0.0.1",
    port: FreePortOption = None,
    lang: LangOption = None,  # noqa: ARG001 - read by ``asks``
) -> None:
    """Make the demo company's store, run, print the report and serve the pages; the next start is quick."""
    from seawall.cli.acting import owner_only
    from seawall.store.home import demo_home

    owner_only()
    port = port or first_free_port(host)
    if not no_serve:
        refuse_taken_port(host, port)
    place = demo_home()
    prepare(place)
    print_report()
    if not no_serve:
        _serve(host, port)


def prepare(place: Home) -> None:
    """A store with the demo company in it and a finished run; what is there already is not done again.

    Raises:
        Refused: the store is somebody's own, or holds more than the demo.
    """
    from seawall.cli.acting import owner
    from seawall.cli.opening import connect, make_store

    say(language().say("Opening the demo's store in {home} …", home=place.path))
    connect(place)
    from seawall.services import demo as company
    from seawall.services import demo_desk, demo_insurance, runs

    company.require_demo_only()
    make_store(place, name=company.NAME, is_demo=True, currency=company.CURRENCY, time_zone=company.TIME_ZONE)
    actor, folder = owner(), place.folder("demo")
    company.require_nothing_else(actor, folder)
    if not company.is_loaded(actor):
        say(language().say("Inventing the demo company and importing its ledger …"))
        company.load(actor, folder)
    if not company.has_bank(actor):
        company.load_bank(actor)
    if not demo_desk.has_desk():
        demo_desk.load(actor, on=company.ON)
    if not demo_insurance.has_insurance(actor):
        demo_insurance.load(actor, on=company.ON)
    if not any(run.on == company.ON and run.done_at for run in runs.listed(actor)):
        say(language().say("Running the protection run of {day} …", day=company.ON))
        runs.run(actor, on=company.ON, currency=company.CURRENCY)


def print_report() -> None:
    """Print the protection report of the demo's day, as ``seawall report`` does."""
    from seawall.cli.asking import opened, protection
    from seawall.exchange import report_protection
    from seawall.services.demo import CURRENCY, ON

    book = opened(Question(as_of=ON.isoformat(), currency=CURRENCY))
    Output().show(protection(book, None), report_protection.protection, "table")


def _serve(host: str, port: int) -> None:
    from seawall.cli.acting import owner
    from seawall.services import demo as company

    prepare_assets()
    _connect_insurer()
    password = company.one_time_password(owner())
    lines = {
        language().say("Address"): address(host, port),
        language().say("User"): company.USER,
        language().say("One-time password"): password,
    }
    for title, text in lines.items():
        typer.echo(f"{title}: {text}", err=True)
    run_server(host, port)


def _connect_insurer() -> None:
    """Run the sandbox insurer beside the pages and connect the demo company to it, once."""
    from seawall.cli.acting import owner
    from seawall.cli.sandbox_insurer import beside_pages
    from seawall.services import demo_insurer
    from seawall.services.source_opening import PRIVATE
    from seawall.store.home import demo_home

    found = beside_pages(demo_home().folder("sandbox-insurer"), port=INSURER_PORT)
    if found is None:
        say(language().say("Port {port} is taken: the demo runs without its insurer.", port=INSURER_PORT))
        return
    sandbox, server = found
    host = server.url.removeprefix("https://")
    os.environ[PRIVATE] = ",".join(filter(None, [os.environ.get(PRIVATE, ""), host]))
    actor = owner()
    if not demo_insurer.is_connected(actor):
        demo_insurer.connect(
            actor, url=server.url, authority=server.authority, client_id=sandbox.client_id,
            secret=sandbox.client_secret, at=dt.datetime.now(dt.UTC),
        )  # fmt: skip
