"""Who a command acts as: the person whose API token is in ``SEAWALL_TOKEN``, else the machine's owner."""

from __future__ import annotations

import datetime as dt
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seawall.services.access import Actor

TOKEN = "SEAWALL_TOKEN"  # noqa: S105 - the name of a setting
"""The setting that holds a person's API token."""


def acting() -> Actor:
    """The person of the token, or the machine's owner, who can propose and read but is no second person.

    Raises:
        NotSignedIn: the token is not valid.
    """
    from seawall.services import sign_in
    from seawall.services.access import Actor

    secret = os.environ.get(TOKEN, "")
    return sign_in.actor_of_token(secret, at=dt.datetime.now(dt.UTC)) if secret else Actor.system()


def today() -> dt.date:
    """The day it is on this machine."""
    return dt.datetime.now().astimezone().date()
