"""The scenario of evidence that is kept: a policy that asks for none, so that every delivery is under a limit of its own."""

import datetime as dt
import itertools

from evidence_book import POLICY, approved
from stocked import ON, SYSTEM
from verbs.registry import scenario

from seawall.exchange.language import Language
from seawall.services import access, limit_evidence

NUMBERS = itertools.count(1)


@scenario(access.LIMIT_RECORD)
def the_evidence_of_a_self_set_limit_is_kept(world):
    terms = POLICY["terms"] | {"discretionary_limit": {"amount": 5000}}
    period = {"from": dt.date(ON.year - 1, 1, 1), "to": dt.date(ON.year, 12, 31)}
    whole = {name: value for name, value in POLICY.items() if name != "entities"}
    approved(whole | {"policy": f"SELF-{next(NUMBERS)}", "currency": "CNY", "period": period, "terms": terms})
    asked = {"language": Language("en"), "customer": world.customer_code}
    return lambda: limit_evidence.keep(SYSTEM, on=ON, **asked)
