"""What every question of the API may carry, and how a long answer is cut into pages."""

from __future__ import annotations

import base64
import binascii
import bisect
import datetime as dt
import zoneinfo
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Schema
from pydantic import Field

from seawall.api.v1.auth import actor_of
from seawall.engine.kernel.errors import InputError
from seawall.engine.kernel.money import exponent
from seawall.engine.ledger.scheme import Scheme
from seawall.policies.insurance import FIRST_YEAR, LAST_YEAR
from seawall.services.organisation import About, about
from seawall.services.reading import Reading, open_reading

FIRST_DAY, LAST_DAY = dt.date(FIRST_YEAR, 1, 1), dt.date(LAST_YEAR, 12, 31)
KNOWN_MAX = 2**53
Day = Annotated[dt.date | None, Field(ge=FIRST_DAY, le=LAST_DAY)]
Text = Annotated[str, Field(max_length=200)]
Limit = Annotated[int, Field(ge=1, le=500, description="Rows of a page.")]
After = Annotated[str, Field(max_length=600, description="`next` of the page before.")]


class Question(Schema):
    """The day a question is about, and through whose eyes."""

    as_of: Day = Field(
        None, description="The day; without it that of the newest finished run, else of the newest item."
    )
    known: int | None = Field(None, ge=0, le=KNOWN_MAX, description="What was known: a batch number.")
    currency: str | None = Field(None, pattern=r"^[A-Z]{3}$", description="The currency to report in.")
    entity: Text = Field("", description="One selling entity; without it all that the caller sees.")


class Buckets(Question):
    """A question whose answer is split by age."""

    scheme: str = Field("30/60/90/180/365", max_length=200, description="Upper limits of the buckets in days.")
    by: Literal["due", "issue"] = Field("due", description="What the days count from.")

    @property
    def buckets(self) -> Scheme:
        """The scheme asked for."""
        return Scheme.parse(self.scheme, self.by)


def here(request: HttpRequest) -> dt.date:
    """The day it is where the organisation is."""
    return _today(about(actor_of(request)))


def _today(facts: About) -> dt.date:
    return timezone.now().astimezone(zoneinfo.ZoneInfo(facts.time_zone)).date()


def day_asked(question: Question, facts: About) -> dt.date:
    """The day a question is about: the one it names, else the usual one, which never lies ahead."""
    today = _today(facts)
    return question.as_of or min(facts.usual_day or today, today)


def opened(request: HttpRequest, question: Question, *, details: bool = False) -> Reading:
    """The ledger and the rates a question needs.

    Raises:
        NotFound: the entity is not the caller's.
        UnknownCode: no such currency.
        InputError: nothing was recorded under the number ``known``.
        PolicyGap: an exchange rate is missing.
    """
    actor = actor_of(request)
    facts = about(actor)
    if question.currency:
        exponent(question.currency)
    return open_reading(
        actor,
        on=day_asked(question, facts),
        currency=question.currency or facts.reporting_currency or None,
        entity=question.entity,
        known=question.known,
        details=details,
    )


def filled(reading: Reading) -> Reading:
    """The reading itself, where there are facts.

    Raises:
        InputError: the ledger is empty.
    """
    if not reading.currency:
        raise InputError("There are no facts yet.", hint="Import a ledger first.", code="empty")
    return reading


def cut(rows: Sequence[Any], keys: Sequence[str], after: str, limit: int) -> tuple[Sequence[Any], str | None]:
    """The rows whose key comes after the cursor's, at most ``limit``, and the cursor of the next page.

    ``rows`` stand in the order of ``keys``; a row that was added or went since the last page moves nothing.

    Raises:
        InputError: the cursor is none of ours.
    """
    begin = bisect.bisect_right(keys, _key(after)) if after else 0
    end = min(len(rows), begin + limit)
    return rows[begin:end], _cursor(keys[end - 1]) if end < len(rows) else None


def number_after(after: str) -> int | None:
    """The number a page of numbered rows ended with, newest first; None for the first page.

    Raises:
        InputError: the cursor is none of ours.
    """
    if not after:
        return None
    if not (after.isdecimal() and after.isascii() and len(after) < 17):  # noqa: PLR2004
        raise _not_ours(after)
    return int(after)


def page_of(rows: Sequence[Any], limit: int, number: str) -> dict[str, Any]:
    """A page of numbered rows, of which one more than ``limit`` was asked for; ``number`` names their numbers."""
    following = str(getattr(rows[limit - 1], number)) if len(rows) > limit else None
    return {"rows": [row.as_json() for row in rows[:limit]], "next": following}


def _not_ours(cursor: str) -> InputError:
    return InputError("{text} is not where a page ended.", hint="Send `next` as it came.", text=cursor)


def _cursor(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode()


def _key(cursor: str) -> str:
    try:
        return base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True).decode()
    except (ValueError, binascii.Error):
        raise _not_ours(cursor) from None
