"""Approvals and policies."""

import datetime as dt

from access.registry import FOREIGN, MINE, by_id, lists, plain

from seawall.services import periods, policies
from seawall.services.intake import commit_rows

DAY = {"as_of": "2026-03-31"}
BODY = "values:\n  2026-06-01:\n    value: {months: 6}\n    source: QZ board\n"
NOWHERE = {"number": 999_999_999}


def proposal(world):
    """A proposal about an entity the caller does not see."""
    made = getattr(world, "policies_proposal", None)
    if made is None:
        made = policies.propose(world.foreign_actor, "house.dso", BODY, reason=f"{FOREIGN} wants it", entity=FOREIGN)
        world.policies_proposal = made
    return {"number": made.number}


def own_proposal(world):
    """A proposal of the caller's own, made once."""
    made = getattr(world, "policies_own", None)
    if made is None:
        made = policies.propose(world.mine_actor, "house.dso", BODY, reason="QZ wants it", entity=MINE)
        world.policies_own = made
    return {"number": made.number}


def digest(world, _place):
    proposal(world)
    return {"act": "approve", "digest": world.policies_proposal.digest, "reason": "QZ"}


lists("GET web:approvals")
lists("GET web:approval", place=own_proposal)
by_id("GET web:approval", proposal, NOWHERE)
by_id("POST web:approval", proposal, NOWHERE, data=digest, verb="read")
lists("GET web:policies", DAY, DAY | {"entity": FOREIGN})
lists("GET web:policy", DAY, DAY | {"entity": FOREIGN}, place={"policy_id": "house.dso"})
lists("GET web:policy_edit", DAY, place={"policy_id": "house.dso"})
lists(
    "POST web:policy_edit",
    place={"policy_id": "house.dso"},
    verb="policy.propose",
    data={"as": "yaml", "body": BODY, "act": "preview", "entity": ""},
)
plain("POST web:single_user", "of the whole organisation", verb="organisation.change", data={"is_on": "yes"})
lists("GET api:/approvals")
by_id("GET api:/approvals/{number}", proposal, NOWHERE)
for act in ("approve", "reject", "withdraw"):
    by_id(f"POST api:/approvals/{{number}}/{act}", proposal, NOWHERE, data=digest, verb="read")
lists("GET api:/policies", DAY, DAY | {"entity": FOREIGN})
lists("GET api:/policies/{policy_id}", DAY, DAY | {"entity": FOREIGN}, place={"policy_id": "house.dso"})
lists("POST api:/policies/{policy_id}/preview", place={"policy_id": "house.dso"}, verb="read", data={"body": BODY})
lists(
    "POST api:/policies/{policy_id}/propose",
    place={"policy_id": "house.dso"},
    verb="policy.propose",
    data={"body": BODY, "reason": "QZ", "entity": MINE},
)


def signature(world):
    """A signed period of an entity the caller does not see."""
    made = getattr(world, "policies_period", None)
    if made is None:
        day = dt.date(2025, 12, 31)
        made = periods.sign(world.foreign_actor, on=day, today=dt.date(2026, 1, 2), reason=FOREIGN)
        world.policies_period = made
    return {"number": made.number}


def own_signature(world):
    """A signed period of the caller's own, after which the other entity wrote on."""
    made = getattr(world, "policies_own_period", None)
    if made is None:
        day = dt.date(2025, 11, 30)
        made = periods.sign(world.mine_actor, on=day, today=dt.date(2026, 1, 2), reason="QZ")
        row = {"entity": FOREIGN, "customer_code": f"{FOREIGN}-C1", "kind": "invoice", "number": f"{FOREIGN}-LATE"}
        late = row | {"issued_on": "2025-11-20", "due_on": "2025-12-20", "currency": "CNY", "amount": "7.00"}
        commit_rows(world.foreign_actor, {"items": [late]}, verb="ledger.import", origin=f"{FOREIGN} late")
        world.policies_own_period = made
    return {"number": made.number}


def file_of(world):
    return signature(world) | {"kind": "json"}


NO_FILE = NOWHERE | {"kind": "json"}
TO_SIGN = {"on": "2025-12-31", "known": "1", "currency": "CNY"}
lists("GET web:periods", {"sign": "2025-12-31"}, {"sign": "2025-12-31", "entity": FOREIGN})
lists("POST web:periods", verb="period.sign", data=TO_SIGN)
lists("GET web:period", {}, {"show": "verify"}, {"show": "difference"}, place=own_signature)
by_id("GET web:period", signature, NOWHERE)
by_id("GET web:period", signature, NOWHERE, query={"show": "verify"})
by_id("GET web:period", signature, NOWHERE, query={"show": "difference"})
by_id("POST web:period", signature, NOWHERE, data={"reason": "QZ"}, verb="period.sign")
by_id("GET web:period_file", file_of, NO_FILE)
lists("GET api:/periods")
lists("GET api:/periods/candidate", {"on": "2025-12-31"}, {"on": "2025-12-31", "entity": FOREIGN})
lists("POST api:/periods", verb="period.sign", data={"on": "2025-12-31"})
for part in ("", "/verify", "/difference"):
    by_id(f"GET api:/periods/{{number}}{part}", signature, NOWHERE)
by_id("GET api:/periods/{number}/files/{kind}", file_of, NO_FILE)
by_id("POST api:/periods/{number}/withdraw", signature, NOWHERE, data={"reason": "QZ"}, verb="period.sign")
