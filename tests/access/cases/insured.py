"""Insured limits, events and claims: the list, a customer's file, recording, taking back."""

from unittest import mock

import polars as pl
from access.registry import FOREIGN, MINE, MISSING, by_id, lists, plain
from stocked import ON, person

from seawall.services import alerts, approvals, calendar_addresses, insured, remarks, subjects, wordings
from seawall.services.access import Grant, actor_of

DAY = {"as_of": "2026-03-31"}
LIMIT = {"policy": "QZ", "kind": "approved", "amount": "9", "currency": "CNY", "decided_on": "2026-01-01"}
NOWHERE = {"table": "insured_limits", "number": 999_999_999}
WHY = {"reason": "QZ"}


def fact(world):
    """A limit of an entity the caller does not see."""
    made = getattr(world, "insured_limit", None)
    if made is None:
        code = f"{FOREIGN}-C1"
        insured.record_fact(
            world.foreign_actor, "insured_limits", LIMIT | {"customer_code": code, "conditions": FOREIGN}
        )
        limits = insured.facts_of(world.foreign_actor, "insured_limits", customers=[code])
        made = limits.filter(pl.col("policy") == LIMIT["policy"])["fact_id"].item()
        world.insured_limit = made
    return {"table": "insured_limits", "number": made}


def fact_under_own(world):
    return fact(world) | {"code": f"{MINE}-C1"}


def of(entity, **more):
    return {"code": f"{entity}-C1", **more}


lists("GET web:insured_limits", DAY, DAY | {"entity": FOREIGN}, DAY | {"q": FOREIGN}, DAY | {"export": "csv"})
lists("GET web:insured_limits", DAY | {"policy": "QZ", "state": "approved"}, DAY | {"export": "xlsx"})
by_id("GET web:insured", of(FOREIGN), of(MISSING), query=DAY)
for table in ("insured_limits", "insurance_events", "claims", "claim_recoveries"):  # steps have pages of their own
    verb = insured.VERBS[table]
    by_id("GET web:insured_record", of(FOREIGN, table=table), of(MISSING, table=table), query=DAY, verb=verb)
by_id(
    "POST web:insured_record", of(FOREIGN, table="insured_limits"), of(MISSING, table="insured_limits"), data=LIMIT,
    verb="insured_limit.record",
)  # fmt: skip
by_id("GET web:insured_take_back", fact_under_own, NOWHERE | of(MINE), verb="insured_limit.record")
by_id("POST web:insured_take_back", fact_under_own, NOWHERE | of(MINE), data=WHY, verb="insured_limit.record")
lists("GET api:/insured-limits", DAY, DAY | {"entity": FOREIGN}, DAY | {"text": FOREIGN})
by_id(
    "GET api:/insurance/customers/{customer_code}", {"customer_code": f"{FOREIGN}-C1"},
    {"customer_code": f"{MISSING}-C1"},
)  # fmt: skip
lists("GET api:/insurance/customers/{customer_code}", place={"customer_code": f"{MINE}-C1"})
lists(
    "POST api:/insurance/{table}", place={"table": "insured_limits"}, verb="insured_limit.record",
    data={"row": LIMIT | {"customer_code": f"{MINE}-C1"}},
)  # fmt: skip
by_id(
    "POST api:/insurance/{table}", of(FOREIGN, table="insured_limits"), of(MISSING, table="insured_limits"),
    data=lambda _world, place: {"row": LIMIT | {"customer_code": place["code"]}}, verb="insured_limit.record",
)  # fmt: skip
by_id("POST api:/insurance/{table}/{number}/take-back", fact, NOWHERE, data=WHY, verb="insured_limit.record")
lists(
    "POST api:/push/insurance", verb="ledger.import",
    data={"insured_limits": [LIMIT | {"entity": MINE, "customer_code": f"{MINE}-C1"}]},
)  # fmt: skip


BODY = wordings.template("sinosure-style")
NO_POLICY = {"code": f"{MISSING}-POLICY"}


def foreign_policy(world):
    """A policy of an entity the caller does not see, approved."""
    if getattr(world, "insured_policy", None) is None:
        body = BODY.replace("policy: SINOSURE-STYLE", f"policy: {FOREIGN}-POLICY\nentities: [{FOREIGN}]")
        asked = wordings.propose(world.foreign_actor, body, reason=FOREIGN)
        second = actor_of(person("insurer-second", Grant("credit_manager")))
        approvals.approve(second, asked.number, digest=asked.digest, on=ON)
        world.insured_policy = f"{FOREIGN}-POLICY"
    return {"code": world.insured_policy}


def foreign_policy_of_api(world):
    return {"policy": foreign_policy(world)["code"]}


