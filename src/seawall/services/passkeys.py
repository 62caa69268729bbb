"""Passkeys (WebAuthn) as second factors: what the browser is asked, and whether its answer is right."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
)

from seawall.engine.kernel.errors import InputError
from seawall.services import access
from seawall.services.access import Actor
from seawall.services.command import Result, Write, execute
from seawall.services.second_factors import ISSUER, codes_left, own, renew_codes
from seawall.store.models import SecondFactor

NAME_MAX = 100
Options = dict[str, Any]
"""What goes to the browser, as plain JSON."""


@dataclass(frozen=True, slots=True)
class Site:
    """The address people see: a passkey serves at no other."""

    host: str
    origin: str

    def server(self) -> Fido2Server:
        """The library's checker for this address."""
        return Fido2Server(
            PublicKeyCredentialRpEntity(id=self.host, name=ISSUER), verify_origin=lambda origin: origin == self.origin
        )


def begin_adding(actor: Actor, *, site: Site) -> tuple[Options, Any]:
    """What the browser is asked to make, and the state to keep in the session until it answers."""
    user_id = own(actor)
    entity = PublicKeyCredentialUserEntity(id=_handle(user_id), name=actor.name, display_name=actor.name)
    options, state = site.server().register_begin(entity, credentials=_credentials(user_id))
    return dict(options), state


def add(actor: Actor, *, site: Site, state: Any, answer: Mapping[str, Any], name: str) -> list[str]:
    """Keep a passkey the browser made; returns recovery codes where there were none.

    Raises:
        InputError: the answer is not what was asked for, or the passkey is known already.
    """
    user_id = own(actor)
    try:
        made = site.server().register_complete(state, answer)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError("The passkey could not be checked.", hint="Try again from this page.") from error
    credential = made.credential_data
    if credential is None:
        raise InputError("The passkey could not be checked.", hint="Try again from this page.")
    digest = _digest(credential.credential_id)
    if SecondFactor.objects.filter(credential_digest=digest).exists():
        raise InputError("This passkey is known already.")

    def effect(write: Write) -> Result:
        row = SecondFactor.objects.create(
            user_id=user_id, kind=SecondFactor.Kind.PASSKEY, name=name.strip()[:NAME_MAX] or "Passkey",
            credential=bytes(credential), credential_digest=digest, sign_count=made.counter, created_at=write.at,
        )  # fmt: skip
        write.detail.update(changed="second_factor_added", factor_id=row.pk, kind=row.kind)
        return {}

    execute(actor, access.SELF, effect, request={"add_passkey_of": user_id}, lock=[f"user {user_id}"])
    return [] if codes_left(actor) else renew_codes(actor)


def begin_asking(user_id: int, *, site: Site) -> tuple[Options, Any]:
    """What the browser is asked to sign, and the state to keep in the session until it answers."""
    options, state = site.server().authenticate_begin(_credentials(user_id))
    return dict(options), state


def is_right(user_id: int, *, site: Site, state: Any, answer: Mapping[str, Any], at: dt.datetime) -> bool:
    """Whether the browser's answer is signed by one of the user's passkeys, and by no copy of it.

    An authenticator that counts must count on: a number that does not grow is a copy's.
    """
    try:
        used = site.server().authenticate_complete(state, _credentials(user_id), answer)
        count = AuthenticationResponse.from_dict(answer).response.authenticator_data.counter
    except (ValueError, KeyError, TypeError):
        return False
    row = SecondFactor.objects.filter(user_id=user_id, credential_digest=_digest(used.credential_id))
    later = row.filter(sign_count__lt=count) if count else row.filter(sign_count=0)
    return later.update(sign_count=count, last_used_at=at) == 1


def _credentials(user_id: int) -> list[AttestedCredentialData]:
    rows = SecondFactor.objects.filter(user_id=user_id, kind=SecondFactor.Kind.PASSKEY)
    return [AttestedCredentialData(bytes(row.credential)) for row in rows if row.credential is not None]


def _handle(user_id: int) -> bytes:
    """What a passkey keeps of its owner: nothing that says who it is."""
    return hashlib.sha256(f"seawall passkey {user_id}".encode()).digest()[:16]


def _digest(credential_id: bytes) -> str:
    return hashlib.sha256(credential_id).hexdigest()
