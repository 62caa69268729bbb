"""Bank statements, the money in them, and what was decided about it."""

import datetime as dt

from access.registry import FOREIGN, MINE, by_id, lists, plain
from access.world import STATEMENT_DAYS

DAY = {"as_of": "2026-03-31"}
NOWHERE = {"entry_id": 999_999}


def statement(entity, *amounts):
    """Money for the entity's first item, and some that nobody knows."""
    day = STATEMENT_DAYS[entity][2:].replace("-", "")
    entries = "".join(
        f":61:{day}{day[2:]}C{amount},00NTRFNONREF//{entity}-{amount}\n:86:/NAME/{entity} Wares/REMI/{entity}-{entity}-C1-2\n"
        for amount in amounts
    )
    head, tail = f":20:X\n:25:{entity}-ACCOUNT\n:60F:C{day}CNY0,00\n", f":62F:C{day}CNY{sum(amounts)},00\n"
    return f"{head}{entries}{tail}".encode()


def bank_of(world, entity=FOREIGN):
    """An entry that is open, one that paid too little, and its case; made once."""
    from seawall.services import bank, bank_cases, bank_decide, bank_reading

    actor = {MINE: world.mine_actor, FOREIGN: world.foreign_actor}[entity]
    bank.import_files(actor, [(f"{entity}.sta", statement(entity, 10, 20))], entity=entity)
    paid = bank_reading.entries(actor).get(amount_minor=1000).pk
    if not bank_cases.cases(actor):
        bank_decide.confirm(actor, paid, on=dt.date(2026, 3, 31))
    (case,) = bank_cases.cases(actor)
    return {"open": bank_reading.entries(actor).get(amount_minor=2000).pk, "paid": paid, "case": case.case_id}


def both(world):
    bank_of(world)
    bank_of(world, MINE)
    return {}


def open_entry(world):
    return {"entry_id": bank_of(world)["open"]}


def paid_entry(world):
    return {"entry_id": bank_of(world)["paid"]}


def settled(world, _place):
    return {"case": str(bank_of(world)["case"]), "resolution": "paid"}


CONFIRM = {"act": "confirm", "proposal": "0"}

lists("GET web:bank", place=both)
lists("POST web:bank", place=both, data={}, verb="bank.import")
MARCH = {"from": "2026-03-01", "to": "2026-03-31"}
lists("GET web:bank_journal", {}, MARCH, MARCH | {"export": "json"}, place=both)
lists("GET web:unmatched", {}, DAY, place=both)
for figure in ("bank_age_days", "unmatched_minor"):
    for way in ("GET web:why", "GET api:/explain/{figure}"):
        lists(
            way, DAY, DAY | {"entity": MINE}, DAY | {"entity": FOREIGN},
            place=lambda world, figure=figure: both(world) | {"figure": figure},
        )  # fmt: skip
for which in ("open", "paid"):
    lists("GET web:entry", place=lambda world, which=which: {"entry_id": bank_of(world, MINE)[which]})
by_id("GET web:entry", open_entry, NOWHERE)
by_id("GET web:entry", paid_entry, NOWHERE)
by_id("POST web:entry", open_entry, NOWHERE, data=CONFIRM, verb="match.confirm")
by_id("POST web:entry", paid_entry, NOWHERE, data={"act": "undo", "reason": "x"}, verb="match.confirm")
lists("GET web:cases", {}, {"closed": "1"}, place=both)
lists("POST web:cases", place=both, data=settled, verb="match.confirm")

plain(
    "POST api:/bank/statements",
    "what is brought names its account; another's is not found (tests/api/test_bank.py)",
    verb="bank.import",
)
lists("GET api:/bank/accounts", {}, DAY, place=both)
lists("GET api:/bank/entries", {}, {"state": "unmatched"}, {"state": "matched"}, place=both)
lists("GET api:/bank/unmatched", {}, DAY, DAY | {"entity": FOREIGN}, place=both)
MARCH_API = {"from_on": "2026-03-01", "until_on": "2026-03-31"}
lists("GET api:/bank/journal", MARCH_API, MARCH_API | {"entity": FOREIGN}, place=both)
lists("GET api:/bank/cases", {}, {"is_open": "false"}, place=both)
by_id("POST api:/bank/entries/{entry_id}/match", open_entry, NOWHERE, data={}, verb="match.confirm")
by_id("POST api:/bank/entries/{entry_id}/aside", open_entry, NOWHERE, data={"reason": "x"}, verb="match.confirm")
by_id("POST api:/bank/entries/{entry_id}/undo", paid_entry, NOWHERE, data={"reason": "x"}, verb="match.confirm")
by_id(
    "POST api:/bank/cases/{case_id}/close", lambda world: {"case_id": bank_of(world)["case"]}, {"case_id": 999_999},
    data={"resolution": "paid"}, verb="match.confirm",
)  # fmt: skip
