"""Second factors: an authenticator app's codes, recovery codes, and what removes them again.

Passkeys are in ``passkeys``. A code of the app serves once; so does each recovery code.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from base64 import b32encode
from dataclasses import dataclass

import pyotp

from seawall.engine.kernel.errors import InputError, NotFound, Refused
from seawall.services import access, deputies
from seawall.services.access import Actor
from seawall.services.command import Result, Write, execute
from seawall.store import seal
from seawall.store.models import RecoveryCode, SecondFactor, User

ISSUER = "Seawall"
PURPOSE = "authenticator app"
STEP_SECONDS, STEPS_EARLY_LATE = 30, 1
"""A code is taken one step early or late: clocks of telephones are not exact."""

CODES, CODE_BYTES, CODE_GROUP = 10, 10, 4


@dataclass(frozen=True, slots=True)
class Factor:
    """A second factor as its owner sees it."""

    factor_id: int
    kind: str
    name: str
    created_at: dt.datetime
    last_used_at: dt.datetime | None


def mine(actor: Actor) -> list[Factor]:
    """The actor's own second factors, oldest first."""
    return [
        Factor(row.pk, row.kind, row.name, row.created_at, row.last_used_at)
        for row in SecondFactor.objects.filter(user_id=access.user_of(actor))
    ]


def kinds(user_id: int) -> frozenset[str]:
    """Which kinds of second factor a user has."""
    return frozenset(SecondFactor.objects.filter(user_id=user_id).values_list("kind", flat=True))


def codes_left(actor: Actor) -> int:
    """How many recovery codes the actor has not used."""
    return RecoveryCode.objects.filter(user_id=access.user_of(actor), used_at=None).count()


def new_app_secret() -> str:
    """A secret for an authenticator app; nothing is kept until a code of it was given back."""
    return pyotp.random_base32()


def app_address(actor: Actor, secret: str) -> str:
    """The address an authenticator app reads from a picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=actor.name, issuer_name=ISSUER)


def add_app(actor: Actor, *, secret: str, code: str, at: dt.datetime) -> list[str]:
    """Keep an authenticator app once it gave a right code; returns recovery codes where there were none.

    Raises:
        InputError: the code is wrong, or there is an app already.
    """
    user_id = own(actor)
    step = _step_of(secret, code, at)
    if step is None:
        raise InputError("This code is not right: look at the app again.", code="wrong_code")
    if SecondFactor.objects.filter(user_id=user_id, kind=SecondFactor.Kind.APP).exists():
        raise InputError("There is an authenticator app already.", hint="Remove it before another one is added.")

    def effect(write: Write) -> Result:
        made = SecondFactor.objects.create(
            user_id=user_id, kind=SecondFactor.Kind.APP, name=ISSUER, secret=seal.seal_text(secret, purpose=PURPOSE),
            last_step=step, created_at=write.at,
        )  # fmt: skip
        write.detail.update(changed="second_factor_added", factor_id=made.pk, kind=made.kind)
        return {}

    execute(actor, access.SELF, effect, request={"add_app_of": user_id}, lock=[f"user {user_id}"])
    return [] if codes_left(actor) else renew_codes(actor)


def remove(actor: Actor, *, factor_id: int, password: str) -> None:
    """Remove one of the actor's own second factors; with the last one go the recovery codes.

    Raises:
        InputError: the password is wrong.
        NotFound: it is none of the actor's.
    """
    user_id = own(actor)
    require_password(actor, password)
    if not SecondFactor.objects.filter(pk=factor_id, user_id=user_id).exists():
        raise NotFound("There is no such second factor.")

    def effect(write: Write) -> Result:
        SecondFactor.objects.filter(pk=factor_id, user_id=user_id).delete()
        if not SecondFactor.objects.filter(user_id=user_id).exists():
            RecoveryCode.objects.filter(user_id=user_id).delete()
        write.detail.update(changed="second_factor_removed", factor_id=factor_id)
        return {}

    execute(actor, access.SELF, effect, request={"remove_factor": factor_id}, lock=[f"user {user_id}"])


def renew_codes(actor: Actor) -> list[str]:
    """New recovery codes in place of the old ones; they are returned once and kept as hashes only.

    Raises:
        Refused: there is no second factor they could replace.
    """
    user_id = own(actor)
    if not SecondFactor.objects.filter(user_id=user_id).exists():
        raise Refused("Recovery codes replace a second factor: add one first.")
    codes = [_new_code() for _ in range(CODES)]

    def effect(write: Write) -> Result:
        RecoveryCode.objects.filter(user_id=user_id).delete()
        RecoveryCode.objects.bulk_create(RecoveryCode(user_id=user_id, digest=_digest(user_id, code)) for code in codes)
        write.detail.update(changed="recovery_codes")
        return {}

    execute(actor, access.SELF, effect, request={"codes_of": user_id}, lock=[f"user {user_id}"])
    return codes


def is_right(user_id: int, code: str, *, at: dt.datetime) -> bool:
    """Whether a code of the user's app, or a recovery code, is right; either serves once."""
    return _is_app_code(user_id, code, at) or _is_recovery_code(user_id, code, at)


def reset(user_id: int) -> None:
    """Forget every second factor of a user: part of a write that gives the user a new start."""
    SecondFactor.objects.filter(user_id=user_id).delete()
    RecoveryCode.objects.filter(user_id=user_id).delete()


def own(actor: Actor) -> int:
    """The user behind an actor who acts in its own name.

    Raises:
        NotSignedIn: the actor is no user.
        Refused: it acts for somebody else.
    """
    deputies.require_own_name(actor)
    return access.user_of(actor)


def require_password(actor: Actor, password: str) -> None:
    """Pass where the actor's present password is right.

    Raises:
        InputError: it is not.
    """
    if not User.objects.get(pk=access.user_of(actor)).check_password(password):
        raise InputError("The present password is not right.", code="wrong_password")


def _is_app_code(user_id: int, code: str, at: dt.datetime) -> bool:
    app = SecondFactor.objects.filter(user_id=user_id, kind=SecondFactor.Kind.APP).first()
    step = _step_of(seal.unseal_text(app.secret, purpose=PURPOSE), code, at) if app else None
    if app is None or step is None:
        return False
    later = SecondFactor.objects.filter(pk=app.pk, last_step__lt=step)
    return later.update(last_step=step, last_used_at=at) == 1


def _is_recovery_code(user_id: int, code: str, at: dt.datetime) -> bool:
    digest = _digest(user_id, code)
    return RecoveryCode.objects.filter(user_id=user_id, digest=digest, used_at=None).update(used_at=at) == 1


def _step_of(secret: str, code: str, at: dt.datetime) -> int | None:
    """The time step whose code this is, among those that are taken at ``at``."""
    app, given = pyotp.TOTP(secret, interval=STEP_SECONDS), "".join(code.split())
    now = int(at.timestamp()) // STEP_SECONDS
    steps = range(now - STEPS_EARLY_LATE, now + STEPS_EARLY_LATE + 1)
    right = [step for step in steps if hmac.compare_digest(app.generate_otp(step).encode(), given.encode())]
    return max(right, default=None)


def _new_code() -> str:
    text = b32encode(secrets.token_bytes(CODE_BYTES)).decode().lower()
    return "-".join(text[start : start + CODE_GROUP] for start in range(0, len(text), CODE_GROUP))


def _digest(user_id: int, code: str) -> str:
    plain = "".join(letter for letter in code.lower() if letter.isalnum())
    return hashlib.sha256(f"recovery {user_id} {plain}".encode()).hexdigest()
