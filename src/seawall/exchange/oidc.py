"""OpenID Connect on the wire: a provider's own description, where to send people, and what its answer proves.

Code flow with PKCE. The identity token is checked against the provider's published keys, with the time given.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import jwt

from seawall.engine.kernel.errors import InputError, NotSignedIn, OutsideError

SCOPE = "openid email"
ALGORITHMS = ("RS256", "RS384", "RS512", "ES256", "ES384", "PS256", "EdDSA")
"""Signatures by key pairs only: a shared secret or none at all proves nothing."""

TIMEOUT_SECONDS, BYTES_MAX = 10.0, 256 * 1024
LEEWAY = dt.timedelta(minutes=1)
LOOPBACK = ("localhost", "127.0.0.1", "::1")
FAILED = "The provider's answer cannot be trusted: {reason}."


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider as it is configured here."""

    issuer: str
    client_id: str
    secret: str


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where a provider is asked, by its own description."""

    authorization: str
    token: str
    keys: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a provider vouches for."""

    subject: str
    email: str
    is_email_verified: bool


def require_safe(address: str) -> None:
    """Pass where an address is reached under TLS, or on this very machine.

    Raises:
        InputError: it is not.
    """
    parts = urlsplit(address)
    if not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)) or not parts.hostname:
        raise InputError("{text} is not an address under https.", text=address[:200])


def discover(issuer: str) -> Endpoints:
    """A provider's own description of itself.

    Raises:
        OutsideError: the provider does not answer, or its answer is no description.
        InputError: it names an address without TLS.
    """
    found = _fetched("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if found.get("issuer") != issuer:
        raise OutsideError(FAILED, reason="issuer")
    endpoints = Endpoints(
        *(str(found.get(name, "")) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"))
    )
    for address in (endpoints.authorization, endpoints.token, endpoints.keys):
        require_safe(address)
    return endpoints


def address(provider: Provider, endpoints: Endpoints, *, back: str, state: str, nonce: str, verifier: str) -> str:
    """Where to send somebody's browser."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code", "client_id": provider.client_id, "redirect_uri": back, "scope": SCOPE,
        "state": state, "nonce": nonce, "code_challenge": challenge, "code_challenge_method": "S256",
    }  # fmt: skip
    joint = "&" if "?" in endpoints.authorization else "?"
    return f"{endpoints.authorization}{joint}{urlencode(asked)}"


def identity(
    provider: Provider, endpoints: Endpoints, *, code: str, back: str, nonce: str, verifier: str, at: dt.datetime
) -> Identity:
    """Whom the provider vouches for, once the code was exchanged and the token checked.

    Raises:
        OutsideError: the provider does not answer.
        NotSignedIn: the answer proves nothing: another issuer, audience, nonce, time or signature.
    """
    asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
    who = (provider.client_id, provider.secret) if provider.secret else None
    if who is None:
        asked["client_id"] = provider.client_id
    answer = _fetched("POST", endpoints.token, data=asked, auth=who)
    claims = _claims(str(answer.get("id_token", "")), provider, _fetched("GET", endpoints.keys))
    _require_now(claims, nonce=nonce, at=at)
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject:
        raise NotSignedIn(FAILED, reason="sub")
    return Identity(subject, str(claims.get("email", "")), claims.get("email_verified") is True)


def _claims(token: str, provider: Provider, published: dict[str, Any]) -> dict[str, Any]:
    """What a token says, once its signature, issuer and audience are right; its times are not looked at here."""
    try:
        keys = jwt.PyJWKSet.from_dict(published)
        head = jwt.get_unverified_header(token)
        key = next(key for key in keys.keys if head.get("kid") in (None, key.key_id))
        claims: dict[str, Any] = jwt.decode(
            token, key, algorithms=list(ALGORITHMS), audience=provider.client_id, issuer=provider.issuer,
            options={"verify_exp": False, "verify_iat": False, "verify_nbf": False, "require": ["exp", "iat", "sub"]},
        )  # fmt: skip
    except (jwt.PyJWTError, StopIteration, ValueError, TypeError, AttributeError) as error:
        raise NotSignedIn(FAILED, reason=type(error).__name__) from error
    several = isinstance(claims.get("aud"), list) and len(claims["aud"]) > 1
    if several and claims.get("azp") != provider.client_id:
        raise NotSignedIn(FAILED, reason="azp")
    return claims


def _require_now(claims: dict[str, Any], *, nonce: str, at: dt.datetime) -> None:
    if claims.get("nonce") != nonce:
        raise NotSignedIn(FAILED, reason="nonce")
    now, leeway = at.timestamp(), LEEWAY.total_seconds()
    times = {name: claims.get(name, 0) for name in ("exp", "iat", "nbf")}
    if not all(isinstance(value, int | float) for value in times.values()):
        raise NotSignedIn(FAILED, reason="exp")
    if times["exp"] <= now - leeway or max(times["iat"], times["nbf"]) > now + leeway:
        raise NotSignedIn(FAILED, reason="exp")


def _fetched(method: str, where: str, **how: Any) -> dict[str, Any]:
    """A JSON object from the provider: no redirect is followed, and no more is read than one may be long."""
    require_safe(where)
    try:
        with (
            httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False) as client,
            client.stream(method, where, **how) as response,
        ):
            body = b""
            for part in response.iter_bytes():
                body += part
                if len(body) > BYTES_MAX:
                    raise OutsideError(FAILED, reason="size")
            if response.status_code != httpx.codes.OK:
                raise OutsideError(FAILED, reason=str(response.status_code))
    except httpx.HTTPError as error:
        raise OutsideError(
            "The provider of identities does not answer.", hint="Try again, or sign in with your password."
        ) from error
    try:
        found = json.loads(body)
    except ValueError as error:
        raise OutsideError(FAILED, reason="JSON") from error
    if not isinstance(found, dict):
        raise OutsideError(FAILED, reason="JSON")
    return found
