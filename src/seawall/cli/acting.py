"""Who a command acts as: the person whose API token is in ``SEAWALL_TOKEN``, else the machine's owner.

Only here a command gets at the store: a token that is set is never passed over.
"""

from __future__ import annotations

import datetime as dt
import os
from typing import TYPE_CHECKING

from seawall.engine.kernel.errors import NotPermitted, UsageError

if TYPE_CHECKING:
    from seawall.services.access import Actor

TOKEN = "SEAWALL_TOKEN"  # noqa: S105 - the name of a setting
"""The setting that holds a person's API token."""

ACTS_FOR = "SEAWALL_ACTS_FOR"
"""The setting that names whom the person is a deputy of."""


def opened() -> Actor:
    """The store opened, and who acts on it.

    Raises:
        Refused: no store was made there, or one of another version.
        OutsideError: its database cannot be reached or started.
        AccessError, UsageError: as :func:`acting`.
    """
    from seawall.cli.opening import open_store

    open_store()
    return acting()


def opened_by_owner() -> Actor:
    """The store opened for what only the machine's owner does.

    Raises:
        NotPermitted: a person's token is set.
        Refused, OutsideError: as :func:`opened`.
    """
    owner_only()
    from seawall.cli.opening import open_store

    open_store()
    return owner()


def owner_only() -> None:
    """Refuse, before anything is done, what only the machine's owner does.

    Raises:
        NotPermitted: a person's token is set, or whom one acts for.
    """
    for setting in (TOKEN, ACTS_FOR):
        if os.environ.get(setting):
            raise NotPermitted(
                "Only the machine's owner does this, and {setting} names a person.",
                hint="Unset {setting}, and call it again as the owner of the machine.", setting=setting,
            )  # fmt: skip


def owner() -> Actor:
    """The machine's owner, who can propose and read but is no second person."""
    from seawall.services.access import Actor

    return Actor.system()


def acting() -> Actor:
    """The person of the token, or the machine's owner.

    Raises:
        NotSignedIn: the token is not valid.
        NotPermitted: its user is no deputy of the other today.
        UsageError: somebody is named to act for, and no token is given.
    """
    from seawall.services import sign_in
    from seawall.services.organisation import day_of

    secret, acts_for = os.environ.get(TOKEN, ""), os.environ.get(ACTS_FOR, "")
    if not secret and acts_for:
        raise UsageError("Only a person acts for another.", hint="Set {token} as well.", token=TOKEN)
    if not secret:
        return owner()
    now = dt.datetime.now(dt.UTC)
    return sign_in.actor_of_token(secret, at=now, acts_for=acts_for, on=day_of(now))
