"""A store with a small invented ledger and four people, made once for all tests of a module."""

import datetime as dt

from django.core.management import call_command
from ledgers import invented

from seawall.services import founding, people
from seawall.services.access import Actor, Grant
from seawall.services.intake import commit_import
from seawall.store.models import User

ON = dt.date(2026, 3, 31)
PASSWORD = "correct-horse-9"
SYSTEM = Actor.system()


def stock(folder):
    """Found the organisation, import the ledger, make the people; returns the generated ledger."""
    founding.found(SYSTEM, name="Valves & <b>Pumps</b>", reporting_currency="CNY", time_zone="Asia/Shanghai")
    ledger = invented(folder, items=1500, customers=40, seed=11, until=ON)
    commit_import(SYSTEM, [folder], key="stock")
    entities = sorted(ledger.accounts["entity"].unique())
    person("boss", Grant("administrator"))
    person("reader", Grant("viewer"))
    person("narrow", Grant("finance", entities[0]))
    person("nobody")
    return ledger


def person(username, *grants):
    """Someone who has changed the one-time password already."""
    people.create(SYSTEM, username=username, grants=grants)
    user = User.objects.get(username=username)
    user.set_password(PASSWORD)
    user.must_change_password = False
    user.save()
    return user


def empty():
    """As new, for the next module."""
    call_command("flush", database="default", interactive=False, verbosity=0)
