"""The log of what was asked of insurers and answered, secrets masked: written as it happens, never changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from seawall.exchange.insurers.port import Exchanged
from seawall.store.models import InsurerConnection, InsurerExchange, InsurerMessage


def logged(
    row: InsurerConnection, at: dt.datetime, message: InsurerMessage | None = None
) -> Callable[[Exchanged], None]:
    """What an insurer's line calls after each question."""

    def note(said: Exchanged) -> None:
        InsurerExchange.objects.create(
            connection=row, message=message, at=at, method=said.method, path=said.path, status=said.status,
            sent=said.sent, answered=said.answered, template=said.template, params=said.params,
        )  # fmt: skip

    return note
