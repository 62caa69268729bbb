"""``seawall init``: make a store, or bring one up to this version."""

from __future__ import annotations

from typing import Annotated

import typer

from seawall.cli.options import language, say

app = typer.Typer()

NameOption = Annotated[str, typer.Option("--name", help="The organisation's name, as reports show it.")]
CurrencyOption = Annotated[str, typer.Option("--currency", help="The currency to report in; else the commonest one.")]
AdminOption = Annotated[str, typer.Option("--admin", help="Sign-in name of the first user.")]
ZoneOption = Annotated[str, typer.Option("--time-zone", help="Where its days begin, such as Asia/Shanghai.")]


@app.command()
def init(
    name: NameOption = "", currency: CurrencyOption = "", time_zone: ZoneOption = "UTC", admin: AdminOption = "admin"
) -> None:
    """Make a store in SEAWALL_HOME (else your data folder), or bring the one there up to this version."""
    from seawall.cli.acting import owner, owner_only
    from seawall.cli.opening import make_store
    from seawall.store.home import home

    owner_only()
    place = home()
    made = make_store(place, name=name, currency=currency, time_zone=time_zone)
    from seawall.services import people

    password = people.first_administrator(owner(), username=admin)
    if made:
        say(language().say("A store was made in {home}.", home=place.path))
    else:
        say(language().say("The store in {home} is up to date.", home=place.path))
    if password:
        say(language().say("User {user}, one-time password {password}", user=admin, password=password))
    if made:
        say(language().say("Next: `seawall import FILE...`, then `seawall serve`."))
