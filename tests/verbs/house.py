"""Scenarios of what the house itself brings: people, tokens, organisation, imports, runs, jobs, approvals."""

import datetime as dt
import itertools
from unittest import mock

from django.utils import timezone
from stocked import ON, SYSTEM, person
from verbs.registry import scenario

from seawall.services import access, founding, jobs, people, runs, schedule, sign_in, single_sign_on, single_user
from seawall.services.access import Grant, actor_of
from seawall.services.intake import commit_import, commit_rows
from seawall.store.models import Membership, Organisation, SignInProvider

NUMBERS = itertools.count(1)


def someone(*grants):
    return person(f"someone{next(NUMBERS)}", *(grants or [Grant("administrator")]))


@scenario(access.PEOPLE)
def a_user_is_made(_world):
    name = f"new{next(NUMBERS)}"
    return lambda: people.create(SYSTEM, username=name, grants=[Grant("viewer")], email="new@example.org")


@scenario(access.PEOPLE)
def a_password_is_renewed(_world):
    user = someone()
    return lambda: people.renew_password(SYSTEM, username=user.username)


@scenario(access.SELF)
def a_password_is_changed(_world):
    user = someone()
    return lambda: sign_in.change_password(actor_of(user), old="correct-horse-9", new="another-horse-10")


@scenario(access.SELF)
def a_token_is_made(_world):
    user = someone()
    return lambda: sign_in.make_token(actor_of(user), name="books", days=3, at=timezone.now())


@scenario(access.IMPORT)
def files_are_imported(world):
    """A customer with an address, a document and what is settled of it, and a document corrected."""
    folder = world.folder / f"more{next(NUMBERS)}"
    folder.mkdir()
    code = f"N{next(NUMBERS)}"
    (folder / "customers.csv").write_text(f"customer_code,name,email\n{code},New & Co,new@{code}.example\n")
    (folder / "items.csv").write_text(
        "entity,customer_code,number,kind,issued_on,due_on,currency,amount\n"
        f"{world.entity},{code},{code}-1,invoice,2026-01-05,2026-02-04,CNY,120.00\n"
        f"{world.entity},{code},{code}-2,receipt,2026-02-01,,CNY,50.00\n"
    )
    (folder / "allocations.csv").write_text(
        f"entity,credit_number,debit_number,allocated_on,amount\n{world.entity},{code}-2,{code}-1,2026-02-01,50.00\n"
    )
    return lambda: commit_import(SYSTEM, [folder], key=f"import {code}")


@scenario(access.IMPORT)
def rows_are_taken_without_a_file(_world):
    code = f"P{next(NUMBERS)}"
    rows = {"customers": [{"customer_code": code, "name": "Pushed", "email": f"{code}@example.org"}]}
    return lambda: commit_rows(SYSTEM, rows, verb=access.IMPORT, origin="push", key=code)


@scenario(access.RUN, keeps=("store_run", "store_runstep", "store_auditentry", "store_chainhead"))
def a_run_is_done(_world):
    """A run that failed stays on record as failed, and is taken up again."""
    on = ON - dt.timedelta(days=next(NUMBERS))
    return lambda: runs.run(SYSTEM, on=on)


@scenario(access.RUN)
def a_job_is_put_into_the_queue(_world):
    number = next(NUMBERS)
    kind = next(name for name, each in jobs.kinds().items() if each.verb == access.RUN)
    return lambda: jobs.enqueue(SYSTEM, kind, {"on": "2026-03-31"}, key=f"job {number}")


@scenario(access.JOB_CHANGE)
def a_time_of_day_is_set(_world):
    at = dt.time(3, next(NUMBERS) % 60)
    kind = next(name for name, each in jobs.kinds().items() if each.daily)
    return lambda: schedule.change(SYSTEM, kind=kind, is_on=True, at=at)


@scenario(access.ORGANISATION)
def an_organisation_is_founded(_world):
    Organisation.objects.all().delete()
    return lambda: founding.found(SYSTEM, name="Founded again", reporting_currency="CNY")


@scenario(access.ORGANISATION)
def single_user_mode_is_switched(_world):
    Membership.objects.all().delete()  # whoever may approve, from another scenario: the mode is for a company of one
    is_on = not single_user.mode().is_on
    return lambda: single_user.switch(SYSTEM, is_on=is_on, on=ON, reason="A company of one.")


@scenario(access.INTEGRATION_CHANGE)
def a_provider_is_kept(_world):
    number = next(NUMBERS)

    def act():
        with mock.patch.object(single_sign_on.oidc, "discover"), mock.patch.object(single_sign_on.oidc, "require_safe"):
            single_sign_on.keep_provider(
                SYSTEM, name="Directory", issuer=f"https://id{number}.example", client_id="seawall", secret="s3cret"
            )

    return act


@scenario(access.INTEGRATION_CHANGE)
def a_provider_is_removed(_world):
    row = SignInProvider.objects.create(name="D", issuer=f"https://gone{next(NUMBERS)}.example", client_id="c")
    return lambda: single_sign_on.remove_provider(SYSTEM, provider_id=row.pk)
