"""Items, statements, timelines, and what people write beside the ledger and into it."""

import datetime as dt

from access.registry import FOREIGN, MINE, MISSING, by_id, lists, plain
from django.core.files.uploadedfile import SimpleUploadedFile

from seawall.services import attachments, insured, remarks, subjects

DAY = {"as_of": "2026-03-31"}


def item_of(entity):
    return {"entity": entity, "side": "debit", "number": f"{entity}-{entity}-C1-2"}


def task_of(world):
    foreign = subjects.customer_of(world.foreign_actor, f"{FOREIGN}-C1")
    due = dt.date(2026, 4, 1)
    return {"number": remarks.add_task(world.foreign_actor, foreign, title=f"{FOREIGN} task", due_on=due)}


def shared_task_of(world):
    """A task of the other one's about a customer that buys from both: only whose it is keeps it away."""
    shared = subjects.customer_of(world.foreign_actor, "SHARED")
    due = dt.date(2026, 4, 1)
    return {"number": remarks.add_task(world.foreign_actor, shared, title=f"{FOREIGN} task", due_on=due)}


def filed(_world, task):
    return {"task": task["number"], "file": SimpleUploadedFile("a.txt", b"words")}


def document_of(world):
    foreign = subjects.customer_of(world.foreign_actor, f"{FOREIGN}-C1")
    content = f"{FOREIGN} content".encode()
    return {"number": remarks.add_document(world.foreign_actor, foreign, name=f"{FOREIGN}.txt", content=content)}


def remarked(world):
    """What the other one says of a customer that buys from both, and who works in both of an own task; made once."""
    if not hasattr(world, "desk_remarked"):
        bob, shared = world.foreign_actor, subjects.customer_of(world.foreign_actor, "SHARED")
        due = dt.date(2026, 4, 1)
        remarks.add_note(bob, shared, text=f"{FOREIGN} note")
        remarks.add_task(bob, shared, title=f"{FOREIGN} task", due_on=due)
        remarks.add_document(bob, shared, name=f"{FOREIGN}.txt", content=f"{FOREIGN} of both".encode())
        remarks.pause(bob, shared, until_on=dt.date(2099, 1, 1), reason=f"{FOREIGN} rests", today=due)
        heard = {
            "customer_code": "SHARED",
            "policy": f"{FOREIGN}-P",
            "event": "adverse_information",
            "on": "2026-02-01",
        }
        insured.record_fact(bob, "insurance_events", heard | {"detail": f"{FOREIGN} word"})
        mine = subjects.customer_of(world.mine_actor, "SHARED")
        own = remarks.add_task(world.mine_actor, mine, title="Own task", due_on=due)
        attachments.to_task(world.actor_of_both, own, name=f"{FOREIGN} too.txt", content=b"of both")
        world.desk_remarked = True
    return {}


def name_of(entity, side="debit"):
    number = f"{entity}-{entity}-C1-2" if side == "debit" else f"{entity}-R1"
    return f"{entity}/{side}/{number}"


FILES = (DAY, DAY | {"export": "csv"}, DAY | {"export": "xlsx"})
lists(
    "GET web:items", *FILES, DAY | {"customer": f"{FOREIGN}-C1"}, DAY | {"number": FOREIGN}, DAY | {"entity": FOREIGN}
)
lists("GET web:statement", *FILES, place={"code": "SHARED"})
by_id("GET web:statement", {"code": f"{FOREIGN}-C1"}, {"code": f"{MISSING}-C1"}, query=DAY)
for act, given, verb in (
    ("note", {"text": "word"}, "note.write"),
    ("task", {"title": "word", "due_on": "2026-04-01"}, "task.write"),
    ("pause", {"until_on": "2099-01-01", "reason": "word"}, "note.write"),
    ("edit", {"name": "word", "version": "1"}, "customer.change"),
):
    of = {"code": f"{FOREIGN}-C1", "act": act}
    by_id("GET web:customer_act", of, of | {"code": f"{MISSING}-C1"}, query=DAY)
    by_id("POST web:customer_act", of, of | {"code": f"{MISSING}-C1"}, data=given, verb=verb)
for act, given, verb in (
    ("note", {"text": "word"}, "note.write"),
    ("dispute", {"on": "2026-03-01", "amount": "1.00", "reason": "price"}, "dispute.change"),
    ("write-off", {"on": "2026-03-01", "amount": "1.00", "reason": "word"}, "write_off.propose"),
):
    by_id("GET web:item_act", item_of(FOREIGN) | {"act": act}, item_of(MISSING) | {"act": act}, query=DAY)
    of, none = item_of(FOREIGN) | {"act": act}, item_of(MISSING) | {"act": act}
    by_id("POST web:item_act", of, none, data=given, verb=verb)
