"""Coming in by a provider of identities (OpenID Connect): providers, and which user its word is about.

Nobody is made a user by it. A user is found by the subject linked before, else by an e-mail address that the
provider has verified and that exactly one active user has; that links the subject.
"""

from __future__ import annotations

import datetime as dt
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seawall.engine.kernel.errors import InputError, NotFound, NotPermitted, NotSignedIn
from seawall.exchange import oidc
from seawall.services import access
from seawall.services.access import Actor, Grant
from seawall.services.command import Result, Write, execute
from seawall.store import seal
from seawall.store.models import ProviderSubject, SignInProvider, User

SECRET_BYTES = 32
PURPOSE = "sign-in provider"
ANSWER_WITHIN = dt.timedelta(minutes=10)
NO_PROVIDER = "There is no such provider."


@dataclass(frozen=True, slots=True)
class Offered:
    """A provider as the door and the settings show it."""

    provider_id: int
    name: str
    issuer: str
    client_id: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """Where somebody is sent, and what the session keeps until the answer comes."""

    address: str
    kept: dict[str, Any]


def offered() -> list[Offered]:
    """Providers people may come in by now."""
    return [_offered(row) for row in SignInProvider.objects.filter(is_active=True)]


def providers(actor: Actor) -> list[Offered]:
    """All providers, for who keeps integrations.

    Raises:
        NotPermitted: the actor may not.
    """
    access.require_everywhere(actor, access.INTEGRATION_CHANGE)
    return [_offered(row) for row in SignInProvider.objects.all()]


def keep_provider(
    actor: Actor,
    *,
    name: str,
    issuer: str,
    client_id: str,
    secret: str = "",
    is_active: bool = True,
    key: str = "",
) -> int:
    """Add a provider, or change the one of this issuer; its secret is kept sealed, an empty one stays as it was.

    Raises:
        NotPermitted: the actor may not.
        InputError: no name or client, or an issuer without TLS.
        OutsideError: the issuer does not describe itself.
    """
    access.require_everywhere(actor, access.INTEGRATION_CHANGE)
    issuer = issuer.strip()
    oidc.require_safe(issuer)
    if not name.strip() or not client_id.strip():
        raise InputError("A provider needs a name and a client.")
    if is_active:
        oidc.discover(issuer)
    said: dict[str, Any] = {"name": name.strip()[:100], "client_id": client_id.strip()[:200], "is_active": is_active}

    def effect(write: Write) -> Result:
        more = {"secret": seal.seal_text(secret, purpose=PURPOSE)} if secret else {}
        row, _ = SignInProvider.objects.update_or_create(issuer=issuer, defaults=said | more)
        write.detail.update(changed="provider", provider_id=row.pk, issuer=issuer, **said)
        return {"provider_id": row.pk}

    asked = {"issuer": issuer, **said, "secret": seal.keyed_digest(secret.encode(), purpose=PURPOSE) if secret else ""}
    done = execute(actor, access.INTEGRATION_CHANGE, effect, request=asked, key=key, lock=["people"])
    return int(done.result["provider_id"])


def remove_provider(actor: Actor, *, provider_id: int, key: str = "") -> None:
    """Remove a provider with its secret and its links to users, who keep their accounts and other ways in.

    Raises:
        NotPermitted: the actor may not.
        NotFound: there is no such provider.
    """
    access.require_everywhere(actor, access.INTEGRATION_CHANGE)

    def effect(write: Write) -> Result:
        row = SignInProvider.objects.filter(pk=provider_id).first()
        if row is None:
            raise NotFound(NO_PROVIDER)
        links = ProviderSubject.objects.filter(provider=row).count()
        write.detail.update(changed="provider_removed", provider_id=provider_id, issuer=row.issuer, links=links)
        row.delete()
        return {"provider_id": provider_id}

    asked = {"remove_provider": provider_id}
    execute(actor, access.INTEGRATION_CHANGE, effect, request=asked, key=key, lock=["people"])


def begin(provider_id: int, *, back: str) -> Asked:
    """Where to send somebody who wants to come in by a provider.

    Raises:
        NotFound: there is no such provider.
        OutsideError: it does not answer.
    """
    row = _provider(provider_id)
    kept = {name: secrets.token_urlsafe(SECRET_BYTES) for name in ("state", "nonce", "verifier")}
    provider = _wire(row)
    return Asked(
        oidc.address(provider, oidc.discover(provider.issuer), back=back, **kept), kept | {"provider": provider_id}
    )


def finish(kept: Mapping[str, Any] | None, *, state: str, code: str, back: str, at: dt.datetime) -> User:
    """The user a provider's answer is about.

    Raises:
        NotSignedIn: the answer was not asked for here, is too old, or proves nothing.
        NotPermitted: nobody here is meant by it.
        OutsideError: the provider does not answer.
    """
    if not kept or not state or not code or not hmac.compare_digest(str(kept["state"]).encode(), state.encode()):
        raise NotSignedIn("This answer was not asked for here.", hint="Begin at the sign-in page.")
    if at - dt.datetime.fromisoformat(kept["at"]) > ANSWER_WITHIN:
        raise NotSignedIn("This answer came too late.", hint="Begin at the sign-in page.")
    row = _provider(kept["provider"])
    provider = _wire(row)
    whom = oidc.identity(
        provider, oidc.discover(provider.issuer), code=code, back=back,
        nonce=kept["nonce"], verifier=kept["verifier"], at=at,
    )  # fmt: skip
    linked = ProviderSubject.objects.select_related("user").filter(provider=row, subject=whom.subject).first()
    user = linked.user if linked else _by_email(row, whom)
    if user is None or not user.is_active:
        raise NotPermitted(
            "Nobody here is meant by this account of {provider}.",
            hint="Ask an administrator to invite you under the e-mail address you have there.",
            provider=row.name,
        )
    if not linked:
        _link(user, row, whom.subject)
    return user


def _by_email(row: SignInProvider, whom: oidc.Identity) -> User | None:
    """The one active user of a verified address, not yet linked to another subject of the provider."""
    if not whom.email or not whom.is_email_verified:
        return None
    users = list(User.objects.filter(email__iexact=whom.email, is_active=True)[:2])
    if len(users) != 1 or ProviderSubject.objects.filter(provider=row, user=users[0]).exists():
        return None
    return users[0]


def _link(user: User, row: SignInProvider, subject: str) -> None:
    own = access.actor_of(user)
    actor = own if own.may(access.SELF) else Actor(user.pk, user.username, frozenset({Grant("viewer")}))

    def effect(write: Write) -> Result:
        ProviderSubject.objects.create(provider=row, user=user, subject=subject, linked_at=write.at)
        write.detail.update(changed="provider_linked", provider_id=row.pk, user_id=user.pk)
        return {}

    execute(actor, access.SELF, effect, request={"link": row.pk}, lock=["people"])


def _provider(provider_id: int) -> SignInProvider:
    row = SignInProvider.objects.filter(pk=provider_id, is_active=True).first()
    if row is None:
        raise NotFound(NO_PROVIDER)
    return row


def _wire(row: SignInProvider) -> oidc.Provider:
    return oidc.Provider(row.issuer, row.client_id, seal.unseal_text(row.secret, purpose=PURPOSE) if row.secret else "")


def _offered(row: SignInProvider) -> Offered:
    return Offered(row.pk, row.name, row.issuer, row.client_id, row.is_active)
