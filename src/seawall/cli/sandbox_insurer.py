"""``seawall sandbox-insurer``: a made-up insurer to try the connection with, on this machine only."""

from __future__ import annotations

import datetime as dt
import threading
from pathlib import Path
from typing import Annotated, Any

import typer

from seawall.cli.options import asks, language, say
from seawall.engine.kernel.errors import UsageError

app = typer.Typer()

PORT = 8443
TICK_SECONDS = 1.0

PortOption = Annotated[int, typer.Option("--port", help="Port to listen on; 0 takes any.", min=0, max=65535)]
SeedOption = Annotated[int, typer.Option("--seed", help="The same seed decides the same.")]
StartOption = Annotated[str | None, typer.Option("--start", metavar="TIME", help="Where its clock begins; else now.")]
SpeedOption = Annotated[float, typer.Option("--speed", help="Its clock's speed; 0: only when told.", min=0)]
FolderOption = Annotated[Path, typer.Option("--folder", help="Where its certificate goes.")]
AdminOption = Annotated[str, typer.Option("--admin", help="The word that opens its back door.")]
RateOption = Annotated[int, typer.Option("--per-minute", help="So many questions of a kind a minute.", min=1)]
QuickOption = Annotated[bool, typer.Option("--quick", help="Decide within a minute.")]
JournalOption = Annotated[Path | None, typer.Option("--journal", help="Write down what comes in, and go on from it.")]
FaultOption = Annotated[list[str] | None, typer.Option("--fault", metavar="NAME=SHARE", help="What goes wrong.")]
LangOption = Annotated[str | None, typer.Option("--lang", help="Language of the words: en or zh.")]


@app.command()
@asks
def sandbox_insurer(
    *,
    port: PortOption = PORT, seed: SeedOption = 1, start: StartOption = None, speed: SpeedOption = 1.0,
    folder: FolderOption = Path("sandbox-insurer"), admin: AdminOption = "admin", per_minute: RateOption = 600,
    quick: QuickOption = False, journal: JournalOption = None, fault: FaultOption = None, lang: LangOption = None,  # noqa: ARG001
) -> None:  # fmt: skip
    """Run a made-up insurer until interrupted: it decides by its seed, and goes wrong as you ask."""
    from seawall.exchange.insurers.sandbox.server import Sandbox, in_real_time, served

    sandbox = Sandbox(seed, _start(start), admin=admin, per_minute=per_minute, is_quick=quick, journal=journal)
    try:
        sandbox.faults.change(_faults(fault or []))
    except ValueError as error:
        raise UsageError("{text} is no fault.", text=str(error)[:60]) from None
    try:
        server = served(sandbox, folder, port=port, now=dt.datetime.now(dt.UTC))
    except OSError as error:
        raise UsageError("It cannot listen: {reason}.", reason=error.strerror or "error") from error
    server.start()
    words = language()
    say(words.say("The sandbox insurer answers at {address} - stop with Ctrl-C.", address=server.url))
    say(words.say("Client id {client}, secret {secret}; its authority is {path}.", client=sandbox.client_id,
                  secret=sandbox.client_secret, path=folder / "cert.pem"))  # fmt: skip
    say(words.say("The store reaches it with SEAWALL_PRIVATE_HOSTS={host}.", host=server.url.removeprefix("https://")))
    stop = threading.Event()
    try:
        if speed:
            in_real_time(sandbox, seconds=TICK_SECONDS, speed=speed, stopped=stop.wait)
        else:
            stop.wait()
    finally:
        server.close()


def beside_pages(folder: Path, *, port: int) -> tuple[Any, Any] | None:
    """A sandbox insurer in this process for as long as it lives, quick, in real time; None where the port is taken."""
    from seawall.exchange.insurers.sandbox.server import Sandbox, in_real_time, served

    now = dt.datetime.now(dt.UTC)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    sandbox = Sandbox(1, now, is_quick=True, journal=folder / "journal.jsonl")
    try:
        server = served(sandbox, folder, port=port, now=now)
    except OSError:
        return None
    server.start()
    never = threading.Event()
    clock = {"seconds": TICK_SECONDS, "speed": 1.0, "stopped": never.wait}
    threading.Thread(target=in_real_time, args=(sandbox,), kwargs=clock, daemon=True).start()
    return sandbox, server


def _start(text: str | None) -> dt.datetime:
    if text is None:
        return dt.datetime.now(dt.UTC)
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        raise UsageError("{text} is not a moment.", hint="Write it as 2026-01-01T08:00.", text=text[:40]) from None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def _faults(given: list[str]) -> dict[str, str]:
    return {name: share for name, _, share in (each.partition("=") for each in given)}
