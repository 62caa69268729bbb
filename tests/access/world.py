"""Two entities of one organisation, and ann, who may do everything in one of them and sees nothing of the other."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from access.registry import FOREIGN, MINE
from stocked import SYSTEM, empty, person

from seawall.services import founding, imports, runs
from seawall.services.access import ROLES, Actor, Grant, actor_of
from seawall.services.intake import commit_import
from seawall.store.models import User

ON = dt.date(2026, 3, 31)
STATEMENT_DAYS = {MINE: "2026-03-20", FOREIGN: "2026-03-17"}
"""The last day of each one's bank statements; the foreign one stands nowhere else."""


@dataclass
class World:
    """What the cases ask for by id. Rooms make more in their own cases, by ``foreign_actor``."""

    folder: Path
    mine_actor: Actor
    foreign_actor: Actor
    actor_of_both: Actor
    import_of: dict[str, int]
    run_of: dict[str, str]

    @property
    def marks(self):
        """What tells of the foreign entity wherever it stands."""
        return (FOREIGN, f"/imports/{self.import_of[FOREIGN]}/", self.run_of[FOREIGN], STATEMENT_DAYS[FOREIGN])


def made(folder):
    """The world, once for a module."""
    founding.found(SYSTEM, name="Two of us", reporting_currency="CNY", time_zone="Asia/Shanghai")
    for entity in (MINE, FOREIGN):
        (folder / entity).mkdir()
        for name, text in files(entity).items():
            (folder / entity / f"{name}.csv").write_text(text, encoding="utf-8")
        commit_import(SYSTEM, [folder / entity], key=f"world {entity}")
    every = sorted(ROLES)
    person("ann", *(Grant(role, MINE) for role in every))
    person("bob", *(Grant(role, FOREIGN) for role in every))
    person("cyd", *(Grant(role, entity) for role in every for entity in (MINE, FOREIGN)))
    ann, bob, cyd = (actor_of(User.objects.get(username=name)) for name in ("ann", "bob", "cyd"))
    actors = {MINE: ann, FOREIGN: bob}
    return World(
        folder,
        ann,
        bob,
        cyd,
        {entity: min(file.file_id for file in imports.imports(actor)) for entity, actor in actors.items()},
        {entity: str(runs.run(actor, on=ON, currency="CNY").run_id) for entity, actor in actors.items()},
    )


def unmade():
    empty()


def files(entity):
    """A ledger of one entity, whose every name says whose it is; one customer buys from both."""
    customers = f"customer_code,name,country,sector,parent_code\n{entity}-C1,{entity} Wares,CN,chemicals,\n"
    if entity == MINE:
        customers += "SHARED,Buys from both,CN,machinery,\n"
    items = "entity,customer_code,kind,number,issued_on,due_on,currency,amount\n"
    for month in range(1, 13):
        for customer in (f"{entity}-C1", "SHARED"):
            number = f"{entity}-{customer}-{month}"
            items += (
                f"{entity},{customer},invoice,{number},2025-{month:02}-05,2025-{month:02}-28,CNY,{1000 + month}.00\n"
            )
    items += f"{entity},{entity}-C1,invoice,77-{entity},2025-12-05,2025-12-28,CNY,77.00\n"
    items += f"{entity},{entity}-C1,receipt,{entity}-R1,2025-12-15,,CNY,1001.00\n"
    bill = f"{entity},{entity}-C1,{entity}-B1,bank,{entity} Bank,CNY,500.00,2025-12-20,2025-12-20,2026-06-20\n"
    return {
        "bills": "entity,customer_code,bill_number,kind,acceptor,currency,amount,issued_on,received_on,matures_on\n"
        + bill,
        "customers": customers,
        "items": items,
        "allocations": "entity,customer_code,debit_number,credit_number,allocated_on,amount\n"
        f"{entity},{entity}-C1,{entity}-{entity}-C1-1,{entity}-R1,2025-12-15,1001.00\n",
        "disputes": "entity,number,opened_on,closed_on,amount,reason\n"
        f"{entity},{entity}-{entity}-C1-2,2025-03-01,,10.00,price\n",
        "insured_limits": "entity,customer_code,policy,kind,amount,currency,decided_on,conditions\n"
        f"{entity},{entity}-C1,{entity}-POLICY,approved,5000.00,CNY,2025-01-01,{entity} alone\n"
        f",{entity}-C1,{entity}-GROUP,approved,7000.00,CNY,2025-01-01,\n"
        f"{entity},SHARED,{entity}-POLICY,approved,6000.00,CNY,2025-01-01,{entity} alone\n",
        "insurance_events": "entity,customer_code,policy,event,on,detail\n"
        f"{entity},{entity}-C1,{entity}-POLICY,adverse_information,2025-11-01,{entity} alone\n",
        "claims": "entity,customer_code,policy,date_of_loss,cause,paid_on,currency,indemnity,"
        "aggregate_first_loss_used\n"
        f"{entity},{entity}-C1,{entity}-POLICY,2025-06-01,insolvency,2025-09-01,CNY,44.00,0.00\n",
    }
