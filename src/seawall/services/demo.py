"""The demo company: invented, the same on every machine, and the only thing its store ever holds."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path
from typing import Final

from seawall.engine.kernel.asof import AsOf
from seawall.engine.kernel.errors import Refused
from seawall.engine.ledger.canonical import canonical
from seawall.engine.ledger.generate import generate
from seawall.engine.ledger.generate_bills import with_bills
from seawall.services import bank, bank_reading, demo_bank, founding, imports, intake, people, snapshots
from seawall.services.access import IMPORT, Actor, Grant
from seawall.services.intake import ImportResult
from seawall.store.models import AuditEntry

NAME: Final = "海堤演示公司 Seawall Demo Co."
USER: Final = "demo"
ON: Final = dt.date(2026, 9, 30)
"""The day the demo is about: the last of its ledger."""

CURRENCY, TIME_ZONE = "CNY", "Asia/Shanghai"
ITEMS, CUSTOMERS, MONTHS, SEED = 24_000, 260, 30, 20260930
BILLS: Final = 0.02
"""Share of its receipts that are bills."""


def require_demo_only() -> None:
    """Pass where the store holds the demo, or nothing yet.

    Raises:
        Refused: it was made for something else, or something else was imported into it.
    """
    if founding.is_founded() and not founding.is_demo():
        raise Refused(
            "This store is not the demo's, and the demo touches no other.",
            hint="Point SEAWALL_HOME (and DATABASE_URL) to a place of its own, or leave both unset.",
            code="not_the_demo",
        )


def require_nothing_else(actor: Actor, folder: Path) -> None:
    """Pass where all that was imported is the demo's own files in ``folder``; what people did with them is theirs.

    Raises:
        Refused: something else was imported.
    """
    ours = {hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.csv")}
    brought = set(AuditEntry.objects.filter(verb=IMPORT).values_list("write_no", flat=True))
    found = imports.imports(actor)
    foreign = [file.name for file in found if file.import_no in brought and file.sha256 not in ours]
    if foreign:
        raise Refused(
            "The demo's store holds something else: {files}.",
            hint="Remove the demo's folder to begin anew, and keep ledgers of your own in another store.",
            code="not_the_demo",
            files=", ".join(foreign),
        )


def is_loaded(actor: Actor) -> bool:
    """Whether the demo company's ledger is on file."""
    return bool(imports.imports(actor, limit=1))


def write_files(folder: Path) -> list[Path]:
    """Invent the demo company's ledger and write it as ledger files, as any company would bring them."""
    plain = generate(items=ITEMS, customers=CUSTOMERS, seed=SEED, until=ON, months=MONTHS, home=CURRENCY)
    ledger = with_bills(plain, share=BILLS, seed=SEED, until=ON)
    paths = []
    for name, table in canonical(ledger).items():
        paths.append(folder / f"{name}.csv")
        table.write_csv(paths[-1])
    return paths


def load(actor: Actor, folder: Path) -> ImportResult:
    """Bring the demo company's ledger into the store, the way every ledger comes in.

    Raises:
        FileRejected: the files cannot be read.
    """
    return intake.commit_import(actor, write_files(folder), key="demo")


def has_bank(actor: Actor) -> bool:
    """Whether the demo company's bank statement is on file."""
    return bool(bank_reading.accounts(actor))


def load_bank(actor: Actor) -> None:
    """Bring a small bank statement, as the company's bank would send it: receipts that wait to be matched."""
    ledger, known = snapshots.open_ledger(actor, details=True)
    entity = min(ledger.accounts["entity"])
    bank.import_files(actor, [demo_bank.statement(ledger, AsOf(ON, known), entity, CURRENCY)], entity=entity)


def one_time_password(actor: Actor) -> str:
    """A new one-time password of the demo's user, made where there is none yet."""
    if any(person.username == USER for person in people.everyone(actor)):
        return people.renew_password(actor, username=USER)
    return people.create(actor, username=USER, name="Demo", grants=[Grant("administrator")])
