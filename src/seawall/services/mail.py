"""Mail: the server it is handed to, putting one mail for each recipient and occasion, and what became of each."""

from __future__ import annotations

import datetime as dt
import json
import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, cast
from urllib.parse import unquote, urlsplit

from seawall.engine.kernel.errors import InputError, NotFound, Refused
from seawall.exchange import smtp
from seawall.services import access
from seawall.services.access import Actor
from seawall.services.command import Result, Write, execute
from seawall.services.mail_words import TEMPLATES
from seawall.store import seal
from seawall.store.models import AlertAddress, MailServer, Organisation, Outbox, OutboxAttempt, User

KIND: Final = "mail"
ALERT: Final = "alert"
KINDS: Final = (KIND, ALERT)
"""Kinds of the outbox that people see and decide about: mails, and messages to chats and telephones."""

PURPOSE: Final = "mail server"
CONTENT: Final = "mail"
URL, SENDER, PAGES = "SEAWALL_MAIL_URL", "SEAWALL_MAIL_FROM", "SEAWALL_ADDRESS"
"""Settings from outside; where the first is set, the page's own are not used."""

SECURITY: Final = ("starttls", "tls", "none")
SCHEMES: Final = {"smtp+starttls": "starttls", "smtps": "tls", "smtp": "none"}
USUAL_PORTS: Final = {"starttls": 587, "tls": 465, "none": 25}
PORT_MAX: Final = 65535
State = Outbox.State
Settle = Literal["sent", "again"]


