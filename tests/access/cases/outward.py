"""Webhooks: endpoints and what was sent to them, by entity."""

from access.registry import FOREIGN, MINE, by_id, lists, plain

CHANGE = "integration.change"
MISSING, MISSING_DELIVERY = {"endpoint_id": 999_999}, {"delivery_no": 999_999}


def others_webhook(world):
    from seawall.services import webhooks

    made = webhooks.add(
        world.foreign_actor, entity=FOREIGN, address=f"https://{FOREIGN.lower()}.example/hook", events=["run.done"]
    )
    return {"endpoint_id": made.endpoint_id}


def others_delivery(world):
    from seawall.services import webhooks

    endpoint_id = others_webhook(world)["endpoint_id"]
    return {"delivery_no": webhooks.send_test(world.foreign_actor, endpoint_id)}


ASKED = {"entity": MINE, "address": "https://mine.example/hook", "events": ["run.done"]}

lists("GET web:webhooks")
plain(
    "POST web:webhooks",
    "an entity that is not theirs is not found",
    verb=CHANGE,
    data={"entity": MINE, "address": "https://mine.example/hook", "event": "run.done"},
)
by_id("GET web:webhook", others_webhook, MISSING, verb=CHANGE)
by_id("POST web:webhook", others_webhook, MISSING, verb=CHANGE, data={"do": "test"})
by_id("GET web:webhook_delivery", others_delivery, MISSING_DELIVERY, verb=CHANGE)
by_id("POST web:webhook_delivery", others_delivery, MISSING_DELIVERY, verb=CHANGE)
lists("GET api:/webhooks", verb=CHANGE)
plain("POST api:/webhooks", "an entity that is not theirs is not found", data=ASKED, verb=CHANGE)
by_id("GET api:/webhooks/{endpoint_id}", others_webhook, MISSING, verb=CHANGE)
by_id("PATCH api:/webhooks/{endpoint_id}", others_webhook, MISSING, verb=CHANGE, data={"is_paused": True})
by_id("DELETE api:/webhooks/{endpoint_id}", others_webhook, MISSING, verb=CHANGE)
by_id("POST api:/webhooks/{endpoint_id}/secret", others_webhook, MISSING, verb=CHANGE)
by_id("POST api:/webhooks/{endpoint_id}/test", others_webhook, MISSING, verb=CHANGE)
by_id("GET api:/webhooks/{endpoint_id}/deliveries", others_webhook, MISSING, verb=CHANGE)
by_id("GET api:/deliveries/{delivery_no}", others_delivery, MISSING_DELIVERY, verb=CHANGE)
by_id("POST api:/deliveries/{delivery_no}/again", others_delivery, MISSING_DELIVERY, verb=CHANGE)

for _way in ("GET web:mail", "GET api:/mail/server", "GET api:/mail"):
    plain(_way, "of the whole organisation", **({"verb": CHANGE} if "api" in _way else {}))
plain("POST web:mail", "of the whole organisation", verb=CHANGE, data={"do": "test", "to": "a@example.org"})
plain("POST api:/mail/test", "of the whole organisation", verb=CHANGE, data={"to": "a@example.org"})
plain("PUT api:/mail/server", "of the whole organisation", verb=CHANGE,
      data={"host": "smtp.example.org", "sender": "a@example.org"})  # fmt: skip
plain("POST api:/mail/{mail_no}/settle", "of the whole organisation", verb=CHANGE, place={"mail_no": 999_999},
      data={"how": "sent"})  # fmt: skip


def others_view(world):
    from seawall.services import saved_views

    made = saved_views.save(world.foreign_actor, page="customers", name=FOREIGN, query="", entity=FOREIGN)
    return {"view_no": made.view_no}


VIEW = {"page": "customers", "name": "late", "query": "sort=name"}
lists("GET web:views")
plain("POST web:views", "one's own", verb="view.save", data=VIEW)
lists("GET api:/views")
plain("POST api:/views", "one's own", verb="view.save", data=VIEW)
by_id("DELETE api:/views/{view_no}", others_view, {"view_no": 999_999}, verb="view.save")
