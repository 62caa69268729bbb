"""What goes wrong at the sandbox insurer, how often, by its seed."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, fields
from typing import Any

KINDS = ("drop_before", "error_before", "error_after", "silent_after", "expire_token", "malformed", "too_many",
         "event_twice", "event_late", "event_malformed", "event_lost")  # fmt: skip


@dataclass
class Faults:
    """Shares per one of questions (or events) with which each fault happens; ``outage_until`` is a moment."""

    seed: int = 1
    drop_before: float = 0.0
    """The line is cut before the question had any effect."""
    error_before: float = 0.0
    """500, and nothing happened."""
    error_after: float = 0.0
    """500, although it happened."""
    silent_after: float = 0.0
    """It happened, and no answer comes until the asker gives up."""
    expire_token: float = 0.0
    """The token ends early: 401."""
    malformed: float = 0.0
    """It happened, and the answer cannot be read."""
    too_many: float = 0.0
    """429 with Retry-After."""
    event_twice: float = 0.0
    event_late: float = 0.0
    """An event is told after later ones."""
    event_malformed: float = 0.0
    event_lost: float = 0.0
    """An event is not told; it stands in the list all the same."""
    outage_until: str = ""
    """503 until this moment of the sandbox's clock, ISO 8601."""
    hang_seconds: float = 30.0
    happened: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin the row of chances."""
        self._chance = random.Random(self.seed)  # noqa: S311 - reproducible on purpose

    def change(self, said: dict[str, Any]) -> None:
        """Take new shares.

        Raises:
            ValueError: a name or a value is none.
        """
        known = {each.name for each in fields(self)} - {"happened"}
        for name, value in said.items():
            if name not in known:
                raise ValueError(name)
            kind = str if name == "outage_until" else int if name == "seed" else float
            try:
                setattr(self, name, kind(value))
            except (TypeError, ValueError):
                raise ValueError(f"{name}={value}") from None
        if "seed" in said:
            self._chance = random.Random(self.seed)  # noqa: S311

    def strikes(self, kind: str) -> bool:
        """Whether this fault happens now; counted."""
        share = getattr(self, kind)
        if not share or self._chance.random() >= share:
            return False
        self.happened[kind] = self.happened.get(kind, 0) + 1
        return True

    def one_of(self, several: list[Any]) -> Any:
        """One of several, by the seed."""
        return self._chance.choice(several)


def spoiled(text: str, how: str) -> str:
    """An answer as nobody wants it."""
    if how == "cut":
        return text[: max(1, len(text) * 2 // 3)]
    if how == "html":
        return "<html><body>Service temporarily unavailable</body></html>"
    return text.replace('"amount"', '"amont"').replace('"job_ref"', '"jobref"').replace('"next"', '"nextt"').replace(
        '"status"', '"statsu"').replace('"access_token"', '"token"').replace('"companies"', '"c"')  # fmt: skip
