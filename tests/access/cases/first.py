"""The pages and operations of the first two issues."""

from access.registry import FOREIGN, MINE, MISSING, by_id, lists, plain

DAY = {"as_of": "2026-03-31"}
FILES = ({}, {"export": "csv"}, {"export": "xlsx"}, {"entity": FOREIGN}, {"entity": FOREIGN, "export": "csv"})
TABLES = tuple(DAY | each for each in FILES)


def item_of(entity):
    return {"entity": entity, "side": "debit", "number": f"{entity}-{entity}-C1-2"}


lists("GET web:today", DAY, DAY | {"entity": FOREIGN})
lists(
    "GET web:report", *(DAY | {"format": form} for form in ("html", "json", "csv", "xlsx")), DAY | {"entity": FOREIGN}
)
lists("GET web:ageing", *TABLES, *(DAY | {"group_by": by} for by in ("group", "entity", "sector", "currency")))
lists("GET web:ageing", DAY | {"only_customer": f"{FOREIGN}-C1"}, DAY | {"only_entity": FOREIGN})
lists("GET web:turnover", *TABLES)
lists("GET web:search", DAY | {"q": f"{FOREIGN}-C1"}, DAY | {"q": f"{FOREIGN} Wares"}, DAY | {"q": "77-"})
lists("GET web:customers", *TABLES, DAY | {"q": FOREIGN}, DAY | {"sort": "customer_code"})
by_id("GET web:customer", {"code": f"{FOREIGN}-C1"}, {"code": f"{MISSING}-C1"}, query=DAY)
lists("GET web:customer", DAY, place={"code": "SHARED"})
by_id("GET web:item", item_of(FOREIGN), item_of(MISSING), query=DAY)
by_id("GET web:item", item_of(FOREIGN) | {"entity": MINE}, item_of(MISSING) | {"entity": MINE}, query=DAY)
lists("GET web:imports")
lists("GET web:import", place=lambda world: {"file_id": world.import_of[MINE]})
by_id("GET web:import", lambda world: {"file_id": world.import_of[FOREIGN]}, {"file_id": 999_999})
lists("GET web:roll_rates", *TABLES)
lists("GET web:concentration", *TABLES)
lists("GET web:provision", *TABLES)
lists("GET web:worklist", *TABLES)
lists("GET web:runs")
lists("GET web:run", place=lambda world: {"run_id": world.run_of[MINE]})
lists("POST web:runs", verb="run.start", data={"as_of": "2026-03-30", "currency": "CNY"})
by_id(
    "GET web:run", lambda world: {"run_id": world.run_of[FOREIGN]}, {"run_id": "00000000-0000-4000-8000-000000000000"}
)
lists("GET web:settings", DAY)
plain("POST web:token", "one's own tokens", verb="self.change", data={"name": "QZ", "days": "1"})
plain("GET web:password", "one's own password")
plain("POST web:password", "one's own password", data={})
lists("GET web:why", DAY, DAY | {"entity": FOREIGN}, place={"figure": "open_minor"})
lists("GET web:why", DAY | {"customer": f"{FOREIGN}-C1"}, place={"figure": "open_minor"})
lists("GET web:why", DAY | {"customer": "SHARED"}, place={"figure": "open_minor"})
plain("GET web:sign_in", "before anybody is in")
plain("POST web:sign_in", "before anybody is in")
plain("POST web:sign_out", "leads out")
plain("POST web:language", "one's own language")

by_id(
    "POST web:run",
    lambda world: {"run_id": world.run_of[FOREIGN]},
    {"run_id": "00000000-0000-4000-8000-000000000000"},
    verb="run.start",
)
by_id(
    "POST api:/runs/{run_id}/resume",
    lambda world: {"run_id": world.run_of[FOREIGN]},
    {"run_id": "00000000-0000-4000-8000-000000000000"},
    verb="run.start",
)
lists("GET api:/meta")
lists("GET api:/ageing", DAY, DAY | {"entity": FOREIGN}, *(DAY | {"group_by": by} for by in ("entity", "group")))
lists("GET api:/customers", DAY, DAY | {"search": f"{FOREIGN}-C1"}, DAY | {"entity": FOREIGN})
by_id("GET api:/customers/{code}", {"code": f"{FOREIGN}-C1"}, {"code": f"{MISSING}-C1"}, query=DAY)
lists("GET api:/customers/{code}", DAY, place={"code": "SHARED"})
lists("GET api:/provision", DAY, DAY | {"entity": FOREIGN})
for name in ("dso", "roll-rates", "concentration", "worklist", "reports/protection"):
    lists(f"GET api:/{name}", DAY, DAY | {"entity": FOREIGN})
lists("GET api:/dso", *(DAY | {"group_by": by} for by in ("customer", "group", "entity", "sector")))
plain("GET api:/explain", "names and titles of figures")
OPEN = {"figure": "open"}
lists("GET api:/explain/{figure}", DAY, DAY | {"entity": FOREIGN}, DAY | {"customer": "SHARED"}, place=OPEN)
lists("GET api:/explain/{figure}", DAY | {"customer": f"{FOREIGN}-C1"}, place=OPEN, answer=(400,))
lists("GET api:/runs")
by_id(
    "GET api:/runs/{run_id}",
    lambda world: {"run_id": world.run_of[FOREIGN]},
    {"run_id": "00000000-0000-4000-8000-000000000000"},
)
