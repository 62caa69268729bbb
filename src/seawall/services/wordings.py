"""Insurance policies of the store: whole wordings, each version approved by a second person and never changed.

The newest version of a code holds. What changes from a day on stands in the wording itself, as a value of that day.
"""

from __future__ import annotations

import datetime as dt
import difflib
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import yaml

from seawall.engine.kernel.errors import Conflict, InputError, NotFound, Sentence
from seawall.engine.kernel.text import is_keepable
from seawall.engine.protection import wording_remarks
from seawall.engine.protection.plain_words import CHINESE, ENGLISH, said
from seawall.engine.protection.terms import TERMS
from seawall.engine.protection.wording import Wording
from seawall.exchange.policy_texts import PolicyText
from seawall.exchange.policy_texts import currencies as said_currencies
from seawall.policies import insurance
from seawall.services import access, approvals, proposals, subjects
from seawall.services.access import Actor
from seawall.services.approvals import Asked, Kind
from seawall.services.command import Result, Write
from seawall.services.proposals import Proposed
from seawall.store.models import AuditEntry, InsurancePolicyVersion

KIND: Final = "insurance_policy"
LOCK: Final = "insurance policies"
FILE: Final = "policy.yaml"
"""What errors call a text that no file holds."""


@dataclass(frozen=True, slots=True)
class Version:
    """A wording as approved."""

    policy: str
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
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return plain | {"valid_from": self.valid_from.isoformat(), "recorded_at": self.recorded_at.isoformat()}


