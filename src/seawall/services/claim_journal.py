"""The journal of claims out of the store: as one reading knows them, with what was taken back mirrored on its day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Final

import polars as pl

from seawall.engine.kernel.errors import PolicyError, UsageError
from seawall.engine.ledger.insured_facts import InsuredFacts
from seawall.engine.protection.claim_journal import Recovered
from seawall.services import claim_books, insured, protection
from seawall.services.claim_books import Books, Document, Entry, OnFile, State
from seawall.services.governing import governing
from seawall.services.organisation import day_of
from seawall.services.reading import Reading, kept, open_reading
from seawall.store import insured_on_file

FIELDS: Final = {"claims": "claims", "claim_recoveries": "recoveries", "claim_steps": "steps"}
"""Tables a claim is made of, and their fields in ``InsuredFacts``."""


def journal(
    reading: Reading, *, since: dt.date, until: dt.date, entity: str = "", after: int = 0, limit: int | None = None
) -> Document:
    """Journal lines of a period (:func:`claim_books.document`); ``reading`` with details.

    Raises:
        UsageError: there is no policy.
        InputError: the period ends before it begins.
        PolicyGap: no accounts are named for a day.
    """
    books: Books = kept(reading, "claim journal", lambda: _made(reading))
    known = reading.as_of.known
    return claim_books.document(
        books, lambda code: governing(known=known, entity=code), since=since, until=until, entity=entity, after=after,
        limit=limit,
    )  # fmt: skip


def _made(reading: Reading) -> Books:
    known = reading.as_of.known
    lives = {table: insured.seen(reading.actor, insured_on_file.lives(table, known=known)) for table in FIELDS}
    made: list[Entry] = []
    for ever in claim_books.claims_on_file(_facts(lives)):
        frames = (ever.payments, ever.recoveries, ever.steps)
        entity = next((code for rows in frames for code in rows["entity"].drop_nulls()), "")
        made += claim_books.entries(ever, _states(reading, ever), governing(known=known, entity=entity))
    standing = {table: rows.filter(pl.col("ended").is_null()) for table, rows in lives.items()}
    every = claim_books.claims_on_file(_facts(standing))
    return Books(claim_books.in_order(made), *claim_books.unbooked(protection.insurance_of(reading), every))


def _states(reading: Reading, ever: OnFile) -> list[State]:
    """What was known of a claim after each writing about it."""
    states = []
    for batch, written_at in _writings((ever.payments, ever.recoveries, ever.steps)):
        alive = (pl.col("began") <= batch) & (pl.col("ended").is_null() | (pl.col("ended") > batch))
        one = OnFile(ever.key, *(rows.filter(alive) for rows in (ever.payments, ever.recoveries, ever.steps)))
        facts = claim_books.facts_of(one, _decided_on(one), _shares(reading, one, batch))
        states.append(State(batch, day_of(written_at), facts))
    return states


def _decided_on(one: OnFile) -> dt.date:
    """The day the payment that is waited for was written down."""
    waited = one.payments.filter(pl.col("paid_on").is_null())
    return day_of(waited["began_at"].min()) if waited.height else one.key.date_of_loss  # type: ignore[arg-type]


def _writings(frames: Iterable[pl.DataFrame]) -> list[tuple[int, dt.datetime]]:
    """Number and moment of every writing that brought or ended one of these facts, in their order."""
    found: dict[int, dt.datetime] = {}
    for rows in frames:
        found |= dict(rows.select("began", "began_at").iter_rows())
        found |= dict(rows.select("ended", "ended_at").drop_nulls().iter_rows())
    return sorted(found.items())


def _shares(reading: Reading, one: OnFile, batch: int) -> list[Recovered]:
    """Recoveries as they were shared by what was known then; none where a policy or a rate did not say."""
    if one.recoveries.is_empty():
        return []
    then = open_reading(
        reading.actor, on=reading.as_of.on, currency=reading.currency or None,
        entity=str(reading.name[protection.ENTITY_AT]), known=batch, details=True,
    )  # fmt: skip
    try:
        whole = protection.insurance_of(then)
    except (PolicyError, UsageError):
        return []
    return claim_books.shares(whole, one)[0]


def _facts(rows: Mapping[str, pl.DataFrame]) -> InsuredFacts:
    return InsuredFacts(**{FIELDS[table]: frame for table, frame in rows.items()})
