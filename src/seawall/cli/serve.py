"""``seawall serve``: the web pages and the API, for this machine or behind a proxy."""

from __future__ import annotations

import multiprocessing
import os
import socket
from typing import Annotated

import typer

from seawall.cli.options import language, say
from seawall.cli.worker import beside

app = typer.Typer()

PORT, PORTS_TRIED = 8000, 100
LOOPBACK = ("127.0.0.1", "localhost", "::1")
BLOCKING_THREADS = 48
"""Requests that are under way at once; most of them wait for their body or their turn (``site/turns`` says how many
are answered)."""

HEAD_MILLISECONDS = 10_000
"""For the head of a request, and for the next one on a line that stays open."""

HostOption = Annotated[str, typer.Option("--host", help="Address to listen on; the default is this machine only.")]
PortOption = Annotated[int, typer.Option("--port", help="Port to listen on.", min=1, max=65535)]


@app.command()
def serve(host: HostOption = "127.0.0.1", port: PortOption = PORT) -> None:
    """Serve the pages and the API of the store until interrupted."""
    from seawall.cli.acting import opened_by_owner, owner_only
    from seawall.store.home import home

    owner_only()
    home().require()
    refuse_taken_port(host, port)
    opened_by_owner()
    _warn_of_open_proof()
    run_server(host, port)


def run_server(host: str, port: int) -> None:
    """Serve the store that stands open in this process, with a worker beside it, until interrupted."""
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels
    from granian.server import Server

    prepare_assets()
    if host not in LOOPBACK:
        _warn_of_the_open_network()
    multiprocessing.set_start_method("spawn", force=True)  # a fork would share our database connection and settings
    wordy = bool(os.environ.get("SEAWALL_LOG"))
    server = Server(
        "seawall.site.wsgi:application", address=host, port=port, interface=Interfaces.WSGI,
        blocking_threads=BLOCKING_THREADS, websockets=False, http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEAD_MILLISECONDS), log_access=wordy,
        log_level=LogLevels.info if wordy else LogLevels.warning,
    )  # fmt: skip
    server.on_startup(lambda: say(language().say("Serving {address} - stop with Ctrl-C.", address=address(host, port))))
    with beside():
        server.serve()


def _warn_of_open_proof() -> None:
    """Say at the start where the product's role could change what is proof."""
    from seawall.services import founding

    if founding.may_change_proof():
        say(language().say("The database's role could change facts and the audit record: see `seawall doctor`."))


def address(host: str, port: int) -> str:
    """What to type into a browser."""
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}/"


def refuse_taken_port(host: str, port: int) -> None:
    """Find out before anything is started whether the address is free.

    Raises:
        UsageError: something else listens there, or this machine has no such address.
    """
    from seawall.engine.kernel.errors import UsageError

    if reason := _why_taken(host, port):
        raise UsageError(
            "Cannot listen on {host}, port {port}: {reason}.",
            hint="Choose another with --port.",
            host=host, port=port, reason=reason,
        )  # fmt: skip


def first_free_port(host: str) -> int:
    """The first port from 8000 on that nobody listens on; 8000 where all are taken."""
    return next((port for port in range(PORT, PORT + PORTS_TRIED) if not _why_taken(host, port)), PORT)


def _why_taken(host: str, port: int) -> str:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.strerror or str(error)
    return ""


def prepare_assets() -> None:
    """Put the pages' files where they are served from, compressed and named by hash, once for each version of them."""
    from django.conf import settings
    from django.contrib.staticfiles.management.commands.collectstatic import Command
    from django.core.management import call_command
    from whitenoise.storage import CompressedManifestStaticFilesStorage

    source, target = settings.PACKAGE / "web" / "static", settings.STATIC_ROOT
    files = (path for path in source.rglob("*") if path.is_file())
    version = "\n".join(sorted(f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in files))
    stamp = target / "STAMP"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == version:
        return
    say(language().say("Preparing the pages' files …"))
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    command = Command()
    command.storage = CompressedManifestStaticFilesStorage()
    call_command(command, interactive=False, verbosity=0, clear=True)
    stamp.write_text(version, encoding="utf-8")


def _warn_of_the_open_network() -> None:
    say(language().say("Passwords cross the network as they are: put a proxy with TLS in front of this address."))
    if not os.environ.get("SEAWALL_HOSTS"):
        say(language().say("Only requests for localhost are answered: name the others in SEAWALL_HOSTS."))