@dataclass(frozen=True, slots=True)
class Line:
    """A policy as listed: its newest version, and how many proposals wait."""

    policy: str
    title: str
    title_zh: str
    insurer: str
    form: str
    currency: str
    first_on: dt.date
    last_on: dt.date
    entity: str
    version: int
    valid_from: dt.date
    approved_by: str
    is_verified: bool
    waiting: int

    def as_json(self) -> dict[str, Any]:
        """For doors."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: value.isoformat() if isinstance(value, dt.date) else value for name, value in plain.items()}


@dataclass(frozen=True, slots=True)
class File:
    """One policy: its newest wording, all versions (newest first), and what waits for a second person."""

    line: Line
    wording: Wording
    versions: tuple[Version, ...]
    proposals: tuple[Proposed, ...]

    def as_json(self) -> dict[str, Any]:
        """For doors."""
        return self.line.as_json() | {
            "terms": terms_of(self.wording), "versions": [each.as_json() for each in self.versions],
            "proposals": [each.as_json() for each in self.proposals],
        }  # fmt: skip


def texts(actor: Actor, *, known: int | None = None) -> tuple[PolicyText, ...]:
    """The wordings that hold, as known at a batch number (now, without one), as far as the actor sees them.

    Raises:
        NotPermitted: the actor may not read.
    """
    access.require(actor, access.READ)
    rows = InsurancePolicyVersion.objects.scoped(actor)
    if known is not None:
        rows = rows.filter(write_no__in=AuditEntry.objects.filter(batch_no__lte=known).values("write_no"))
    newest = rows.order_by("policy", "-version").distinct("policy")
    return tuple(PolicyText(row.policy, row.body) for row in newest)


def wordings(actor: Actor, *, known: int | None = None) -> tuple[Wording, ...]:
    """The same, read.

    Raises:
        NotPermitted: the actor may not read.
    """
    return _read(tuple((each.name, each.text) for each in texts(actor, known=known)))


@lru_cache(maxsize=16)
def _read(said: tuple[tuple[str, str], ...]) -> tuple[Wording, ...]:
    return insurance.load_wordings(said)


def currencies() -> dict[str, str]:
    """By code of each policy that was approved: its currency."""
    newest = InsurancePolicyVersion.objects.every_entity().order_by("policy", "-version").distinct("policy")
    return said_currencies(PolicyText(row.policy, row.body) for row in newest)


def listed(actor: Actor) -> list[Line]:
    """Every policy, by code.

    Raises:
        NotPermitted: the actor may not read.
    """
    access.require(actor, access.READ)
    waiting = [each for each in proposals.listed(actor, kind=KIND) if each.decision is None]
    newest = InsurancePolicyVersion.objects.scoped(actor).order_by("policy", "-version").distinct("policy")
    return [_line(row, waiting) for row in newest]


def waiting_new(actor: Actor) -> list[Proposed]:
    """Proposals of policies that have no version yet."""
    known = {each.policy for each in listed(actor)}
    return [each for each in proposals.listed(actor, kind=KIND) if each.decision is None and each.subject not in known]


def shown(actor: Actor, code: str) -> File:
    """One policy.

    Raises:
        NotPermitted: the actor may not read.
        NotFound: there is none of that code for the actor.
    """
    access.require(actor, access.READ)
    found = InsurancePolicyVersion.objects.scoped(actor).filter(policy=code).order_by("-version")
    rows = list(found) if is_keepable(code) else []
    if not rows:
        raise NotFound("There is no insurance policy {policy}.", policy=code)
    about = [each for each in proposals.listed(actor, kind=KIND, subject=code) if each.decision is None]
    return File(_line(rows[0], about), checked(rows[0].body), tuple(_version(row) for row in rows), tuple(about))


def checked(body: str) -> Wording:
    """A wording from its text.

    Raises:
        PolicyInvalid, PolicyOverlap, PolicyGap: it is none; says which line and why.
    """
    return insurance.parse(body, name=FILE)


def remarks(actor: Actor, wording: Wording) -> list[Sentence]:
    """What is worth saying of a wording that can be used: what of it can never come to bear.

    Raises:
        NotPermitted: the actor may not read.
    """
    access.require(actor, access.READ)
    named = (code for codes in wording_remarks.customers_named(wording).values() for code in codes)
    return wording_remarks.remarks(wording, subjects.known_codes(actor, named))


def propose(
    actor: Actor, body: str, *, reason: str, valid_from: dt.date | None = None, key: str = "", dry_run: bool = False
) -> Proposed:
    """Put a wording before a second person. It is of the entity it names, where it names one; else of the company.

    Raises:
        NotPermitted: the actor may not propose policies, or not for the whole company.
        NotFound: the entity lies outside the actor's scope.
        PolicyInvalid, PolicyOverlap, PolicyGap: it is no wording; says which line and why.
        InputError: no reason, or this is what the policy says already.
        Conflict: another entity's policy has this code, or the policy was in another currency.
    """
    wording = checked(body)
    entities = _entities(wording)
    access.require(actor, access.POLICY_PROPOSE, entities)
    if not entities:
        access.require_everywhere(actor, access.POLICY_PROPOSE)
    before = InsurancePolicyVersion.objects.every_entity().filter(policy=wording.code).order_by("-version").first()
    if before is not None and before.entity != "".join(entities):
        raise Conflict("The code {policy} is taken.", hint="Give the policy another code.", policy=wording.code)
    if before is not None and (known := checked(before.body).currency) != wording.currency:
        raise Conflict(
            "The policy {policy} is in {currency}, and what is kept of it too.", hint="Give the policy another code.",
            policy=wording.code, currency=known,
        )  # fmt: skip
    if before is not None and before.body == body:
        raise InputError("This is what the policy says already.", hint="Change a value or its day.")
    day = valid_from or wording.first_on
    asked = Asked(
        subject=wording.code, reason=reason, entities=entities,
        body={"policy": wording.code, "valid_from": str(day), "wording": body},
    )  # fmt: skip
    return approvals.propose(actor, KIND, asked, key=key, dry_run=dry_run)


def _entities(wording: Wording) -> list[str]:
    """The one entity a policy is of; none where it names none or several: then it is the company's."""
    return list(wording.entities) if len(wording.entities) == 1 else []


def state(subject: str, _entities: Sequence[str]) -> Any:
    """What a second person's word depends on: the versions there are."""
    rows = InsurancePolicyVersion.objects.every_entity().filter(policy=subject)
    return [row.digest for row in rows.order_by("version")]


