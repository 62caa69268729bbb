"""The journal of claims out of the store: as one reading knows them, with what was taken back mirrored on its day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from seawall.engine.kernel.asof import AsOf
from seawall.engine.ledger.insured_facts import InsuredFacts
from seawall.engine.protection.claim_facts import CaseFacts, Key, cases_on_file, of_key
from seawall.engine.protection.cover import Insurance
from seawall.services import claim_books, insured, protection
from seawall.services.claim_books import Books, Document, State, Story
from seawall.services.governing import governing
from seawall.services.organisation import day_of
from seawall.services.reading import Reading, kept, open_reading
from seawall.store import asof, insured_on_file
from seawall.store.models import AuditEntry, CustomerMerge, InsurancePolicyVersion

FIELDS: Final = {
    "claims": "claims", "claim_recoveries": "recoveries", "claim_steps": "steps", "insurance_events": "events",
    "insured_limits": "limits",
}  # fmt: skip
"""Tables a claim and its cover are made of, and their fields in ``InsuredFacts``."""

_LIFE: Final = ("began", "began_at", "ended", "ended_at")


def journal(
    reading: Reading, *, since: dt.date, until: dt.date, entity: str = "", after: int = 0, limit: int | None = None
) -> Document:
    """Journal lines of a period (:func:`claim_books.document`); ``reading`` with details.

    Raises:
        UsageError: there is no policy.
        InputError: the period ends before it begins.
        PolicyGap: no accounts are named for a day.
    """
    reading = protection.of_all_entities(reading)
    books: Books = kept(reading, "claim journal", lambda: _made(reading))
    known = reading.as_of.known
    return claim_books.document(
        books, lambda code: governing(known=known, entity=code), since=since, until=until, entity=entity, after=after,
        limit=limit,
    )  # fmt: skip


def _made(reading: Reading) -> Books:
    known = reading.as_of.known
    lives = _lives(reading)
    changes = _changes(reading)
    return claim_books.books(
        (_story(reading, ever, lives, changes) for ever in cases_on_file(lives)),
        lambda code: governing(known=known, entity=code),
    )


def _lives(reading: Reading) -> InsuredFacts:
    """Every fact that ever was, merged customers under the code that they are; ``own_code`` as it was written."""
    known = reading.as_of.known
    merges = asof.known(CustomerMerge.objects.all(), AsOf(dt.date.max, known))
    into = dict(merges.values_list("customer__code", "into__code"))
    return InsuredFacts(**{
        FIELDS[table]: insured.seen(reading.actor, insured_on_file.lives(table, known=known)).with_columns(
            pl.col("customer_code").replace(into), own_code="customer_code"
        )
        for table in FIELDS
    })  # fmt: skip


def _changes(reading: Reading) -> dict[str, dict[int, dt.datetime]]:
    """By policy: number and moment of every approval of its wording."""
    found: dict[str, dict[int, dt.datetime]] = {}
    versions = InsurancePolicyVersion.objects.scoped(reading.actor).values_list("write_no", "policy")
    policy_of = dict(versions)
    told = AuditEntry.objects.filter(write_no__in=policy_of, batch_no__lte=reading.as_of.known)
    for write, batch, at in told.values_list("write_no", "batch_no", "recorded_at"):
        found.setdefault(policy_of[write], {})[batch] = at
    return found


def _story(
    reading: Reading, ever: CaseFacts, lives: InsuredFacts, changes: Mapping[str, Mapping[int, dt.datetime]]
) -> Story:  # fmt: skip
    """A claim after each writing about it, and each since that may have changed how it is shared.

    These are approvals of its policy, and writings of events and limits of its customer under it.
    """
    about = (pl.col("customer_code") == ever.key.customer_code) & (pl.col("policy") == ever.key.policy)
    mine = InsuredFacts(**{name: getattr(lives, name).filter(about) for name in FIELDS.values()})
    rows = pl.concat(
        [
            frame.select(*_LIFE, "own_code")
            for frame in (ever.payments, ever.recoveries, ever.steps, ever.happened("claim_filed"))
        ]
    ).sort("began")  # fmt: skip
    writings = _writings(rows)
    first = min(writings)
    beside = _writings(pl.concat([frame.select(_LIFE) for frame in (ever.events, mine.limits)]))
    since = {**changes.get(ever.key.policy, {}), **beside}
    writings |= {batch: at for batch, at in since.items() if batch > first}
    codes = rows["own_code"].unique(maintain_order=True).to_list()
    states = [_state(reading, ever.key, mine, batch, at, codes) for batch, at in sorted(writings.items())]
    return Story(ever, states, codes[0])


def _writings(rows: pl.DataFrame) -> dict[int, dt.datetime]:
    """Number and moment of every writing that began or ended one of these facts."""
    ended = rows.select("ended", "ended_at").drop_nulls()
    return dict(rows.select("began", "began_at").iter_rows()) | dict(ended.iter_rows())


def _state(  # noqa: PLR0917 - what one is made of
    reading: Reading, key: Key, mine: InsuredFacts, batch: int, written_at: dt.datetime, codes: Sequence[str]
) -> State:  # fmt: skip
    """What was known of a claim after one writing; ``mine``: the facts of its customer and policy."""
    alive = (pl.col("began") <= batch) & (pl.col("ended").is_null() | (pl.col("ended") > batch))
    then = InsuredFacts(**{name: getattr(mine, name).filter(alive) for name in FIELDS.values()})
    one = next((each for each in cases_on_file(then) if each.key == key), of_key(then, key))
    facts, gap = claim_books.facts_of(
        one, lambda: _insurance(reading, batch), on=reading.as_of.on, decided_on=_decided_on(one), codes=codes
    )
    return State(batch, day_of(written_at), one, facts, gap)


def _decided_on(one: CaseFacts) -> dt.date:
    """The day the payment that is waited for was written down."""
    waited = one.payments.filter(pl.col("paid_on").is_null())
    return day_of(waited["began_at"].min()) if waited.height else one.key.date_of_loss  # type: ignore[arg-type]


def _insurance(reading: Reading, batch: int) -> Insurance:
    """What was insured by what was known then."""
    then = open_reading(
        reading.actor, on=reading.as_of.on, currency=reading.currency or None, known=batch, details=True
    )
    return protection.insurance_of(then)
