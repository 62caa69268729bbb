"""Messages to chats and telephones by the library apprise, in a process of its own: what came of it is known.

The library speaks to many services and can reach any host. So only the services named here are let through, and the
process it runs in (``chat_process``) has nothing of our environment and connects by HTTPS to public addresses only.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from typing import Any, Final

from seawall.engine.kernel.errors import InputError, Where
from seawall.exchange.smtp import MayHaveLeft, NotTaken

SERVICES: Final = {
    "wecombot": "WeCom", "dingtalk": "DingTalk", "feishu": "Feishu", "lark": "Lark", "slack": "Slack",
    "workflows": "Microsoft Teams", "gchat": "Google Chat", "discord": "Discord", "tgram": "Telegram",
    "webex": "Webex", "zulip": "Zulip", "mmosts": "Mattermost", "rockets": "Rocket.Chat", "ntfys": "ntfy",
    "gotifys": "Gotify", "pover": "Pushover", "schan": "ServerChan", "pagerduty": "PagerDuty", "twilio": "Twilio SMS",
    "vonage": "Vonage SMS", "clickatell": "Clickatell SMS", "sinch": "Sinch SMS",
}  # fmt: skip
"""First part of an address to the service. All of them speak HTTPS; others reach into the machine, or speak openly."""

ADDRESS_MAX: Final = 1000
SECONDS: Final = 60
TOO_MANY: Final = 429
CARRIED: Final = ("PATH", "LANG", "SYSTEMROOT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
"""What of our environment the process has: where programs and authorities are, and no secret."""


def service_of(address: str) -> str:
    """The service that an address is of, such as ``slack``; nobody is asked.

    Raises:
        InputError: it is no address of a service that is let through.
        NotTaken: it cannot be looked at now.
    """
    said, where = address.strip(), Where(column="address")
    service = said.partition("://")[0].lower()
    if service not in SERVICES:
        raise InputError("This is no address of a chat or an SMS service.", where=where, known=", ".join(SERVICES),
                         hint="It begins with one of {known}, then ://, as its manual says.")  # fmt: skip
    if (
        len(said) > ADDRESS_MAX
        or not said.isprintable()
        or _asked({"do": "check", "address": said})["state"] != "sound"
    ):
        raise InputError("The address is not one of {service}.", service=SERVICES[service], where=where,
                         hint="A part of it is missing or wrong.")  # fmt: skip
    return service


def hand_over(address: str, *, title: str, body: str, private: Iterable[str] = ()) -> None:
    """Send one message; returns once the service said that it took it.

    ``private``: ``host:port`` of those that may lead to an address that is not public.

    Raises:
        NotTaken: it was not taken, for sure.
        MayHaveLeft: no answer came.
    """
    said = _asked({"do": "send", "address": address, "title": title, "body": body, "private": sorted(private)})
    state, status = said["state"], said.get("status", 0)
    if state == "taken":
        return
    if state == "refused":
        is_passing = status == TOO_MANY or status >= 500  # noqa: PLR2004 - its own fault
        raise NotTaken(
            "The service does not take the message: it answers {status}.", is_passing=is_passing, status=status
        )
    if state == "closed":
        raise NotTaken("{host} leads to an address that is not public.", is_passing=False, host=said["host"])
    if state == "unreached":
        raise NotTaken("The service does not answer.", is_passing=True)
    if state == "unsound":
        raise NotTaken("The address is not one of {service}.", is_passing=False, service=SERVICES.get(
            address.partition("://")[0].lower(), ""))  # fmt: skip
    raise MayHaveLeft("The line broke before the service said that it took the message.")


def _asked(question: Mapping[str, Any]) -> dict[str, Any]:
    """What the process answers; ``uncertain`` where it gave no answer.

    Raises:
        NotTaken: there was no process, so it was asked nothing.
    """
    environ = {name: os.environ[name] for name in CARRIED if name in os.environ}
    command = [sys.executable, "-m", "seawall.exchange.chat_process"]
    try:
        ended = subprocess.run(
            command, input=json.dumps(question), capture_output=True, text=True, check=True, timeout=SECONDS,
            env=environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONIOENCODING": "utf-8"},
        )  # fmt: skip
        answer: dict[str, Any] = json.loads(ended.stdout)
    except OSError as error:
        raise NotTaken("The program that speaks to chats cannot be started.", is_passing=True) from error
    except (subprocess.SubprocessError, ValueError):
        return {"state": "uncertain"}
    return answer