def _bring_into_force(write: Write, proposed: Proposed) -> Result:
    """The effect of an approval: the wording is a row from now on."""
    body = proposed.body["wording"]
    checked(body)
    entity = "".join(proposed.entities)
    version = len(state(proposed.subject, ())) + 1
    digest = hashlib.sha256(f"{proposed.subject}\n{entity}\n{version}\n{body}".encode()).hexdigest()
    people = proposals.authors_of(proposed.number)
    InsurancePolicyVersion.objects.create(
        policy=proposed.subject, entity=entity, version=version, valid_from=proposed.body["valid_from"], body=body,
        digest=digest, proposal_no=proposed.number, proposed_by=proposed.author, approved_by=str(write.actor),
        is_alone=write.actor.user_id is None or bool(write.actor.persons & people), reason=proposed.reason,
        write_no=write.write_no, recorded_at=write.at,
    )  # fmt: skip
    write.detail.update(insurance_policy=proposed.subject, policy_entity=entity, policy_version=version)
    return {"policy": proposed.subject, "entity": entity, "version": version}


approvals.register(
    Kind(
        KIND, "Insurance policy", access.POLICY_PROPOSE, access.POLICY_APPROVE, _bring_into_force, state,
        lambda _proposed: [LOCK],
    )
)  # fmt: skip


def difference(before: str, after: str) -> list[tuple[str, str]]:
    """The lines of two wordings side by side: a mark (``+``, ``-``, or a blank for what stays) and the line."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=3, lineterm="")
    return [(line[:1], line[1:]) for line in lines if not line.startswith(("---", "+++"))]


def templates() -> dict[str, Wording]:
    """The policies shipped to begin with, by the name of their file."""
    return insurance.templates()


def template(name: str) -> str:
    """The text of a template.

    Raises:
        NotFound: there is none of that name.
    """
    path = insurance.TEMPLATES / f"{name}.yaml"
    if name not in templates():
        raise NotFound("There is no template {name}.", name=name)
    return path.read_text("utf-8")


def terms_of(wording: Wording) -> list[dict[str, Any]]:
    """A wording term by term, in the order of the table: its words in both languages, and each value by its day."""
    body = wording.body.get("terms", {})
    plain = {code: _sentences(wording, code) for code in (ENGLISH, CHINESE)}
    return [
        {
            "term": name, "title": term.value.title, "title_zh": term.value.title_zh, "about": term.about,
            "about_zh": term.about_zh,
            "values": [
                {
                    "from_day": None if each.from_day <= wording.first_on else each.from_day.isoformat(),
                    "sentence": plain[ENGLISH][name][place], "sentence_zh": plain[CHINESE][name][place],
                    "value": in_words(_said(body[name], each.from_day)), "source": each.source, "note": each.note,
                    "is_verified": each.is_verified,
                }
                for place, each in enumerate(wording.terms[name])
            ],
        }
        for name, term in TERMS.items()
        if name in wording.terms
    ]  # fmt: skip


def _sentences(wording: Wording, code: str) -> dict[str, list[str]]:
    """By term: what it says from each of its days on, in plain words of one language."""
    found: dict[str, list[str]] = {}
    for each in said(wording, code):
        found.setdefault(each.term, []).append(each.sentence)
    return found


def _said(value: Any, day: dt.date) -> Any:
    """What a policy file says of a term on a day."""
    if isinstance(value, Mapping) and isinstance(value.get(day), Mapping):
        return value[day].get("value")
    return value


def in_words(value: Any) -> str:
    """A value in one line, as YAML has it."""
    text: str = yaml.safe_dump(value, allow_unicode=True, default_flow_style=True, width=1_000_000, sort_keys=False)
    return text.strip().removesuffix("\n...").removesuffix("...").strip()


def _version(row: InsurancePolicyVersion) -> Version:
    return Version(**{name: getattr(row, name) for name in Version.__dataclass_fields__})


def _line(row: InsurancePolicyVersion, waiting: Sequence[Proposed]) -> Line:
    wording = checked(row.body)
    return Line(
        row.policy, wording.title, wording.title_zh, wording.insurer, wording.form, wording.currency,
        wording.first_on, wording.last_on, row.entity, row.version, row.valid_from, row.approved_by,
        wording.is_verified(), sum(each.subject == row.policy for each in waiting),
    )  # fmt: skip
