"""``seawall init``: make a store, or bring one up to this version."""

from __future__ import annotations

from typing import Annotated

import typer

from seawall.cli.options import language, say

app = typer.Typer()

NameOption = Annotated[str, typer.Option("--name", help="The organisation's name, as reports show it.")]
CurrencyOption = Annotated[str, typer.Option("--currency", help="The currency to report in; else the commonest one.")]
ZoneOption = Annotated[str, typer.Option("--time-zone", help="Where its days begin, such as Asia/Shanghai.")]


@app.command()
def init(name: NameOption = "", currency: CurrencyOption = "", time_zone: ZoneOption = "UTC") -> None:
    """Make a store in SEAWALL_HOME (else your data folder), or bring the one there up to this version."""
    from seawall.cli.opening import make_store
    from seawall.store.home import home

    place = home()
    made = make_store(place, name=name, currency=currency, time_zone=time_zone)
    if made:
        say(language().say("A store was made in {home}.", home=place.path))
        say(language().say("Next: `seawall import FILE...`, then `seawall serve`."))
    else:
        say(language().say("The store in {home} is up to date.", home=place.path))
