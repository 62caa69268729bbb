"""What mails say, in the recipient's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from seawall.engine.kernel.errors import Broken
from seawall.exchange import report_cover
from seawall.exchange.language import Language

TEMPLATES: Final[dict[str, tuple[str, str, str]]] = {
    "invitation": (
        noop("Invitation"),
        noop("Your invitation to Seawall at {organisation}"),
        noop(
            "Hello {name},\n\nyou are invited to work in Seawall at {organisation} as {username}. Choose your "
            "password here; "
            "the link serves once and until {until} (UTC):\n\n{link}\n\nIf you did not expect this, tell whoever "
            "keeps the system.\n"
        ),
    ),
    "reset": (
        noop("New start"),
        noop("A new start in Seawall at {organisation}"),
        noop(
            "Hello {name},\n\nyour password and second factors in Seawall at {organisation} were taken back. "
            "Choose a new password "
            "here; the link serves once and until {until} (UTC):\n\n{link}\n\nIf you did not expect this, tell "
            "whoever keeps the "
            "system.\n"
        ),
    ),
    "anchor": (
        noop("Head of the audit record"),
        noop("Seawall audit head: {organisation}"),
        noop(
            "The head of the audit record at {at} (UTC):\n\n{line}\n\nKeep this mail: `seawall audit verify "
            "--anchor-file` holds "
            "the record against it.\n"
        ),
    ),
    "job_failed": (
        noop("A job failed"),
        noop("Seawall at {organisation}: {job} failed"),
        noop(
            "Hello {name},\n\nthe job “{job}” ({number}) failed at {at} (UTC):\n\n{problem}\n\nThe page Jobs "
            "shows its log and "
            "tries it again.\n"
        ),
    ),
    "deadlines": (
        noop("Deadlines"),
        noop("Seawall at {organisation}: {count} deadlines of insurance policies"),
        noop(
            "Hello {name},\n\nof insurance policies, as of {day}:\n\n{lines}{left}\n\n{link}\n\nOf what you are "
            "reminded, and whether, you choose on the page Deadlines under Reminders.\n"
        ),
    ),
    "alert": (
        noop("Deadlines"),
        noop("Seawall at {organisation}: {count} deadlines of insurance policies"),
        noop("As of {day}. {link}\n\n{lines}{left}\n"),
    ),
    "test": (
        noop("Test"),
        noop("A test from Seawall at {organisation}"),
        noop("This is a test: mail from Seawall at {organisation} arrives.\n"),
    ),
    "alert_test": (
        noop("Test"),
        noop("A test message from Seawall at {organisation}"),
        noop("This is a test: messages from Seawall at {organisation} arrive here.\n"),
    ),
}  # fmt: skip
"""By name: what the list of mails calls it, its subject and its text."""


def said(template: str, params: Mapping[str, Any], *, language: str) -> tuple[str, str]:
    """Subject and text of a mail.

    Parameters that are ``[template, params]`` are sentences of their own, ``{"day": …}`` days, ``{"deadlines": …}``
    lines of deadlines.

    Raises:
        Broken: there is no such mail.
    """
    if template not in TEMPLATES:
        raise Broken("There is no mail named {name}.", name=template)
    _title, subject, text = TEMPLATES[template]
    with translation.override(language):
        filled = {name: _filled(value, Language.named(language)) for name, value in params.items()}
        return _(subject).format(**filled), _(text).format(**filled)


def _filled(value: Any, language: Language) -> str:
    if isinstance(value, dict):
        return (
            language.day(value["day"]) if "day" in value else report_cover.deadline_lines(value["deadlines"], language)
        )
    if isinstance(value, list):
        sentence, params = value
        return _(sentence).format(**params) if params else _(sentence)
    return str(value)
