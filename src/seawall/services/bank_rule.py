"""The matching rule by itself: after statements brought something new, where the policy has the rule on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, Final

from django.utils.translation import gettext_noop

from seawall.engine.kernel.errors import PolicyGap
from seawall.services import access, bank_decide, bank_matching, jobs
from seawall.services.access import Actor, Within
from seawall.services.command import Result
from seawall.services.jobs_work import Working

KIND: Final = "bank_rule"


def follow(actor: Actor, *, on: dt.date, entities: Iterable[str]) -> int | None:
    """Have the rule confirm what is certain, once the write under way is safe; None where no policy has it on.

    Whoever acts with other than their own rights (a token, a deputy) starts nothing unasked.
    """
    is_narrow = actor.within != Within() or actor.acts_for is not None
    if is_narrow or not actor.may(access.MATCH_CONFIRM) or not any(_is_on(on, entity) for entity in set(entities)):
        return None
    return jobs.enqueue(actor, KIND, {"on": on.isoformat()})


def work(actor: Actor, arguments: dict[str, Any], working: Working) -> Result:
    """Confirm what is certain.

    Raises:
        NotPermitted: the actor may not confirm matches.
    """
    done = bank_decide.confirm_by_rule(actor, on=dt.date.fromisoformat(arguments["on"]))
    working.say("Confirmed by rule: {count}.", count=len(done))
    return {"confirmed": len(done)}


def _is_on(on: dt.date, entity: str) -> bool:
    try:
        return bool(bank_matching.policy(on, entity)["is_rule_on"])
    except PolicyGap:
        return False


jobs.register(KIND, work, title=gettext_noop("Matching by rule"), verb=access.MATCH_CONFIRM)
