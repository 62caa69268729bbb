"""Approvals and policies."""

from access.registry import FOREIGN, MINE, by_id, lists, plain

from seawall.services import policies

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


def digest(world, _place):
    proposal(world)
    return {"act": "approve", "digest": world.policies_proposal.digest, "reason": "QZ"}


lists("GET web:approvals")
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