@dataclass(frozen=True, slots=True)
class Kept:
    """The mail server as shown: all but the password."""

    host: str
    port: int
    security: str
    username: str
    sender: str
    pages_address: str
    has_password: bool
    is_from_outside: bool

    def as_json(self) -> dict[str, Any]:
        """For doors."""
        return {
            "host": self.host, "port": self.port, "security": self.security, "username": self.username,
            "sender": self.sender, "pages_address": self.pages_address, "has_password": self.has_password,
            "is_from_outside": self.is_from_outside,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail and how far it came."""

    mail_no: int
    template: str
    title: str
    to: str
    state: str
    attempts: int
    changed_at: dt.datetime
    next_at: dt.datetime | None
    problem: str
    params: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        """For doors; the sentence in English."""
        return {
            "mail_no": self.mail_no, "template": self.template, "to": self.to, "state": self.state,
            "attempts": self.attempts, "changed_at": self.changed_at.isoformat(),
            "next_at": self.next_at and self.next_at.isoformat(),
            "problem": self.problem.format(**self.params) if self.problem else "",
        }  # fmt: skip


def server() -> tuple[smtp.Server, str] | None:
    """The mail server to hand mail to, and where the pages are; None where none is set.

    Raises:
        InputError: what is set outside is no server.
    """
    if url := os.environ.get(URL, ""):
        return _outside(url), os.environ.get(PAGES, "").rstrip("/")
    row = MailServer.objects.first()
    if row is None:
        return None
    password = seal.unseal_text(row.password, purpose=PURPOSE) if row.password else ""
    found = smtp.Server(row.host, row.port, cast("smtp.Security", row.security), row.username, password, row.sender)
    return found, row.pages_address


def pages_address() -> str:
    """Where links in mails lead; empty where nobody said so.

    Raises:
        InputError: what is set outside is no server.
    """
    found = server()
    return found[1] if found else os.environ.get(PAGES, "").rstrip("/")


def is_set() -> bool:
    """Whether mail can leave at all."""
    return bool(os.environ.get(URL)) or MailServer.objects.exists()


def kept(actor: Actor) -> Kept | None:
    """The mail server as set.

    Raises:
        NotPermitted: the actor may not.
    """
    access.require_everywhere(actor, access.INTEGRATION_CHANGE)
    found = server()
    if found is None:
        return None
    one, pages = found
    return Kept(one.host, one.port, one.security, one.username, one.sender, pages, bool(one.password),
                bool(os.environ.get(URL)))  # fmt: skip


def keep(
    actor: Actor, *, host: str, port: int, security: str, sender: str, username: str = "", password: str = "",
    pages_address: str = "", key: str = "",
) -> None:  # fmt: skip
    """Set the mail server; the password is kept sealed, an empty one stays as it was for the same host and user.

    Raises:
        NotPermitted: the actor may not.
        InputError: no host, no port, no such way to close the line, or no address.
        Refused: it is set outside.
    """
    access.require_everywhere(actor, access.INTEGRATION_CHANGE)
    if os.environ.get(URL):
        raise Refused("The mail server is set by {variable}.", hint="Change it there.", variable=URL)
    said = _sound(host, port, security, sender, username=username, pages=pages_address)

    def effect(write: Write) -> Result:
        row = MailServer.objects.first()
        is_same = row is not None and (row.host, row.username) == (said["host"], said["username"])
        before = row.password if row is not None and is_same else ""
        sealed = seal.seal_text(password, purpose=PURPOSE) if password else before
        MailServer.objects.update_or_create(pk=1, defaults={**said, "password": sealed})
        write.detail.update(changed="mail server", host=said["host"], port=said["port"], security=said["security"])
        return {}

    asked = {"mail_server": said, "password": seal.known_as(password, purpose=PURPOSE)}
    execute(actor, access.INTEGRATION_CHANGE, effect, request=asked, key=key, lock=["mail"])


def put(
    write: Write, template: str, params: Mapping[str, Any], *, occasion: str, user: User | None = None, to: str = "",
    alert: AlertAddress | None = None,
) -> bool:  # fmt: skip
    """Write one mail for a recipient and an occasion into the outbox, with what happened; False where it is there.

    What it says and, for one who is no user, to whom is sealed: links in mails open doors.
    """
    whom = f"user {user.pk}" if user else f"address {seal.keyed_digest(to.lower().encode(), purpose=CONTENT)}"
    kind, whom = (KIND, whom) if alert is None else (ALERT, f"address {alert.pk}")
    key = f"{kind} {occasion} {whom}"
    if Outbox.objects.filter(key=key).exists() or any(each == key for _, each, _, _ in write.outgoing):
        return False
    organisation = Organisation.objects.first() or Organisation()
    filled = {"organisation": organisation.name or "Seawall", **params}
    payload = {"template": template, "user_id": user.pk if user else None}
    payload |= {} if alert is None else {"alert": alert.pk}
    write.send(kind, key, payload, sealed=sealed_of({"to": to, "params": filled}))
    return True


def listed(actor: Actor, *, state: str = "", before: int | None = None, limit: int = 100) -> list[Mail]:
    """Mails, newest first, for who keeps integrations.

    Raises:
        NotPermitted: the actor may not.
    """
    access.require_everywhere(actor, access.INTEGRATION_CHANGE)
    rows = Outbox.objects.filter(kind__in=KINDS).order_by("-id")
    rows = rows.filter(state=state) if state else rows
    rows = rows.filter(pk__lt=before) if before is not None else rows
    return [_mail(row) for row in rows[:limit]]


def counts(actor: Actor) -> dict[str, int]:
    """How many mails are in each state.

    Raises:
        NotPermitted: the actor may not.
    """
    access.require_everywhere(actor, access.INTEGRATION_CHANGE)
    rows = Outbox.objects.filter(kind__in=KINDS)
    return {state: rows.filter(state=state).count() for state in State.values}


def settle(actor: Actor, mail_no: int, *, how: Settle, key: str = "") -> None:
    """A person's word on a mail that is uncertain or failed: it was sent, or it shall be sent again.

    Raises:
        NotPermitted: the actor may not.
        NotFound: there is no such mail.
        Refused: it is neither uncertain nor failed.
    """
    access.require_everywhere(actor, access.INTEGRATION_CHANGE)
    if not Outbox.objects.filter(kind__in=KINDS, pk=mail_no).exists():
        raise NotFound("There is no mail {number}.", number=mail_no)

    def effect(write: Write) -> Result:
        held = Outbox.objects.filter(kind__in=KINDS, pk=mail_no, state__in=[State.UNCERTAIN, State.FAILED])
        state = State.SENT if how == "sent" else State.WAITING
        if not held.update(state=state, attempts=0, next_at=None, changed_at=write.at):
            raise Refused("Only a mail that is uncertain or failed is decided by a person.", code="mail_state")
        write.detail.update(mail=mail_no, settled=how)
        return {}

    execute(actor, access.INTEGRATION_CHANGE, effect, request={"mail": mail_no, "settle": how}, key=key, lock=["mail"])


def send_test(actor: Actor, *, to: str, key: str = "") -> None:
    """Put a test mail into the outbox.

    Raises:
        NotPermitted: the actor may not.
        InputError: not an address.
        Refused: no mail server is set.
    """
    access.require_everywhere(actor, access.INTEGRATION_CHANGE)
    address = smtp.address_of(to)
    if not is_set():
        raise Refused("No mail server is set.", hint="Set one first.", code="no_mail_server")

    def effect(write: Write) -> Result:
        put(write, "test", {}, occasion=f"test {uuid.uuid4()}", to=address)
        write.detail.update(mail="test")
        return {}

    execute(actor, access.INTEGRATION_CHANGE, effect, request={"mail": "test", "to": to}, key=key)


def sealed_of(content: Mapping[str, Any]) -> str:
    """What of a mail only the store may read."""
    return seal.seal_text(json.dumps(content), purpose=CONTENT)


def opened(row: Outbox) -> dict[str, Any]:
    """What of a mail was sealed: ``to``, and until it was sent ``params``.

    Raises:
        Broken: it was changed.
    """
    found: dict[str, Any] = json.loads(seal.unseal_text(row.sealed, purpose=CONTENT))
    return found


def recipient(row: Outbox) -> tuple[str, str]:
    """To whom a mail goes now, and in which language; an empty address where the user has none or was shut out.

    Of a message to a chat or a telephone the name it was given.
    """
    if "alert" in row.payload:
        alert = AlertAddress.objects.every_entity().get(pk=row.payload["alert"])
        return alert.name, alert.language
    if (user_id := row.payload["user_id"]) is None:
        return str(opened(row)["to"]), "en"
    user = User.objects.filter(pk=user_id).first()
    return (user.email, user.language) if user and user.is_active else ("", "en")


def _mail(row: Outbox) -> Mail:
    last = OutboxAttempt.objects.filter(outbox=row).order_by("-id").first() if row.state != State.SENT else None
    template = row.payload["template"]
    return Mail(
        row.pk, template, TEMPLATES[template][0], recipient(row)[0], str(row.state), row.attempts, row.changed_at,
        row.next_at, last.template if last else "", last.params if last else {},
    )  # fmt: skip


def _sound(host: str, port: int, security: str, sender: str, *, username: str, pages: str) -> dict[str, Any]:
    said, user, address = host.strip(), username.strip(), pages.strip().rstrip("/")
    if not said or len(said) > 253 or not said.isprintable() or any(sign in said for sign in " /@:,"):  # noqa: PLR2004 - the longest name
        raise InputError("{text} is not the name of a server.", hint="Write it as smtp.example.com.", text=said[:100])
    if not 0 < port <= PORT_MAX:
        raise InputError("{text} is not a port.", hint="Usual are 587, 465 and 25.", text=str(port))
    if security not in SECURITY:
        raise InputError(
            "{text} is no way to close the line.", hint="Choose starttls, tls or none.", text=security[:40]
        )
    if security == "none" and user:
        raise InputError("A password is not sent over an open line.", hint="Choose starttls or tls.")
    if address and not _is_pages(address):
        raise InputError("{text} is not the address of the pages.", hint="Write it as https://seawall.example.com.",
                         text=address[:100])  # fmt: skip
    return {
        "host": said, "port": port, "security": security, "username": user, "sender": smtp.address_of(sender),
        "pages_address": address,
    }  # fmt: skip


def _is_pages(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("https", "http") and bool(parts.hostname) and address.isprintable() and " " not in address


def _outside(url: str) -> smtp.Server:
    try:
        parts = urlsplit(url)
        security = SCHEMES[parts.scheme]
        port = parts.port or USUAL_PORTS[security]
    except (ValueError, KeyError) as error:
        raise InputError(
            "{variable} is not a mail server.", hint="Write it as smtp+starttls://user:password@host:587.", variable=URL
        ) from error
    sender, user = os.environ.get(SENDER, ""), unquote(parts.username or "")
    said = _sound(parts.hostname or "", port, security, sender, username=user, pages="")
    del said["pages_address"]
    return smtp.Server(**said, password=unquote(parts.password or ""))
