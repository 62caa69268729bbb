"""Logs as lines of JSON, one event a line: control characters are escaped, and secrets are left out."""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from typing import Any, Final

import structlog

SECRET_NAMES: Final = re.compile(
    r"password|secret|token|authorization|cookie|session|api_?key|credential", re.IGNORECASE
)
SECRET_VALUES: Final = re.compile(
    r"seawall_[\w-]{8,}|Bearer\s+\S+|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)|(?i:password)\s*[=:]\s*\S+"
)
"""Tokens of ours, headers with one, names and passwords in addresses, and passwords said in a sentence."""

LEFT_OUT: Final = "[left out]"


def without_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Leave out what a name says is secret, and what looks like a secret in any text."""
    return {name: _cleared(name, value) for name, value in event.items()}


def _cleared(name: str, value: Any) -> Any:
    if SECRET_NAMES.search(name):
        return LEFT_OUT
    if isinstance(value, dict):
        return {str(inner): _cleared(str(inner), each) for inner, each in value.items()}
    if isinstance(value, list | tuple):
        return [_cleared("", each) for each in value]
    return SECRET_VALUES.sub(LEFT_OUT, value) if isinstance(value, str) else value


def logging_settings(*, is_json: bool) -> dict[str, Any]:
    """Django's ``LOGGING``: JSON with everything from INFO on, or plain warnings for somebody at a terminal."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    ending: list[Any] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
    ]
    as_json = structlog.processors.JSONRenderer(ensure_ascii=False, sort_keys=True)
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter, "foreign_pre_chain": shared,
        "processors": [*ending, without_secrets, as_json],
    }  # fmt: skip
    plain = {"format": "%(levelname)s %(name)s: %(message)s"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"used": formatter if is_json else plain},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "used"}},
        "root": {"handlers": ["console"], "level": "INFO" if is_json else "WARNING"},
        "loggers": {
            "procrastinate": {"level": "ERROR"},
            "django.server": {"level": "WARNING"},
            "seawall.requests": {"level": "INFO" if is_json else "ERROR"},
        },
    }
