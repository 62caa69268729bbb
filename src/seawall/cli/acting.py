"""Who a command acts as: the person whose API token is in ``SEAWALL_TOKEN``, else the machine's owner."""

from __future__ import annotations

import datetime as dt
import os
from typing import TYPE_CHECKING

from seawall.engine.kernel.errors import UsageError

if TYPE_CHECKING:
    from seawall.services.access import Actor

TOKEN = "SEAWALL_TOKEN"  # noqa: S105 - the name of a setting
"""The setting that holds a person's API token."""

ACTS_FOR = "SEAWALL_ACTS_FOR"
"""The setting that names whom the person is a deputy of."""


def acting() -> Actor:
    """The person of the token, or the machine's owner, who can propose and read but is no second person.

    Raises:
        NotSignedIn: the token is not valid.
        NotPermitted: its user is no deputy of the other today.
        UsageError: somebody is named to act for, and no token is given.
    """
    from seawall.services import sign_in
    from seawall.services.access import Actor
    from seawall.services.organisation import day_of

    secret, acts_for = os.environ.get(TOKEN, ""), os.environ.get(ACTS_FOR, "")
    if not secret and acts_for:
        raise UsageError("Only a person acts for another.", hint="Set {token} as well.", token=TOKEN)
    if not secret:
        return Actor.system()
    now = dt.datetime.now(dt.UTC)
    return sign_in.actor_of_token(secret, at=now, acts_for=acts_for, on=day_of(now))


def today() -> dt.date:
    """The day it is on this machine."""
    return dt.datetime.now().astimezone().date()