OWN_BODY = BODY.replace("policy: SINOSURE-STYLE", f"policy: QZ-OWN\nentities: [{MINE}]")


def naming(code):
    """A policy of the caller's own that names a customer, who is remarked on where the caller knows none of that code."""
    return OWN_BODY.replace(
        "related_buyers: {insured: false, codes: []}", f"related_buyers: {{insured: false, codes: [{code}]}}"
    )


lists("GET web:insurance_policies", DAY)
by_id("GET web:insurance_policy", foreign_policy, NO_POLICY, query=DAY)
lists("GET web:insurance_policy_edit", {"from": "sinosure-style"}, {"as": "yaml"}, verb="policy.propose")
lists(
    "POST web:insurance_policy_edit", verb="policy.propose",
    data={"as": "yaml", "body": OWN_BODY, "act": "check", "code": "", "from": ""},
)  # fmt: skip
lists("GET api:/insurance-policies")
by_id("GET api:/insurance-policies/{policy}", foreign_policy_of_api, {"policy": f"{MISSING}-POLICY"})
lists("POST api:/insurance-policies/check", data={"wording": OWN_BODY}, verb="read")
by_id(
    "POST api:/insurance-policies/check", {"code": f"{FOREIGN}-C1"}, {"code": f"{MISSING}-C1"}, verb="read",
    data=lambda _world, place: {"wording": naming(place["code"])}, answer=(200,),
)  # fmt: skip
lists(
    "POST api:/insurance-policies", verb="policy.propose", data={"wording": OWN_BODY, "reason": "QZ"},
)  # fmt: skip


def owned_cover(world):
    """The caller's own policy, so that there is cover to be asked for."""
    if getattr(world, "insured_own", None) is None:
        asked = wordings.propose(world.mine_actor, OWN_BODY.replace("QZ-OWN", "QZ-COVER"), reason="QZ")
        second = actor_of(person("insurer-own", Grant("credit_manager")))
        approvals.approve(second, asked.number, digest=asked.digest, on=ON)
        world.insured_own = "QZ-COVER"
    return {}


def cover_of(entity):
    def place(world):
        owned_cover(world)
        return {"code": f"{entity}-C1"}

    return place


def beside_foreign(world):
    """What another entity noted and added of a customer that both see, and the caller's own policy."""
    if getattr(world, "claim_beside", None) is None:
        shared = subjects.customer_of(world.foreign_actor, "SHARED")
        theirs = subjects.item_of(world.foreign_actor, FOREIGN, "debit", f"{FOREIGN}-SHARED-1")
        for subject in (shared, theirs):
            remarks.add_note(world.foreign_actor, subject, text=f"{FOREIGN} note")
            remarks.add_document(
                world.foreign_actor, subject, name=f"{FOREIGN} invoice.pdf", content=f"{FOREIGN} bytes".encode()
            )
        world.claim_beside = True
    return owned_cover(world)


CLAIM = {"customer": f"{FOREIGN}-C1", "date_of_loss": "2026-03-31", "lost_on": "2026-03-31", "cause": "insolvency"}
for name in ("cover", "cover_leaks", "cover_lost", "deadlines", "claims", "deadlines_calendar"):
    lists(f"GET web:{name}", DAY, DAY | {"entity": FOREIGN}, place=owned_cover)
lists("GET web:cover", DAY | {"group": "country"}, DAY | {"group": "grade", "export": "csv"}, place=owned_cover)
for name in ("cover", "cover_leaks", "cover_lost", "deadlines"):
    lists(f"GET web:{name}", DAY | {"export": "csv"}, place=owned_cover)
lists("GET web:claims", DAY | CLAIM, place=owned_cover, answer=(404,))
by_id("GET web:cover_one", cover_of(FOREIGN), cover_of(MISSING), query=DAY)
lists("GET api:/cover/map", DAY | {"by": "country"}, DAY | {"by": "grade"}, place=owned_cover)
for name in ("/cover", "/cover/map", "/leaks", "/leaks/lost", "/deadlines", "/deadlines/calendar"):
    lists(f"GET api:{name}", DAY, DAY | {"entity": FOREIGN}, place=owned_cover)
for name in ("/cover", "/leaks", "/deadlines"):
    lists(f"GET api:{name}", DAY | {"customer": f"{FOREIGN}-C1"}, place=owned_cover, answer=(404,))
ITEM_WHY = DAY | {"customer": "SHARED", "item": f"{FOREIGN}-SHARED-1"}
for way in ("GET web:why_cover", "GET api:/cover/explain"):
    lists(way, DAY | {"customer": f"{MINE}-C1", "item": f"{MINE}-{MINE}-C1-2"}, place=owned_cover)
    lists(way, ITEM_WHY, DAY | {"customer": f"{FOREIGN}-C1", "item": "1"}, place=owned_cover, answer=(404,))
