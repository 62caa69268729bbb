"""``seawall view``: lists saved under a name, of the person whose token is set."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from seawall.cli.options import Output, asks, language, say

app = typer.Typer(help="Lists saved under a name.", no_args_is_help=True)

NumberArgument = Annotated[int, typer.Argument(metavar="VIEW", help="The view's number, as `view list` says.")]
PageArgument = Annotated[str, typer.Argument(metavar="PAGE", help="The list, such as customers or items.")]
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="What to call it.")]
QueryOption = Annotated[str, typer.Option("--query", help="The tail of the page's address, from its question mark on.")]
EntityOption = Annotated[str, typer.Option("--share", help="Share it with everybody in this entity.")]


@app.callback()
def view() -> None:
    """Lists saved under a name."""


@app.command("list")
@asks
def listed(output: Output) -> None:
    """Your own views, and those shared in an entity you see."""
    form = output.chosen("table", "json")
    saved_views, actor = _opened()
    output.show({"views": [each.as_json() for each in saved_views.listed(actor)]}, _layout, form)


@app.command()
@asks
def save(page: PageArgument, name: NameArgument, query: QueryOption = "", share: EntityOption = "") -> None:
    """Save a list under a name; the same name again replaces it."""
    saved_views, actor = _opened()
    made = saved_views.save(actor, page=page, name=name, query=query, entity=share)
    say(language().say("The view {number} is saved.", number=made.view_no))


@app.command()
@asks
def remove(number: NumberArgument) -> None:
    """Remove a view of your own."""
    saved_views, actor = _opened()
    saved_views.remove(actor, number)
    say(language().say("The view is removed."))


def _opened() -> tuple[Any, Any]:
    from seawall.cli.acting import opened

    actor = opened()
    from seawall.services import saved_views

    return saved_views, actor


def _layout(document: dict[str, Any], words: Any) -> Any:
    from seawall.exchange.language import Scale
    from seawall.exchange.report_layout import Column, Layout, Table
    from seawall.services.saved_views import PAGES

    heads = (("number", "Number"), ("page", "Page"), ("name", "Name"), ("entity", "Entity"), ("owner", "Made by"),
             ("query", "Address"))  # fmt: skip
    rows = [
        (row["view_no"], words.say(PAGES[row["page"]]), row["name"], row["entity"], row["owner"], row["query"])
        for row in document["views"]
    ]
    table = Table("views", words.say("Saved views"), tuple(Column(name, words.say(said)) for name, said in heads), rows)
    return Layout("views", words.say("Saved views"), "", words, Scale(1, 2, ""), sections=(table,))
