"""Bills, their exposure, and recording what happened to one."""

from access.registry import FOREIGN, MINE, MISSING, by_id, lists

DAY = {"as_of": "2026-03-31"}
PAID = {"event": "paid", "on": "2026-03-31"}


def bill_of(entity):
    return {"entity": entity, "number": f"{entity}-B1"}


lists("GET web:bills", DAY, DAY | {"state": "received"}, DAY | {"entity": FOREIGN}, DAY | {"export": "csv"})
lists("GET web:bills", DAY | {"export": "xlsx"}, DAY | {"entity": FOREIGN, "export": "csv"})
lists("GET web:bill", DAY, place=bill_of(MINE))
by_id("GET web:bill", bill_of(FOREIGN), bill_of(MISSING), query=DAY)
by_id("GET web:bill", bill_of(FOREIGN) | {"entity": MINE}, bill_of(MISSING) | {"entity": MINE}, query=DAY)
by_id("POST web:bill", bill_of(FOREIGN), bill_of(MISSING), data=PAID, verb="bill.change")
lists("GET api:/bills", DAY, DAY | {"entity": FOREIGN}, DAY | {"state": "received"})
by_id("GET api:/bills/{entity}/{number}", bill_of(FOREIGN), bill_of(MISSING), query=DAY)
by_id("POST api:/bills/{entity}/{number}/events", bill_of(FOREIGN), bill_of(MISSING), data=PAID, verb="bill.change")
