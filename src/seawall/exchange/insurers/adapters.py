"""Which insurers' interfaces there are, what each must be told, and what it is able to do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Final

from seawall.exchange.connectors import Field
from seawall.exchange.insurers.line import Keeper, Line
from seawall.exchange.insurers.masking import parts_of
from seawall.exchange.insurers.messages import OUTGOING, noop
from seawall.exchange.insurers.port import Can, Exchanged, Insurer
from seawall.exchange.net import Outside

SHIPPED: Final = ("by_file", "neutral", "allianz", "atradius", "coface")


@dataclass(frozen=True)
class Wire:
    """What an adapter is given: the way out behind the guard, the moment, and the log."""

    outside: Outside
    told: Mapping[str, str]
    secret: str
    now: dt.datetime
    keeper: Keeper
    log: Callable[[Exchanged], None] = lambda _exchanged: None
    hidden: tuple[str, ...] = ()
    """What is masked wherever it stands, beside the secret and its parts."""

    def line(self, fetch: Any, *, extra: Mapping[str, str] | None = None, bearer: str = "Bearer {token}") -> Line:
        """A line whose token is got by ``fetch``."""
        return Line(
            self.outside, self.told["url"], self.now, self.keeper, fetch, (*parts_of(self.secret), *self.hidden),
            extra or {}, self.log, bearer,
        )  # fmt: skip


@dataclass(frozen=True)
class Adapter:
    """An insurer's interface. ``is_experimental``: nobody tried it under a contract; ``is_file``: it has no line."""

    kind: str
    title: str
    fields: tuple[Field, ...]
    can: Can
    opened: Callable[[Wire], Insurer] | None
    secret_title: str = ""
    is_experimental: bool = False
    basis: str = ""
    """What an experimental adapter was written from, in a sentence."""

    @property
    def is_file(self) -> bool:
        """Whether its messages go and come as files."""
        return self.opened is None


URL: Final = Field("url", noop("Address"))
CA: Final = Field("ca", noop("Its own certificate authority"), is_required=False)
EVERYTHING: Final = frozenset(OUTGOING) - {"find_company"}


@cache
def known() -> dict[str, Adapter]:
    """Every adapter there is, by kind."""
    modules = [import_module(f"seawall.exchange.insurers.{name}") for name in SHIPPED]
    return {module.ADAPTER.kind: module.ADAPTER for module in modules}
