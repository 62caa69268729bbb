"""Handing a message to a mail server: afterwards it is known whether it was taken, was not, or may have been."""

from __future__ import annotations

import re
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any, Final, Literal

from seawall.engine.kernel.errors import InputError, OutsideError

SECONDS: Final = 20.0
PASSING: Final = range(400, 500)
_ADDRESS: Final = re.compile(r"[^\s<>()\[\]\\,;:\"@\x00-\x20\x7f]+@[A-Za-z0-9\u0080-\uffff.-]+")

Security = Literal["starttls", "tls", "none"]


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server and how to come in."""

    host: str
    port: int
    security: Security
    username: str
    password: str
    sender: str


class NotTaken(OutsideError):
    """The server did not take the message: it has not left. ``retryable`` says whether a later try may help."""

    code = "mail_not_taken"

    def __init__(self, message: str, *, is_passing: bool, is_server: bool = False, **params: Any) -> None:
        """``is_server``: nothing can be handed over at all, not only this message."""
        super().__init__(message, **params)
        self.is_passing, self.is_server = is_passing, is_server


class MayHaveLeft(OutsideError):
    """The line broke after the message was handed over and before the answer came."""

    code = "mail_uncertain"
    retryable = False


def address_of(text: str) -> str:
    """A mail address, as it may stand in a header and in what is said to the server.

    Raises:
        InputError: it is none.
    """
    said = text.strip()
    if not _ADDRESS.fullmatch(said) or not said.isprintable() or ".." in said:
        raise InputError("{text} is not an e-mail address.", text=said[:100])
    return said


def composed(*, sender: str, to: str, subject: str, body: str, message_id: str) -> EmailMessage:
    """The message. What is no sign to print becomes a space in a header: no header can be added by a name.

    Raises:
        InputError: sender or recipient is no address.
    """
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = address_of(sender), address_of(to)
    message["Subject"] = " ".join("".join(sign if sign.isprintable() else " " for sign in subject).split())
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body)
    return message


def hand_over(server: Server, message: EmailMessage) -> None:
    """Give a message to the server; returns once the server has said that it took it.

    Raises:
        NotTaken: it was not taken, for sure.
        MayHaveLeft: it was handed over, and no answer came.
    """
    try:
        line = _line(server)
    except smtplib.SMTPAuthenticationError as error:
        raise NotTaken("{host} does not accept the user and the password.", is_passing=True, is_server=True,
                       host=server.host) from error  # fmt: skip
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise NotTaken("{host} does not answer: {reason}.", is_passing=True, is_server=True, host=server.host,
                       reason=type(error).__name__) from error  # fmt: skip
    try:
        _envelope(line, str(message["From"]), str(message["To"]))
        _data(line, message.as_bytes())
    finally:
        line.close()


def _line(server: Server) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if server.security == "tls":
        line: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=SECONDS, context=context)
    else:
        line = smtplib.SMTP(server.host, server.port, timeout=SECONDS)
    try:
        if server.security == "starttls":
            line.starttls(context=context)
        line.ehlo_or_helo_if_needed()
        if server.username:
            line.login(server.username, server.password)
    except BaseException:
        line.close()
        raise
    return line


def _envelope(line: smtplib.SMTP, sender: str, to: str) -> None:
    try:
        for code, said in (line.mail(sender), line.rcpt(to)):
            _require(code, said, 250, 251)
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise NotTaken("The line to the mail server broke: {reason}.", is_passing=True,
                       reason=type(error).__name__) from error  # fmt: skip


def _data(line: smtplib.SMTP, content: bytes) -> None:
    """The message itself. Up to its last dot nothing has left; from then on only the answer tells."""
    try:
        line.putcmd("data")
        _require(*line.getreply(), 354)
        lines = re.sub(rb"(?m)^\.", b"..", re.sub(rb"\r\n|\r|\n", b"\r\n", content))
        body = lines if lines.endswith(b"\r\n") else lines + b"\r\n"
    except (smtplib.SMTPException, OSError) as error:
        raise NotTaken("The line to the mail server broke: {reason}.", is_passing=True,
                       reason=type(error).__name__) from error  # fmt: skip
    try:
        line.send(body + b".\r\n")
        code, said = line.getreply()
    except (smtplib.SMTPException, OSError) as error:
        raise MayHaveLeft("The line broke before the server said that it took the mail.") from error
    _require(code, said, 250)


def _require(code: int, said: bytes, *wanted: int) -> None:
    if code in wanted:
        return
    raise NotTaken("The mail server refuses: {code_said} {said}.", is_passing=code in PASSING, code_said=str(code),
                   said=said.decode("utf-8", "replace")[:200])  # fmt: skip
