"""A store that is connected to a running sandbox insurer: connection, linked customers, rounds under its clock."""

import datetime as dt
import itertools

from sandbox_insurer import PATIENCE, SECRET
from stocked import SYSTEM

from seawall.services import founding, insurer_opening, insurer_rounds, insurers
from seawall.services.insurers import Given
from seawall.services.intake import commit_import
from seawall.store.models import InsurerConnection

NUMBERS = itertools.count(1)
POLICY = "P-2026"


def customers(folder, count, entity="E1"):
    """Customers that an entity deals with, each with an invoice and a registration."""
    lines = ["customer_code,name,country,registration_id"]
    items = ["entity,customer_code,kind,number,issued_on,due_on,currency,amount"]
    for n in range(1, count + 1):
        lines.append(f"C{n},Wares {n},CN,91310000{n:04}")
        items.append(f"{entity},C{n},invoice,I-{n},2025-10-01,2025-12-01,USD,1200.00")
    (folder / "customers.csv").write_text("\n".join(lines) + "\n")
    (folder / "items.csv").write_text("\n".join(items) + "\n")
    commit_import(SYSTEM, [folder / "customers.csv", folder / "items.csv"], key=f"customers {entity}")
    return [f"C{n}" for n in range(1, count + 1)]


def founded():
    founding.found(SYSTEM, name="Insured", reporting_currency="CNY", time_zone="Asia/Shanghai")


def connected(insurer, monkeypatch, *, seconds=PATIENCE):
    """The number of a connection to a running sandbox insurer."""
    monkeypatch.setenv("SEAWALL_PRIVATE_HOSTS", insurer.host)
    plan = dict(insurer_opening.plan_of(dt.date(2026, 1, 1)))
    monkeypatch.setattr(insurer_opening, "plan_of", lambda _on: plan | {"timeout_seconds": seconds})
    monkeypatch.setattr(insurer_rounds, "plan_of", lambda _on: plan)
    told = {"url": insurer.url, "client_id": "seawall", "ca": insurer.authority}
    return insurers.add(SYSTEM, Given(f"Sandbox {next(NUMBERS)}", "neutral", POLICY, told, secret=SECRET))


def linked(insurer, connection_id, code):
    """Search a customer at the insurer, and link the company it names."""
    (company,) = insurers.candidates(SYSTEM, connection_id=connection_id, customer_code=code, at=insurer.now)
    insurers.link(
        SYSTEM, connection_id=connection_id, customer_code=code, company_ref=company.company_ref, name=company.name
    )
    return company.company_ref


def rounds(insurer, connection_id):
    """One round of the worker, at the insurer's moment."""
    row = InsurerConnection.objects.every_entity().select_related("entity").get(pk=connection_id)
    return insurer_rounds.exchange(row, now=insurer.now)
