"""The company's own policies: what is in force, what an own version would change, and how one comes into force.

A version is proposed by one person and approved by another. It is kept as it was approved, with the batch number
under which it became known, so a figure of the past is made again with the policies of its time.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import yaml

from seawall.engine.kernel.errors import InputError, NotFound
from seawall.engine.kernel.policy import Policy, PolicyValue
from seawall.policies.load import header, parse_values, shipped
from seawall.services import access, approvals, documents, figures, proposals
from seawall.services import reading as readings
from seawall.services.access import Actor
from seawall.services.approvals import Asked, Kind
from seawall.services.command import Result, Write
from seawall.services.governing import governing, with_own
from seawall.services.proposals import Proposed
from seawall.store.models import Entity, PolicyVersion

KIND: Final = "policy"
LOCK: Final = "policies"
SCOPE_MARK: Final = "@"
"""Between a policy's id and the entity its version is for, in the subject of a proposal."""


@dataclass(frozen=True, slots=True)
class Version:
    """An own version as approved."""

    policy_id: str
    entity: str
    version: int
    valid_from: dt.date
    body: str
    digest: str
    proposal_no: int
    proposed_by: str
    approved_by: str
    is_alone: bool
    reason: str
    recorded_at: dt.datetime

    def as_json(self) -> dict[str, Any]:
        """For doors."""
        return {name: _plain(getattr(self, name)) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class Line:
    """A policy as listed: what it says on a day, since when, from where, and who approved it (empty as shipped)."""

    policy_id: str
    room: str
    title: str
    title_zh: str
    unit: str
    governed_by: str
    value: str
    from_day: dt.date | None
    source: str
    is_verified: bool
    is_own: bool
    approved_by: str
    next_day: dt.date | None
    waiting: int

    def as_json(self) -> dict[str, Any]:
        """For doors."""
        return {name: _plain(getattr(self, name)) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class Span:
    """One value of a policy's timeline: from its day until the next one's."""

    from_day: dt.date
    until: dt.date | None
    value: str
    source: str
    note: str
    is_own: bool
    is_in_force: bool

    def as_json(self) -> dict[str, Any]:
        """For doors."""
        return {name: _plain(getattr(self, name)) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class File:
    """One policy with its timeline and its own versions."""

    line: Line
    spans: tuple[Span, ...]
    versions: tuple[Version, ...]
    proposals: tuple[Proposed, ...]

    def as_json(self) -> dict[str, Any]:
        """For doors."""
        return self.line.as_json() | {
            "timeline": [each.as_json() for each in self.spans],
            "versions": [each.as_json() for each in self.versions],
            "proposals": [each.as_json() for each in self.proposals],
        }


@dataclass(frozen=True, slots=True)
class Change:
    """A headline figure under the policies in force and under the draft, as published values."""

    name: str
    unit: str
    active: Any
    draft: Any

    @property
    def is_changed(self) -> bool:
        """Whether the draft changes it."""
        return bool(self.active != self.draft)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a draft would change on one day's figures."""

    on: dt.date
    known: int
    currency: str
    figures: tuple[Change, ...]
    is_early: bool
    """Whether the draft holds from a later day only: it is shown as if it held on this day already."""

    @property
    def changed(self) -> tuple[Change, ...]:
        """Only what the draft changes."""
        return tuple(each for each in self.figures if each.is_changed)

    def as_json(self) -> dict[str, Any]:
        """For doors."""
        return {
            "as_of": self.on.isoformat(), "known": self.known, "currency": self.currency,
            "changed": len(self.changed), "is_early": self.is_early,
            "figures": [
                {"name": each.name, "unit": each.unit, "active": each.active, "draft": each.draft,
                 "is_changed": each.is_changed}
                for each in self.figures
            ],
        }  # fmt: skip


def listed(actor: Actor, *, on: dt.date, entity: str = "", known: int | None = None) -> list[Line]:
    """Every policy as it stands on a day, for the organisation or one entity.

    Raises:
        NotPermitted: the actor may not read.
        NotFound: the entity lies outside the actor's scope.
    """
    _require_seen(actor, entity)
    policies, newest = governing(known=known, entity=entity), _newest_versions(actor, entity)
    waiting = [each for each in proposals.listed(actor, kind=KIND) if each.decision is None]
    return [_line(policy, on, newest, waiting) for _, policy in sorted(policies.by_id.items())]


def shown(actor: Actor, policy_id: str, *, on: dt.date, entity: str = "", known: int | None = None) -> File:
    """One policy: its timeline, and the company's own versions, newest first.

    Raises:
        NotFound: there is no such policy, or the entity lies outside the actor's scope.
    """
    _require_seen(actor, entity)
    policies = governing(known=known, entity=entity)
    if policy_id not in policies.by_id:
        raise NotFound("There is no policy {policy}.", policy=policy_id)
    policy = policies.by_id[policy_id]
    rows = PolicyVersion.objects.scoped(actor).filter(policy_id=policy_id, entity__in=["", entity])
    about = [
        each
        for each in proposals.listed(actor, kind=KIND)
        if each.subject.partition(SCOPE_MARK)[0] == policy_id and each.decision is None
    ]
    line = _line(policy, on, _newest_versions(actor, entity), about)
    versions = tuple(_version(row) for row in rows.order_by("-id"))
    return File(line, tuple(_spans(policy, on)), versions, tuple(about))


def draft_of(actor: Actor, policy_id: str, *, on: dt.date, from_day: dt.date, entity: str = "") -> str:
    """The YAML to begin an edit with: what is in force on a day, from another day on.

    Raises:
        NotFound: there is no such policy, or the entity lies outside the actor's scope.
        PolicyGap: nothing is in force on that day.
    """
    _require_seen(actor, entity)
    policies = governing(entity=entity)
    if policy_id not in policies.by_id:
        raise NotFound("There is no policy {policy}.", policy=policy_id)
    value = policies.at(policy_id, on)
    entry = {"value": value.value, "source": value.source} | ({"note": value.note} if value.note else {})
    return written({"values": {from_day: entry}})


def in_force(policy_id: str, *, on: dt.date, entity: str = "") -> tuple[Any, str]:
    """What a policy says on a day, and its source.

    Raises:
        PolicyGap: there is no such policy, or nothing is in force on that day.
    """
    value = governing(entity=entity).at(policy_id, on)
    return value.value, value.source


def written(body: Any) -> str:
    """A body as YAML a person reads and edits."""
    text: str = yaml.safe_dump(body, sort_keys=False, allow_unicode=True, default_flow_style=None, width=110)
    return text


def preview(
    actor: Actor, policy_id: str, body: str, *, on: dt.date, entity: str = "", currency: str | None = None
) -> Preview:
    """The headline figures of a day under the policies in force and under the draft.

    Raises:
        PolicyInvalid, PolicyOverlap, PolicyGap: the draft is none; says which line.
        NotFound: the entity lies outside the actor's scope.
        InputError: the ledger is empty.
    """
    _require_seen(actor, entity)
    first = parse_values(body, policy_id=policy_id)[0]
    reading = readings.open_reading(actor, on=on, currency=currency, entity=entity)
    if not reading.currency:
        raise InputError("There are no facts yet.", hint="Import a ledger first.", code="empty")
    draft = governing(known=reading.as_of.known, entity=entity, drafts=[(policy_id, body)])
    is_early = first.from_day > on
    if is_early:
        draft = with_own(draft, {policy_id: {on: replace(first, from_day=on)}})
    sides = [
        figures_of(reading, policies) for policies in (reading.policies, draft)
    ]  # fmt: skip
    changes = tuple(
        Change(name, told["unit"], told["value"], sides[1].get(name, {}).get("value"))
        for name, told in sides[0].items()
    )
    return Preview(on, reading.as_of.known, reading.currency, changes, is_early)


def figures_of(reading: readings.Reading, policies: Any) -> figures.Document:
    """The headline figures of a reading under given policies."""
    made = documents.protection_report(reading, policies=policies)
    return documents.figures(made.figures)


def propose(
    actor: Actor, policy_id: str, body: str, *, reason: str, entity: str = "", key: str = "", dry_run: bool = False
) -> Proposed:
    """Put an own version of a policy before a second person.

    Raises:
        NotPermitted: the actor may not propose policies here.
        NotFound: there is no such policy, or the entity lies outside the actor's scope.
        PolicyInvalid, PolicyOverlap, PolicyGap: the body is no version; says which line.
        InputError: no reason, or nothing would change.
    """
    access.require(actor, access.POLICY_PROPOSE, [entity] if entity else [])
    _require_seen(actor, entity)
    if policy_id not in shipped().by_id:
        raise NotFound("There is no policy {policy}.", policy=policy_id)
    values = parse_values(body, policy_id=policy_id)
    _require_change(policy_id, values, entity)
    asked = Asked(
        subject=f"{policy_id}{SCOPE_MARK}{entity}" if entity else policy_id, reason=reason,
        body={"policy": policy_id, "valid_from": str(values[0].from_day), "values": body},
        entities=[entity] if entity else [],
    )  # fmt: skip
    return approvals.propose(actor, KIND, asked, key=key, dry_run=dry_run)


def state(subject: str, _entities: Sequence[str]) -> Any:
    """What a second person's word depends on: the own versions there are."""
    policy_id, _, entity = subject.partition(SCOPE_MARK)
    rows = PolicyVersion.objects.every_entity().filter(policy_id=policy_id, entity=entity)
    return [row.digest for row in rows.order_by("version")]


def bring_into_force(write: Write, proposed: Proposed) -> Result:
    """The effect of an approval: the version is a row from now on."""
    policy_id, _, entity = proposed.subject.partition(SCOPE_MARK)
    body = proposed.body["values"]
    values = parse_values(body, policy_id=policy_id)
    version = len(state(proposed.subject, ())) + 1
    digest = hashlib.sha256(f"{policy_id}\n{entity}\n{version}\n{body}".encode()).hexdigest()
    PolicyVersion.objects.create(
        policy_id=policy_id, entity=entity, version=version, valid_from=values[0].from_day, body=body, digest=digest,
        proposal_no=proposed.number, proposed_by=proposed.author, approved_by=str(write.actor),
        is_alone=_is_alone(write, proposed), reason=proposed.reason, write_no=write.write_no, recorded_at=write.at,
    )  # fmt: skip
    write.detail.update(policy=policy_id, policy_entity=entity, policy_version=version, policy_digest=digest)
    return {"policy": policy_id, "entity": entity, "version": version, "valid_from": str(values[0].from_day)}


approvals.register(
    Kind(
        KIND, "Policy", access.POLICY_PROPOSE, access.POLICY_APPROVE, bring_into_force, state, lambda _proposed: [LOCK]
    )
)


def fields_of(policy_id: str) -> Mapping[str, Any]:
    """The form of a policy: field to kind, where each is a single value; empty where it takes YAML.

    A policy of one value has the field ``value``.
    """
    head = header(policy_id)
    unit = head["unit"]
    if unit == "fields":
        kinds = dict(head["fields"])
    elif unit == "choice":
        kinds = {"value": head["choices"]}
    else:
        kinds = {"value": unit}
    single = ("rate", "days", "count", "number", "text")
    return kinds if all(isinstance(kind, list) or kind in single for kind in kinds.values()) else {}


def _is_alone(write: Write, proposed: Proposed) -> bool:
    people = proposals.authors_of(proposed.number)
    return write.actor.user_id is None or bool(write.actor.persons & people)


def _require_seen(actor: Actor, entity: str) -> None:
    access.require(actor, access.READ)
    if entity and entity not in set(Entity.objects.scoped(actor).values_list("code", flat=True)):
        raise NotFound("There is no entity {entity}.", entity=entity)


def _require_change(policy_id: str, values: Sequence[PolicyValue], entity: str) -> None:
    """Refuse a version that says what holds already, on every one of its days."""
    now = governing(entity=entity).by_id[policy_id]
    same = {value.from_day: (value.value, value.source, value.note) for value in now.values}
    if all(same.get(each.from_day) == (each.value, each.source, each.note) for each in values):
        raise InputError("This is what the policy says already.", hint="Change a value or its day.")


def _newest_versions(actor: Actor, entity: str) -> dict[tuple[str, dt.date], PolicyVersion]:
    """By policy and day: the own version that says so."""
    rows = PolicyVersion.objects.scoped(actor).filter(entity__in=["", entity] if entity else [""])
    found: dict[tuple[str, dt.date], PolicyVersion] = {}
    for row in sorted(rows, key=lambda row: (row.entity, row.pk)):
        for value in parse_values(row.body, policy_id=row.policy_id):
            found[row.policy_id, value.from_day] = row
    return found


def _line(
    policy: Policy, on: dt.date, newest: Mapping[tuple[str, dt.date], PolicyVersion], waiting: Sequence[Proposed]
) -> Line:
    past = [value for value in policy.values if value.from_day <= on]
    now = past[-1] if past and past[-1].value is not None else None
    own = newest.get((policy.policy_id, now.from_day)) if now else None
    later = [value.from_day for value in policy.values if value.from_day > on]
    return Line(
        policy.policy_id, policy.policy_id.rpartition(".")[0], policy.title, policy.title_zh, policy.unit,
        policy.governed_by, in_words(now.value) if now else "", now.from_day if now else None,
        now.source if now else "", now is None or now.is_verified, own is not None and _says(own, now),
        own.approved_by if own else "", later[0] if later else None,
        sum(each.subject.partition(SCOPE_MARK)[0] == policy.policy_id for each in waiting),
    )  # fmt: skip


def _says(row: PolicyVersion, value: PolicyValue | None) -> bool:
    return value is not None and any(each == value for each in parse_values(row.body, policy_id=row.policy_id))


def _spans(policy: Policy, on: dt.date) -> list[Span]:
    """The timeline, newest first."""
    seeds = set(map(repr, shipped().by_id[policy.policy_id].values))
    spans = []
    for value, after in zip(policy.values, [*policy.values[1:], None], strict=True):
        until = after.from_day if after else None
        here = value.from_day <= on and (until is None or on < until)
        spans.append(
            Span(value.from_day, until, in_words(value.value), value.source, value.note, repr(value) not in seeds, here)
        )
    return spans[::-1]


def in_words(value: Any) -> str:
    """A value on one line, as YAML writes it."""
    if isinstance(value, str | int | float | bool):
        return str(value).lower() if isinstance(value, bool) else str(value)
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=10_000)
    return str(text).strip().removesuffix("...").strip()


def _version(row: PolicyVersion) -> Version:
    return Version(
        row.policy_id, row.entity, row.version, row.valid_from, row.body, row.digest, row.proposal_no, row.proposed_by,
        row.approved_by, row.is_alone, row.reason, row.recorded_at,
    )  # fmt: skip


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value
