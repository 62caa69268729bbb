"""``seawall store``: the store's own database."""

from __future__ import annotations

import typer

from seawall.cli.options import language, say

app = typer.Typer(help="The store's own database.", no_args_is_help=True)


@app.callback()
def store() -> None:
    """The store's own database."""


@app.command()
def upgrade() -> None:
    """Bring the private database to the PostgreSQL of this version, a dump first; the old data stay beside it."""
    from seawall.cli.acting import owner_only
    from seawall.store.home import home
    from seawall.store.upgrade import UPGRADE
    from seawall.store.upgrade import upgrade as upgraded

    owner_only()
    place = home().require(going_on=UPGRADE)
    done = upgraded(place)
    if done is None and place.unfinished is None:
        say(language().say("The database is of this version already."))
        return
    from seawall.cli.opening import connect

    connect(place)
    from seawall.services import founding

    founding.bring_up_to_date()
    place.end()
    if done is None:  # it was stopped after the data had come over
        say(language().say("The database is of this version already."))
        return
    before, after = done
    say(language().say("The database is brought from PostgreSQL {before} to {after}; the old data lie in {folder}.",
                       before=before, after=after, folder=place.cluster / f"data.{before}"))  # fmt: skip
