"""The book of the sandbox insurer: companies, jobs, decisions, events and what it was told, under its own clock."""

from __future__ import annotations

import datetime as dt
import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from seawall.engine.kernel.money import amount_text, minor_of
from seawall.exchange.insurers.messages import LIMIT_KINDS, OUTGOING, Malformed, of_json, to_json
from seawall.exchange.insurers.port import content_digest

Body = dict[str, Any]
DAY: Final = dt.timedelta(days=1)
YEAR_DAYS: Final = 365
TEMPORARY_DAYS: Final = 90
NOTICE_DAYS: Final = 30
REFERRED_DAYS: Final = 3
STANDING: Final = ("approved", "partial", "temporary", "reduced")
"""Kinds of decision that leave something insured."""


class Unfit(Exception):
    """The sandbox says no: its status and why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


@dataclass
class Work:
    """A job: a message that was taken, and what came of it."""

    job_ref: str
    kind: str
    body: Body
    key: str
    due: dt.datetime
    status: str = "pending"
    reason: str = ""
    ref: str = ""
    decisions: list[Body] = field(default_factory=list)


@dataclass
class Book:
    """All that the sandbox knows. ``told`` hears of each event as it happens."""

    seed: int
    now: dt.datetime
    told: Callable[[Body], None] = lambda _event: None
    companies: dict[str, Body] = field(default_factory=dict)
    keys: dict[str, Work] = field(default_factory=dict)
    jobs: dict[str, Work] = field(default_factory=dict)
    decisions: list[Body] = field(default_factory=list)
    events: list[Body] = field(default_factory=list)
    is_quick: bool = False
    """Jobs are done within a minute, for people who look on."""

    later: list[tuple[dt.datetime, int, Callable[[], None]]] = field(default_factory=list)

    def found(self, name: str, country: str, registration_id: str) -> list[Body]:
        """Companies that fit: by registration one, by name two; none whose registration begins with NONE."""
        if registration_id.upper().startswith("NONE") or not (registration_id or name):
            return []
        given = registration_id or name
        count = 1 if registration_id else 2
        found = []
        for n in range(count):
            ref = "S" + hashlib.sha256(f"{country} {given} {n}".encode()).hexdigest()[:9].upper()
            known = {"company_ref": ref, "name": name or given, "country": country, "registration_id": registration_id}
            found.append(self.companies.setdefault(ref, known))
        return found

    def take(self, kind: str, said: Body, key: str) -> Work:
        """Take a message; the same key again is the same job.

        Raises:
            Unfit: it cannot be taken.
        """
        if kind not in OUTGOING or kind == "find_company":
            raise Unfit(404, "no such message")
        if not key:
            raise Unfit(400, "an Idempotency-Key is missing")
        if (before := self.keys.get(key)) is not None:
            if (before.kind, content_digest(before.body)) != (kind, content_digest(said)):
                raise Unfit(409, "the key came before with another message")
            return before
        self._require_sense(kind, said)
        ref = f"J{len(self.jobs) + 1:06}"
        chance = self._chance("job", ref)
        takes = dt.timedelta(seconds=chance.randint(5, 40) if self.is_quick else 60 * chance.randint(1, 60 * 30))
        work = Work(ref, kind, said, key, self.now + takes)
        self.keys[key] = self.jobs[ref] = work
        self._at(work.due, lambda: self._do(work))
        return work

    def _require_sense(self, kind: str, said: Body) -> None:
        try:
            of_json(OUTGOING[kind][1], said)
        except Malformed as error:
            raise Unfit(400, error.message) from error
        if "company_ref" in said and said["company_ref"] not in self.companies:
            raise Unfit(422, "the company is not known")
        if kind in ("request_cover", "change_cover"):
            slot = _slot(kind, said)
            if any(_slot(each.kind, each.body) == slot for each in self.jobs.values() if each.status == "pending"):
                raise Unfit(422, "a request of this type is open for this company")

    def standing(self) -> list[Body]:
        """The newest decision of each company, policy and layer, that leaves anything insured or not."""
        newest: dict[tuple[str, str, str], Body] = {}
        for each in self.decisions:
            newest[each["company_ref"], each["policy"], each.get("layer", "1")] = each
        return [newest[key] for key in sorted(newest)]

    def advance(self, until: dt.datetime) -> None:
        """Let time pass, and what is due in it happen in order."""
        while True:
            midnight = (self.now + DAY).replace(hour=0, minute=0, second=0, microsecond=0)
            self.later.sort(key=lambda each: each[:2])
            due = self.later[0][0] if self.later else until + DAY
            if min(midnight, due) > until:
                break
            if due <= midnight:
                at, _, act = self.later.pop(0)
                self.now = max(self.now, at)
                act()
            else:
                self.now = midnight
                self._new_day()
        self.now = until

    def decide(self, company_ref: str, policy: str, kind: str, amount: str, currency: str, **more: Any) -> Body:
        """A decision, told at once. ``more``: any other field of one."""
        number = len(self.decisions) + 1
        on = self.now.date()
        decision = {
            "decision_id": f"D{number:06}", "company_ref": company_ref, "policy": policy, "kind": kind,
            "amount": amount, "currency": currency, "decided_on": on.isoformat(), "effective_from": on.isoformat(),
            "sequence": number, "layer": "1", **more,
        }  # fmt: skip
        if kind not in LIMIT_KINDS:
            raise Unfit(400, "no such kind")
        self.decisions.append(decision)
        self.tell("decision", decision)
        return decision

    def tell(self, kind: str, body: Body) -> None:
        """Something happened."""
        number = len(self.events) + 1
        event = {"event_id": f"E{number:06}", "kind": kind, "sequence": number, "at": self.now.isoformat(),
                 "body": body}  # fmt: skip
        self.events.append(event)
        self.told(event)

    def _at(self, due: dt.datetime, act: Callable[[], None]) -> None:
        self.later.append((due, len(self.later) + len(self.jobs) * 1000, act))

    def _chance(self, *what: Any) -> random.Random:
        """The same chances for the same thing: by the seed alone."""
        return random.Random(f"{self.seed} {' '.join(map(str, what))}")  # noqa: S311 - reproducible on purpose

    def _do(self, work: Work) -> None:
        work.status = "processed"
        if work.kind == "request_cover":
            self._requested(work)
        elif work.kind == "change_cover":
            self._changed(work)
        else:
            work.ref = f"R{work.job_ref[1:]}"
            reply = {"message_key": work.key, "answer": "acknowledged", "on": self.now.date().isoformat(),
                     "ref": work.ref}  # fmt: skip
            self.tell("reply", reply)
            if work.kind == "file_claim":
                self._at(self.now + NOTICE_DAYS * DAY, lambda: self._paid(work))

    def _paid(self, work: Work) -> None:
        """A claim is paid: nine tenths, as most wordings have it."""
        currency = work.body["currency"]
        paid = minor_of(work.body["amount"], currency) * 9 // 10
        self.tell("reply", {
            "message_key": work.key, "answer": "paid", "on": self.now.date().isoformat(), "ref": work.ref,
            "amount": amount_text(paid, currency), "currency": currency,
        })  # fmt: skip

    def _requested(self, work: Work) -> None:
        said = work.body
        luck = self._chance("request", said["company_ref"], self._count_of(work)).random()
        asked = minor_of(said["amount"], said["currency"])
        expires = (self.now.date() + dt.timedelta(days=YEAR_DAYS)).isoformat()
        if luck < 0.55:  # noqa: PLR2004 - shares of a made-up insurer
            work.decisions.append(self._of(said, "approved", asked, expires_on=expires))
        elif luck < 0.75:  # noqa: PLR2004
            work.decisions.append(self._of(said, "partial", asked // 2, expires_on=expires))
        elif luck < 0.85:  # noqa: PLR2004
            short = (self.now.date() + dt.timedelta(days=TEMPORARY_DAYS)).isoformat()
            work.decisions.append(self._of(said, "partial", asked * 6 // 10, expires_on=expires))
            work.decisions.append(
                self._of(said, "temporary", asked * 3 // 10, expires_on=short, layer="2",
                         conditions="retention of title; 60 days at most", max_term_days=60)
            )  # fmt: skip
        elif luck < 0.92:  # noqa: PLR2004
            work.decisions.append(self._of(said, "refused", 0))
        else:
            work.decisions.append(self._of(said, "referred", asked))
            later = self.now + REFERRED_DAYS * DAY
            self._at(later, lambda: self._decided_later(said, asked * 8 // 10, expires))

    def _decided_later(self, said: Body, minor: int, expires: str) -> None:
        self._of(said, "approved", minor, expires_on=expires)

    def _count_of(self, work: Work) -> int:
        refs = [each.job_ref for each in self.jobs.values() if each.body.get("company_ref") == work.body["company_ref"]]
        return refs.index(work.job_ref)

    def _of(self, said: Body, kind: str, minor: int, **more: Any) -> Body:
        amount = amount_text(minor, said["currency"])
        rate = {"insured_rate": str(Decimal("0.9"))} if kind in STANDING else {}
        return self.decide(said["company_ref"], said["policy"], kind, amount, said["currency"], **rate, **more)

    def _changed(self, work: Work) -> None:
        said, action = work.body, work.body["action"]
        stands = [each for each in self.standing() if _whose(each) == _whose(said) and each["kind"] in STANDING]
        if not stands:
            work.status, work.reason = "refused", "there is no limit to change"
            return
        first = stands[0]
        asked = minor_of(said["amount"], said["currency"])
        if action == "cancel":
            for each in stands:
                work.decisions.append(self._of(said, "cancelled", 0, layer=each["layer"]))
        elif action == "reduce":
            work.decisions.append(self._of(said, "reduced", asked, expires_on=first.get("expires_on")))
        elif action == "prolong":
            amount = minor_of(first["amount"], first["currency"])
            until = said.get("until_on") or (self.now.date() + dt.timedelta(days=YEAR_DAYS)).isoformat()
            work.decisions.append(self._of(first, first["kind"], amount, expires_on=until, layer=first["layer"]))
        else:
            work.decisions.append(self._of(said, "approved", asked, expires_on=first.get("expires_on")))

    def _new_day(self) -> None:
        """What an insurer does unasked: limits end, are cut with notice or cancelled, grades change."""
        today = self.now.date()
        for each in self.standing():
            if each["kind"] not in STANDING:
                continue
            if each.get("expires_on") and each["expires_on"] < today.isoformat():
                self._of(each, "expired", 0, layer=each["layer"])
                continue
            from_on = (today + dt.timedelta(days=NOTICE_DAYS)).isoformat()
            if each.get("expires_on") and each["expires_on"] < from_on:
                continue
            luck = self._chance("day", today, each["company_ref"], each["layer"]).random()
            more = {"effective_from": from_on, "notice_days": NOTICE_DAYS, "layer": each["layer"]}
            if luck < 0.006:  # noqa: PLR2004
                half = minor_of(each["amount"], each["currency"]) // 2
                self._of(each, "reduced", half, expires_on=each.get("expires_on"), **more)
            elif luck < 0.009:  # noqa: PLR2004
                self._of(each, "cancelled", 0, **more)
            elif luck < 0.02:  # noqa: PLR2004
                grade = str(1 + int(luck * 1e6) % 10)
                self.tell(
                    "grade", {"company_ref": each["company_ref"], "grade": grade, "decided_on": today.isoformat()}
                )


def _whose(said: Body) -> tuple[str, str]:
    return said["company_ref"], said["policy"]


def _slot(kind: str, said: Body) -> tuple[str, ...] | None:
    if kind not in ("request_cover", "change_cover"):
        return None
    return (*_whose(said), of_json(OUTGOING[kind][1], said).request_type)


def told_of(message: Any) -> Body:
    """A message as the book is told it."""
    return to_json(message)
