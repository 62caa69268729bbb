"""Who we are, as a reader sees it: name, entities, currencies, and the day questions are usually about."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from dataclasses import dataclass

from django.db.models import Count, Max

from seawall.services.access import Actor
from seawall.store.models import Account, Entity, Item, Organisation, Run


@dataclass(frozen=True, slots=True)
class About:
    """The organisation within an actor's scope.

    ``usual_day`` is the day of the newest finished run the actor sees, else the day of the newest item; None
    for an empty store.
    ``reporting_currency`` is the organisation's own, else the one most accounts are in; empty for an empty store.
    """

    name: str
    is_demo: bool
    time_zone: str
    entities: tuple[str, ...]
    names: dict[str, str]
    currencies: tuple[str, ...]
    reporting_currency: str
    usual_day: dt.date | None


def day_of(at: dt.datetime) -> dt.date:
    """The day a moment lies on where the organisation is."""
    zone = Organisation.objects.values_list("time_zone", flat=True).first() or "UTC"
    return at.astimezone(zoneinfo.ZoneInfo(zone)).date()


def about(actor: Actor) -> About:
    """What an actor sees of the organisation."""
    organisation = Organisation.objects.first() or Organisation()
    names = dict(Entity.objects.scoped(actor).values_list("code", "name"))
    accounts = Account.objects.scoped(actor).values("currency")
    counted = accounts.annotate(count=Count("id")).order_by("-count", "currency")
    currencies = [row["currency"] for row in counted]
    run = Run.objects.scoped(actor).filter(state=Run.State.DONE).order_by("-on").values_list("on", flat=True).first()
    return About(
        name=organisation.name,
        is_demo=organisation.is_demo,
        time_zone=organisation.time_zone,
        entities=tuple(sorted(names)),
        names=names,
        currencies=tuple(sorted(currencies)),
        reporting_currency=organisation.reporting_currency or next(iter(currencies), ""),
        usual_day=run or Item.objects.scoped(actor).aggregate(last=Max("issued_on"))["last"],
    )
