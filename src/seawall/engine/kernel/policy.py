"""A policy is a number (or a small structure) by date, with its source; formulas ask for it *at a day*."""

from __future__ import annotations

import bisect
import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from seawall.engine.kernel.errors import PolicyGap
from seawall.engine.kernel.lazy import cached_property


@dataclass(frozen=True, slots=True)
class PolicyValue:
    """What a policy says on a day: the value, since when, and where it comes from."""

    policy_id: str
    from_day: dt.date
    value: Any
    source: str
    note: str = ""

    @property
    def is_verified(self) -> bool:
        """Whether the source was read; ``[K]`` marks what was written down from memory."""
        return "[K]" not in self.source


@dataclass(frozen=True, slots=True)
class Policy:
    """One dated parameter. ``governed_by`` names the day that picks the value (reporting day, due day …).

    Intervals are half-open: a value holds from its day until the next value's day. A None repeals.
    """

    policy_id: str
    title: str
    title_zh: str
    unit: str
    governed_by: str
    values: tuple[PolicyValue, ...]

    def at(self, day: dt.date) -> PolicyValue:
        """The value in force on ``day``.

        Raises:
            PolicyGap: none is: a gap is an error, never a default.
        """
        index = bisect.bisect_right([value.from_day for value in self.values], day) - 1
        if index < 0 or self.values[index].value is None:
            known = ", ".join(str(value.from_day) for value in self.values)
            raise PolicyGap(
                "The policy {policy} has no value on {day}.",
                hint="Values begin on: {known}. Add a value for that day.",
                policy=self.policy_id, day=day, known=known,
            )  # fmt: skip
        return self.values[index]

    def overlaid(self, own: tuple[PolicyValue, ...]) -> Policy:
        """The same with ``own`` values (in the order of their days) in place of all from the first of their days on."""
        kept = tuple(value for value in self.values if not own or value.from_day < own[0].from_day)
        return replace(self, values=(*kept, *own))


@dataclass(frozen=True)
class Policies:
    """All policies in force for one question, by id."""

    by_id: Mapping[str, Policy]

    def at(self, policy_id: str, day: dt.date) -> PolicyValue:
        """What ``policy_id`` says on ``day``.

        Raises:
            PolicyGap: there is no such policy, or it says nothing on that day.
        """
        if policy_id not in self.by_id:
            raise PolicyGap("There is no policy {policy}.", policy=policy_id)
        return self.by_id[policy_id].at(day)

    def replaced(self, policy_id: str, value: Any, *, source: str) -> Policies:
        """The same policies with ``policy_id`` holding ``value`` on every day: for a question asked differently.

        Raises:
            PolicyGap: there is no such policy.
        """
        if policy_id not in self.by_id:
            raise PolicyGap("There is no policy {policy}.", policy=policy_id)
        always = (PolicyValue(policy_id, dt.date.min, value, source),)
        return Policies({**self.by_id, policy_id: replace(self.by_id[policy_id], values=always)})

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the whole content: the policies' line in a run's manifest."""
        body = {
            policy.policy_id: [[str(value.from_day), value.value] for value in policy.values]
            for policy in self.by_id.values()
        }
        canonical = json.dumps(body, sort_keys=True, ensure_ascii=False, default=str)
        return hashlib.sha256(canonical.encode()).hexdigest()
