"""The ledger an actor sees, as known at a batch number: read from the store once, then from Parquet.

A snapshot's folder is named by the batch number, the digest that seals everything up to it and the shape of its
tables, so a folder never grows stale: neither a restored database meets the snapshots of another past, nor a newer
Seawall those of an older.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl

from seawall.engine.kernel.asof import AsOf
from seawall.engine.kernel.fx import RATES, RateTable
from seawall.engine.ledger.insured_facts import InsuredFacts
from seawall.engine.ledger.items import Ledger
from seawall.exchange.ecb import ecb_rates
from seawall.exchange.parquet import META, read_insured, read_ledger, read_meta, shape, write_insured, write_ledger
from seawall.services import access
from seawall.services.access import ALL, Actor
from seawall.services.files import OWN_RATES
from seawall.store import asof, chain, disk, drafts, points, snapshot
from seawall.store.home import home, make_home_folder
from seawall.store.models import Rate

FOLDERS_KEPT = 6
"""Snapshots kept on disk; any other is read from the store again when it is asked for."""

DIGEST_LENGTH = 16


def current(actor: Actor) -> int:
    """The batch number of the newest facts: what is known now.

    Raises:
        NotPermitted: the actor may not read.
    """
    access.require(actor, access.READ)
    return chain.facts_at().batch_no


def known_at(actor: Actor, moment: dt.datetime) -> int:
    """What was known at a moment, as the batch number of the newest facts by then.

    Raises:
        NotPermitted: the actor may not read.
    """
    access.require(actor, access.READ)
    return chain.facts_at(chain.known_at(moment)).batch_no


def open_ledger(actor: Actor, *, known: int | None = None, details: bool = False) -> tuple[Ledger, int]:
    """The ledger of the actor's entities, and the batch number of its newest facts (up to ``known``).

    ``details`` adds what items carry for people: number, terms, source row …

    Raises:
        NotPermitted: the actor may not read.
        InputError: nothing was recorded under that number.
    """
    with held(actor, known=known) as (folder, at):
        return scoped(read_ledger(folder, details=details), actor, folder), at


def open_insured(actor: Actor, *, known: int | None = None) -> InsuredFacts:
    """What insurers decided and paid, as far as the actor sees: of its entities, and the company's on its customers.

    Raises:
        NotPermitted: the actor may not read.
        InputError: nothing was recorded under that number.
    """
    with held(actor, known=known) as (folder, _):
        found = read_insured(folder)
        if actor.entities is ALL or found.is_empty:
            return found
        mine = accounts_of(actor, folder)["customer_id"].unique()
        customers = pl.read_parquet(folder / "customers.parquet", columns=["customer_id", "customer_code"])
        codes = customers.filter(pl.col("customer_id").is_in(mine.implode()))["customer_code"]
        return found.seen(actor.entities, codes)


def own_rates(actor: Actor, *, known: int | None = None) -> RateTable:
    """The company's own table of exchange rates, as known then.

    Raises:
        NotPermitted: the actor may not read.
        InputError: nothing was recorded under that number.
    """
    access.require(actor, access.READ)
    facts = asof.known(Rate.objects.order_by("on"), AsOf(dt.date.max, chain.facts_at(known).batch_no))
    columns = tuple(RATES.columns)
    return RateTable(OWN_RATES, pl.DataFrame(list(facts.values_list(*columns)), schema=RATES.schema, orient="row"))


def rate_tables(actor: Actor, *, known: int) -> Iterator[RateTable]:
    """Where rates come from: the company's own table first; the next is read only if it lacks one."""
    yield own_rates(actor, known=known)
    yield ecb_rates()


@contextlib.contextmanager
def held(actor: Actor, *, known: int | None = None) -> Iterator[tuple[Path, int]]:
    """The snapshot's folder, made where it is missing, and its batch number; it stays while it is held.

    It holds every entity.

    Raises:
        NotPermitted: the actor may not read.
        InputError: nothing was recorded under that number.
    """
    access.require(actor, access.READ)
    at = chain.facts_at(known)
    place = home()
    make_home_folder(place.path)
    folder = place.folder("snapshots") / f"{at.batch_no}-{at.digest[:DIGEST_LENGTH]}-{shape()}"
    lock = _made_and_locked(folder, at.batch_no)
    try:
        yield folder, at.batch_no
    finally:
        os.close(lock)


def _made_and_locked(folder: Path, known: int) -> int:
    """A shared lock on the snapshot's own file, which whoever forgets old snapshots asks for alone."""
    while True:
        if not (folder / META).exists():
            _make(folder, known)
        with contextlib.suppress(FileNotFoundError):  # forgotten between the two
            lock = os.open(folder / META, os.O_RDONLY)
            fcntl.flock(lock, fcntl.LOCK_SH)
            if (folder / META).exists():
                os.utime(folder)  # the last used are kept, not the last made
                return lock
            os.close(lock)


def scoped(ledger: Ledger, actor: Actor, folder: Path) -> Ledger:
    """What of a snapshot's ledger, or of a partition of it, the actor sees."""
    entities = actor.entities
    if entities is ALL:
        return ledger
    mine = ledger.only(ledger.accounts["entity"].is_in(sorted(entities)))
    return replace(mine, known_from=known_from_of(actor, folder))


def known_from_of(actor: Actor, folder: Path) -> dt.date | None:
    """The first day about which everything the actor sees is known; None where every day is."""
    first: dict[str, str] = read_meta(folder)["known_from_by_entity"]
    return max((dt.date.fromisoformat(day) for code, day in first.items() if actor.sees(code)), default=None)


def accounts_of(actor: Actor, folder: Path) -> pl.DataFrame:
    """The accounts of a snapshot that the actor sees: customer_id, entity, currency."""
    accounts = pl.read_parquet(folder / "accounts.parquet", columns=["customer_id", "entity", "currency"])
    return accounts if actor.entities is ALL else accounts.filter(pl.col("entity").is_in(sorted(actor.entities)))


def _make(folder: Path, known: int) -> None:
    """Read the store and write the folder beside its place; it takes its name when it is complete."""
    draft = Path(tempfile.mkdtemp(prefix=drafts.PREFIX, dir=folder.parent))
    try:
        found = snapshot.read(known)
        first = {code: day.isoformat() for code, day in sorted(found.known_from.items())}
        write_insured(found.insured, draft)
        write_ledger(found.ledger, draft, meta={"known": known, "known_from_by_entity": first})
        for path in (*draft.iterdir(), draft):
            disk.sync(path)
        points.reached("snapshot drafted")
        if folder.exists() and not (folder / META).exists():
            shutil.rmtree(folder, ignore_errors=True)  # the remains of one that was being forgotten
        with contextlib.suppress(OSError):  # somebody else made the same one meanwhile
            draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    _forget_old(folder)


def _forget_old(newest: Path) -> None:
    others = [each for each in newest.parent.iterdir() if each != newest and not each.name.startswith(drafts.PREFIX)]
    others.sort(key=os.path.getmtime, reverse=True)
    for folder in others[FOLDERS_KEPT - 1 :]:
        _forget(folder)
    drafts.sweep(newest.parent)


def _forget(folder: Path) -> None:
    """Remove a snapshot that nobody is reading; one that is stays until the next is made."""
    try:
        lock = os.open(folder / META, os.O_RDONLY)
    except FileNotFoundError:  # half removed already
        shutil.rmtree(folder, ignore_errors=True)
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        (folder / META).unlink(missing_ok=True)  # from here on it is none, whatever stops the rest
        shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        return
    finally:
        os.close(lock)
