"""Sessions of people: when they end, who sees and ends them, and for whom a session acts."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from django.db.models import Q

from seawall.engine.kernel.errors import NotFound
from seawall.services import access, deputies
from seawall.services.access import Actor
from seawall.services.command import Result, Write, execute
from seawall.services.sign_in_rules import Rules, rules
from seawall.store.models import SignedIn, User

SEEN_EVERY = dt.timedelta(minutes=1)
"""How exactly the last request is kept; not every one is a write."""

KEPT = dt.timedelta(days=30)
"""So long ended sessions are remembered: longer than any browser's cookie lasts."""


@dataclass(frozen=True, slots=True)
class Session:
    """One session of a user, as its owner sees it."""

    session_id: int
    user_id: int
    acts_for_id: int | None
    begun_at: dt.datetime
    seen_at: dt.datetime
    address: str
    agent: str


def look(
    user: User, *, key: str, at: dt.datetime, held: Rules, address: str = "", agent: str = ""
) -> Session | None:  # fmt: skip
    """The session behind a browser's key; None once it ended, or was idle or lasted too long by the rules held.

    A key seen for the first time begins one. Nothing of this is on the audit record but the signing in itself.
    """
    row = SignedIn.objects.filter(digest=_digest(key)).first()
    if row is None:
        row = _begun(user, key=key, at=at, address=address, agent=agent)
    if row.user_id != user.pk or row.ended_at or _is_over(row, at, held):
        SignedIn.objects.filter(pk=row.pk, ended_at=None).update(ended_at=at)
        return None
    if at - row.seen_at >= SEEN_EVERY:
        SignedIn.objects.filter(pk=row.pk).update(seen_at=at)
    return _session(row)


def actor_of(user: User, session: Session | None, *, on: dt.date) -> Actor:
    """Who a signed-in user is: a deputy, where the session acts for somebody and still may, else oneself."""
    if session and session.acts_for_id:
        deputy = deputies.acting(user, session.acts_for_id, on=on)
        if deputy:
            return deputy
    return access.actor_of(user)


def mine(actor: Actor, *, at: dt.datetime, on: dt.date) -> list[Session]:
    """The actor's own sessions that have not ended, newest first."""
    held = rules(on)
    rows = SignedIn.objects.filter(user_id=access.user_of(actor), ended_at=None)
    return [_session(row) for row in rows if not _is_over(row, at, held)]


def end(actor: Actor, *, session_id: int) -> None:
    """End one of the actor's own sessions.

    Raises:
        NotFound: it is none of the actor's.
    """
    _require_own(actor, session_id)

    def effect(write: Write) -> Result:
        SignedIn.objects.filter(pk=session_id, ended_at=None).update(ended_at=write.at)
        write.detail.update(changed="session_ended", session_id=session_id)
        return {}

    execute(actor, access.SELF, effect, request={"end_session": session_id})


def end_others(actor: Actor, *, keep: int | None) -> int:
    """End all of the actor's sessions but one; returns how many."""

    def effect(write: Write) -> Result:
        rows = SignedIn.objects.filter(user_id=access.user_of(actor), ended_at=None).exclude(pk=keep or 0)
        count = rows.update(ended_at=write.at)
        write.detail.update(changed="sessions_ended", count=count)
        return {"count": count}

    return int(execute(actor, access.SELF, effect, request={"end_others": True}).result["count"])


def end_all(user_id: int, *, at: dt.datetime) -> None:
    """End every session of a user: part of a write that changes what the user may do."""
    SignedIn.objects.filter(user_id=user_id, ended_at=None).update(ended_at=at)


def sign_out(*, key: str, at: dt.datetime) -> None:
    """Remember that a browser's session was ended by signing out."""
    SignedIn.objects.filter(digest=_digest(key), ended_at=None).update(ended_at=at)


def act_for(session: Session, *, principal_id: int | None, on: dt.date) -> None:
    """Let a session act for a principal from now on, or for nobody.

    Raises:
        NotFound: the actor is no deputy of that person today.
    """
    user = User.objects.get(pk=session.user_id)
    if principal_id is not None and deputies.acting(user, principal_id, on=on) is None:
        raise NotFound("You are not a deputy of this person today.")
    own = access.actor_of(user)

    def effect(write: Write) -> Result:
        SignedIn.objects.filter(pk=session.session_id).update(acts_for=principal_id)
        write.detail.update(changed="acts_for", principal_id=principal_id)
        return {}

    execute(own, access.SELF, effect, request={"act_for": principal_id})


def _begun(user: User, *, key: str, at: dt.datetime, address: str, agent: str) -> SignedIn:
    SignedIn.objects.filter(Q(ended_at__lt=at - KEPT) | Q(begun_at__lt=at - KEPT)).delete()
    row, _ = SignedIn.objects.get_or_create(
        digest=_digest(key),
        defaults={"user": user, "begun_at": at, "seen_at": at, "address": address[:45], "agent": agent[:200]},
    )
    return row


def _is_over(row: SignedIn, at: dt.datetime, held: Rules) -> bool:
    return at - row.seen_at > held.idle or at - row.begun_at > held.absolute


def _require_own(actor: Actor, session_id: int) -> None:
    if not SignedIn.objects.filter(pk=session_id, user_id=access.user_of(actor)).exists():
        raise NotFound("There is no such session.")


def _session(row: SignedIn) -> Session:
    return Session(row.pk, row.user_id, row.acts_for_id, row.begun_at, row.seen_at, row.address, row.agent)


def _digest(key: str) -> str:
    return hashlib.sha256(f"session {key}".encode()).hexdigest()