lists("GET api:/claims/simulate", DAY | CLAIM, place=owned_cover, answer=(404,))
lists("GET api:/claims/simulate", DAY | {"all": "true", "date_of_loss": "2026-03-31"}, place=owned_cover)
lists("GET web:claims", DAY | {"order": "debt"}, DAY | {"order": "code", "export": "csv"}, place=owned_cover)
lists("GET api:/claims/explain", DAY | CLAIM, place=owned_cover, answer=(404,))
OWN_LOSS = DAY | CLAIM | {"customer": f"{MINE}-C1"}
lists("GET api:/claims/explain", OWN_LOSS, place=owned_cover)
lists("GET web:why_claim", OWN_LOSS, place=owned_cover)
lists("GET web:why_claim", DAY | CLAIM, place=owned_cover, answer=(404,))
LOSS = {"policy": "QZ-COVER", "date_of_loss": "2026-03-31"}


def named(entity):
    return LOSS | {"customer": f"{entity}-C1"}


def claimed(world):
    """A claim of the caller's own, and one that it does not see, of the other entity's customer."""
    owned_cover(world)
    if getattr(world, "claimed", None) is None:
        step = {"date_of_loss": "2026-03-31", "cause": "insolvency", "step": "opened", "on": "2026-03-31"}
        mine = step | {"customer_code": f"{MINE}-C1", "policy": "QZ-COVER"}
        insured.record_fact(world.mine_actor, "claim_steps", mine)
        theirs = step | {"customer_code": f"{FOREIGN}-C1", "policy": "QZ-COVER", "detail": FOREIGN}
        insured.record_fact(world.foreign_actor, "claim_steps", theirs)
        world.claimed = True
    return {}


lists("GET api:/claims/cases", DAY, DAY | {"entity": FOREIGN}, DAY | {"customer": f"{FOREIGN}-C1"}, place=claimed)
lists("GET api:/claims/cases/one", DAY | named(FOREIGN), place=claimed, answer=(404,))
lists("GET api:/claims/cases/one", DAY | named(MINE), place=claimed)
lists("GET api:/claims/cases/one/explain", DAY | named(FOREIGN), place=claimed, answer=(404,))
lists("GET api:/claims/cases/one/explain", DAY | named(MINE), place=claimed)
SHOWN = DAY | {"policy": "QZ-COVER", "lost_on": "2026-03-31", "cause": "insolvency"}
lists("GET web:claim_case", SHOWN | {"customer": f"{MINE}-C1"}, place=claimed)
lists("GET web:claim_case", SHOWN | {"customer": f"{FOREIGN}-C1"}, place=claimed, answer=(404,))
CASE_WHY = SHOWN | {"of": "case"}
lists("GET web:why_claim", CASE_WHY | {"customer": f"{MINE}-C1"}, place=claimed)
lists("GET web:why_claim", CASE_WHY | {"customer": f"{FOREIGN}-C1"}, place=claimed, answer=(404,))
lists("GET web:claim_open", DAY, place=claimed, verb="claim.record")
STEP = SHOWN | {"as_of": "2026-03-31", "on": "2026-03-31", "customer": f"{MINE}-C1"}
lists("POST web:claim_case", place=claimed, data=STEP | {"move": "opened"}, verb="claim.record")
lists("POST web:claim_open", place=claimed, data=STEP, verb="claim.record")
lists(
    "POST api:/claims/cases/steps/{step}", place=lambda world: claimed(world) | {"step": "opened"},
    data=named(MINE) | {"on": "2026-03-31"}, verb="claim.record",
)  # fmt: skip


FILE = {"policy": "QZ-COVER", "date_of_loss": "2026-03-31", "lost_on": "2026-03-31", "cause": "insolvency"} | DAY
OWN_FILE, FOREIGN_FILE = ({**FILE, "customer": code} for code in ("SHARED", f"{FOREIGN}-C1"))
lists("GET web:claim_file", OWN_FILE, OWN_FILE | {"form": "zip"}, place=beside_foreign)
lists("GET web:claim_file", FOREIGN_FILE, place=owned_cover, answer=(404,))
lists("GET api:/claims/file", OWN_FILE | {"format": "zip"}, place=beside_foreign)
lists("GET api:/claims/file", FOREIGN_FILE, place=owned_cover, answer=(404,))
lists("POST web:claim_file", FOREIGN_FILE, place=owned_cover, data={"form": "pdf"}, verb="document.add", answer=(404,))
lists("POST api:/claims/file", place=beside_foreign, data=OWN_FILE, verb="document.add")


