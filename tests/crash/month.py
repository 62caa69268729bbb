"""The days of a simulated month: what two people and the machine do each day in two entities, step by step.

Every step names its work by the day, so that one that was killed is simply done again; the doer calls :func:`step`.
"""

import datetime as dt
import json
from pathlib import Path

FIRST, LAST = dt.date(2026, 3, 2), dt.date(2026, 4, 1)
SIGNED = dt.date(2026, 3, 31)
ENTITIES = ("E1", "E2")
CUSTOMERS = [f"C{number}" for number in range(1, 7)]
DISPUTED_EVERY, WRITTEN_OFF_EVERY, TEXT = 3, 4, "entity,customer_code,kind,number,issued_on,due_on,currency,amount\n"


def invoice(entity, day, nth):
    """One invoice of a day: everything about it follows from its number."""
    ordinal = day.toordinal() * 10 + nth
    amount = 100 + ordinal % 900
    return {
        "entity": entity, "customer_code": CUSTOMERS[ordinal % len(CUSTOMERS)], "kind": "invoice",
        "number": f"{entity}-{day:%m%d}-{nth}", "issued_on": day.isoformat(),
        "due_on": (day + dt.timedelta(days=ordinal % 60)).isoformat(), "currency": "CNY", "amount": f"{amount}.00",
    }  # fmt: skip


def imported(folder, day, _people):
    from seawall.services.access import Actor
    from seawall.services.intake import commit_import

    place = Path(folder) / f"{day:%m%d}"
    place.mkdir(exist_ok=True)
    days = [day] if day != FIRST else [FIRST - dt.timedelta(days=back) for back in range(0, 90, 5)]
    lines = [",".join(invoice(entity, each, nth).values()) for each in days for entity in ENTITIES for nth in (1, 2, 3)]
    (place / "items.csv").write_text(TEXT + "\n".join(lines) + "\n")
    commit_import(Actor.system(), [place], key=f"import {day}")


def pushed(_folder, day, people):
    rows = [invoice(entity, day, 4) for entity in ENTITIES]
    taken(people["fin"], {"items": rows}, f"push {day}")


def paid(_folder, day, people):
    """A receipt of what the first invoice of the day asks, in each entity."""
    rows = []
    for entity in ENTITIES:
        row = invoice(entity, day, 1) | {"kind": "receipt", "number": f"{entity}-{day:%m%d}-R"}
        rows.append({name: value for name, value in row.items() if name != "due_on"})
    taken(people["fin"], {"items": rows}, f"paid {day}")


def taken(actor, rows, key):
    from seawall.services import access
    from seawall.services.intake import commit_rows

    commit_rows(actor, rows, verb=access.IMPORT, origin="push", key=key)


def allocated(_folder, day, people):
    from seawall.services import allocating

    for entity in ENTITIES:
        credit = subject(people["fin"], entity, "credit", f"{entity}-{day:%m%d}-R")
        if credit.left_minor:
            part = {f"{entity}-{day:%m%d}-1": "50.00"}
            allocating.allocate(people["fin"], credit, part, on=day, key=f"allocate {entity} {day}")


def disputed(_folder, day, people):
    from seawall.services import disputes

    back = day.toordinal() % DISPUTED_EVERY
    for entity in ENTITIES:
        if back == 0:
            item = subject(people["ann"], entity, "debit", f"{entity}-{day:%m%d}-2")
            disputes.open_dispute(
                people["ann"], item, on=day, amount="40", reason="price", key=f"dispute {entity} {day}"
            )
        elif back == DISPUTED_EVERY - 1 and day - dt.timedelta(days=back) >= FIRST:
            item = subject(people["ann"], entity, "debit", f"{entity}-{day - dt.timedelta(days=back):%m%d}-2")
            for each in disputes.of_item(people["ann"], item):
                if each.closed_on is None:
                    disputes.close_dispute(people["ann"], item, each.number, on=day, key=f"close {each.number}")


def proposed(_folder, day, people):
    from seawall.services import write_offs

    if day.toordinal() % WRITTEN_OFF_EVERY == 0:
        item = subject(people["ann"], "E1", "debit", f"E1-{day:%m%d}-3")
        if item.left_minor == item.amount_minor:
            write_offs.propose(people["ann"], item, amount="30", on=day, reason="bankrupt", key=f"write off {day}")


def approved(_folder, day, people):
    from seawall.services import approvals, proposals

    for asked in proposals.listed(people["fin"]):
        if asked.decision is None:
            approvals.approve(people["fin"], asked.number, digest=asked.digest, on=day, key=f"approve {asked.number}")


def ran(_folder, day, _people):
    from seawall.services import runs
    from seawall.services.access import Actor

    runs.run(Actor.system(), on=day, currency="CNY")


def backed_up(folder, day, _people):
    from seawall.services import backups
    from seawall.services.access import Actor

    backups.make(Actor.system(), at=dt.datetime.combine(day, dt.time(23), dt.UTC), to=Path(folder) / "backups", keep=3)


def signed(_folder, day, people):
    from seawall.services import periods

    if day > SIGNED and not any(each.stands for each in periods.listed(people["fin"])):
        periods.sign(people["fin"], on=SIGNED, today=day, currency="CNY", key=f"sign {SIGNED}")


STEPS = {
    "import": imported, "push": pushed, "receipts": paid, "allocate": allocated, "dispute": disputed,
    "propose": proposed, "approve": approved, "run": ran, "sign": signed, "backup": backed_up,
}  # fmt: skip


def subject(actor, entity, side, number):
    from seawall.services import subjects

    return subjects.item_of(actor, entity, side, number)


def the_people():
    """Ann collects, Fin decides: made on the first day."""
    from seawall.services import people
    from seawall.services.access import Actor, Grant, actor_of
    from seawall.store.models import User

    found = {}
    for name, role in (("ann", "collector"), ("fin", "finance")):
        if not User.objects.filter(username=name).exists():
            people.create(Actor.system(), username=name, grants=[Grant(role)])
        found[name] = actor_of(User.objects.get(username=name))
    return found


def step(task, _actor):
    """One step of one day."""
    STEPS[task["step"]](task["folder"], dt.date.fromisoformat(task["day"]), the_people())
    return 0


def reported(task, actor):
    """The month's report as bytes, without the number of the write it was made at."""
    from seawall.engine.ledger.scheme import DEFAULT_SCHEME
    from seawall.services import documents, reading
    from seawall.store.chain import canonical

    read = reading.open_reading(actor, on=SIGNED, currency="CNY", details=True)
    report = documents.protection_report(read, scheme=DEFAULT_SCHEME, policies=read.policies)
    basis = documents.Basis(batch=0, company="Month", is_demo=False, single_user=None)
    document = documents.protection(report, read.ledger, basis=basis, policies=read.policies)
    Path(task["to"]).write_text(canonical(json.loads(json.dumps(document, default=str))), encoding="utf-8")
    return 0