for method, verb in (("GET", "document.add"), ("POST", "document.add")):
    by_id(f"{method} web:task_document", task_of, {"number": 999_999}, verb=verb)
lists("GET api:/documents", {"customer": f"{FOREIGN}-C1"}, {"customer": "SHARED"})
by_id("GET api:/documents/{number}", document_of, {"number": 999_999})
by_id("POST api:/documents", shared_task_of, {"number": 999_999}, data=filed, verb="document.add")
by_id(
    "POST web:allocation_withdraw", item_of(FOREIGN), item_of(MISSING), data={"allocation": "1", "reason": "word"},
    verb="allocation.change",
)  # fmt: skip
by_id("POST web:task", task_of, {"number": 999_999}, data={"version": "1", "done": "yes"}, verb="task.write")
by_id("GET web:document", document_of, {"number": 999_999})

lists("GET api:/items", DAY, DAY | {"customer": f"{FOREIGN}-C1"}, DAY | {"entity": FOREIGN})
lists("GET api:/statements/{code}", DAY, place={"code": "SHARED"})
by_id("GET api:/statements/{code}", {"code": f"{FOREIGN}-C1"}, {"code": f"{MISSING}-C1"}, query=DAY)
lists("GET web:customer", DAY, place=lambda world: remarked(world) | {"code": "SHARED"})
lists("GET web:item", DAY, place=item_of(MINE))
lists("GET web:item", DAY, place=item_of(MINE) | {"side": "credit", "number": f"{MINE}-R1"})
lists("GET web:item", DAY, place=lambda world: remarked(world) | item_of(MINE) | {"number": f"{MINE}-SHARED-2"})
lists(
    "GET api:/timeline",
    DAY | {"customer": "SHARED"},
    DAY | {"customer": f"{FOREIGN}-C1"},
    DAY | {"item": name_of(FOREIGN), "digits": f"{FOREIGN}-{FOREIGN}-C1-2"},
    place=remarked,
)
lists("GET api:/tasks")
lists("GET api:/disputes", {"item": name_of(MINE)}, {"item": name_of(FOREIGN), "digits": f"{FOREIGN}-{FOREIGN}-C1-2"})
lists(
    "GET api:/offers",
    DAY | {"credit": name_of(MINE, "credit")},
    DAY | {"credit": name_of(FOREIGN, "credit"), "digits": f"{FOREIGN}-R1"},
)
by_id("POST api:/tasks/{number}", task_of, {"number": 999_999}, data={"version": 1, "is_done": True}, verb="task.write")


def told_by(way, key, side, verb, **more):
    """An operation that is told in its body which item or customer it is about."""

    def place(entity):
        if side is None:
            return {"who": f"{entity}-C1"}
        name = name_of(entity, side)
        return {"who": name, "digits": name.split("/", 2)[2], "number": 1}

    def data(_world, about):
        return more | {key: about["who"]}

    by_id(f"POST api:{way}", place(FOREIGN), place(MISSING), data=data, verb=verb)


DISPUTED = {"on": "2026-03-01", "amount": "1.00", "reason": "price"}
told_by("/notes", "item", "debit", "note.write", text="word")
told_by("/notes", "customer", None, "note.write", text="word")
told_by("/tasks", "item", "debit", "task.write", title="word", due_on="2026-04-01")
told_by("/pauses", "customer", None, "note.write", reason="word")
told_by("/disputes", "item", "debit", "dispute.change", **DISPUTED)
told_by("/disputes/{number}/change", "item", "debit", "dispute.change", **DISPUTED)
told_by("/disputes/{number}/close", "item", "debit", "dispute.change", on="2026-03-01")
told_by("/offers", "credit", "credit", "allocation.change", on="2026-03-01", amounts={"x": "1.00"})
told_by("/withdrawals", "item", "debit", "allocation.change", allocation=1, reason="word")
told_by("/write-offs", "item", "debit", "write_off.propose", amount="1.00", on="2026-03-01", reason="word")
told_by("/recoveries", "write_off", "credit", "recovery.record", amount="1.00", on="2026-03-01")
told_by("/descriptions", "customer", None, "customer.change", version=1, fields={"name": "word"})
plain(
    "POST api:/merges", "asks for the right everywhere", verb="customer.merge",
    data={"customer": "SHARED", "into": f"{MINE}-C1", "on": "2026-03-01", "reason": "word"},
)  # fmt: skip
plain(
    "POST api:/splits", "asks for the right everywhere", verb="customer.merge",
    data={"customer": "SHARED", "reason": "word"},
)  # fmt: skip