WHATIF = {"policy": "QZ-COVER", "years": "1"}
BOOKED = {"from": "2025-01-01", "to": "2026-03-31"} | DAY
lists("GET web:claim_journal", BOOKED, BOOKED | {"export": "json"}, BOOKED | {"entity": FOREIGN}, place=owned_cover)
BOOKED_API = {"from_on": "2025-01-01", "until_on": "2026-03-31"} | DAY
lists("GET api:/claims/journal", BOOKED_API, BOOKED_API | {"entity": FOREIGN}, place=owned_cover)


for name in ("premium", "premium_declaration", "premium_whatif"):
    lists(f"GET web:{name}", DAY, DAY | {"entity": FOREIGN}, place=owned_cover)
lists("GET web:premium", DAY | {"export": "csv"}, place=owned_cover)
lists("GET web:premium_declaration", DAY | {"month": "2025-02", "policy": "QZ-COVER"}, place=owned_cover)
lists("GET web:premium_whatif", DAY | {"policy": "QZ-COVER", "ask": "1", "years": "1"}, place=owned_cover)
lists("GET web:premium_audit", DAY, place=owned_cover)
plain(
    "POST web:premium_whatif", "has what the caller sees worked out", data={}, verb="read", query=DAY | WHATIF,
    place=owned_cover,
)  # fmt: skip
plain("POST api:/premium/whatif", "has what the caller sees worked out", verb="read", query=DAY | WHATIF, data={})
plain("POST web:premium_audit", "a file of the caller's own", data={}, verb="read")
for name in ("/premium/declaration", "/premium/due"):
    lists(f"GET api:{name}", DAY, DAY | {"entity": FOREIGN}, place=owned_cover)
lists("GET api:/premium/declaration", DAY | {"documents": "true"}, place=owned_cover)
lists("GET api:/premium/whatif", DAY | {"policy": "QZ-COVER", "years": "1"}, place=owned_cover)
lists(
    "POST api:/premium/audit", DAY | {"policy": "QZ-COVER"}, data={"invoice": "step,amount\ntax,5\n"}, verb="read",
    place=owned_cover,
)  # fmt: skip


def calendar_of(who):
    """The number of a calendar address of the caller, or of somebody who works in the other entity only."""

    def place(world):
        calendar_addresses.make(getattr(world, who), name="QZ")
        return {"address_no": calendar_addresses.mine(getattr(world, who))[0].address_no}

    return place


def own_feed(world):
    owned_cover(world)
    return {"token": calendar_addresses.make(world.mine_actor, name="QZ")}


lists("GET web:reminders", place=owned_cover)
lists("POST web:reminders", place=owned_cover, data={"do": "choose", "is_on": "yes", "kind": ["hand_over"]},
      verb="insurance_event.record")  # fmt: skip
lists("GET web:calendar_feed", place=own_feed)
lists("GET api:/reminders")
lists("PUT api:/reminders", data={"is_on": True}, verb="insurance_event.record")
lists("GET api:/calendar-addresses")
lists("POST api:/calendar-addresses", data={"name": "QZ"}, verb="self.change", answer=(403,))  # by no token
by_id(
    "DELETE api:/calendar-addresses/{address_no}", calendar_of("foreign_actor"), {"address_no": 999_999_999},
    verb="self.change",
)  # fmt: skip


def chat_of(world):
    """A chat of the other entity, told of its deadlines; made without asking the library whether it is sound."""
    if getattr(world, "foreign_chat", None) is None:
        with mock.patch.object(alerts.chat, "service_of", return_value="slack"):
            world.foreign_chat = alerts.add(
                world.foreign_actor, name=f"{FOREIGN} chat", address=f"slack://{FOREIGN}", entity=FOREIGN
            )
    return {"alert_no": world.foreign_chat}


def chats_of_both(world):
    chat_of(world)
    return owned_cover(world)


KEEPS = "integration.change"
NO_CHAT = {"alert_no": 999_999_999}
lists("GET api:/alert-addresses", place=chats_of_both)
lists("GET web:reminders", place=chats_of_both)
lists(
    "POST api:/alert-addresses", data={"name": "QZ", "address": "slack://QZ", "entity": MINE}, verb=KEEPS,
    answer=(422,),
)  # fmt: skip
by_id("POST api:/alert-addresses/{alert_no}/test", chat_of, NO_CHAT, data={}, verb=KEEPS)
by_id("DELETE api:/alert-addresses/{alert_no}", chat_of, NO_CHAT, verb=KEEPS)
