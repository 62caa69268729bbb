"""``seawall insurance words``: an insurance policy in plain words, from its file, a template, or the store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seawall.cli.options import Output, asks, language
from seawall.engine.kernel.errors import NotFound, UsageError

if TYPE_CHECKING:
    from seawall.engine.protection.wording import Wording

WhatArgument = Annotated[str, typer.Argument(metavar="FILE|TEMPLATE|POLICY", help="A YAML, a template, or a code.")]


@asks
def words(what: WhatArgument, output: Output) -> None:
    """An insurance policy in plain words: every term, since when, and where it comes from."""
    form = output.chosen("table", "json", "csv", "xlsx", "html", "pdf")
    from seawall.engine.protection.plain_words import said
    from seawall.exchange.report_policy import policy_words, words_document

    wording = _wording(what)
    document = words_document(wording, said(wording, language().code))
    output.show(document, policy_words, form)


def _wording(what: str) -> Wording:
    """The policy of a file, of a template, or of the store by its code.

    Raises:
        NotFound: there is none.
    """
    from seawall.policies import insurance as reader

    if Path(what).suffix.lower() in (".yaml", ".yml"):
        return reader.parse(_text(Path(what)), name=Path(what).name)
    if (reader.TEMPLATES / f"{what}.yaml").is_file():
        return reader.templates()[what]
    from seawall.cli.acting import opened

    actor = opened()
    from seawall.services import wordings

    for each in wordings.texts(actor):
        wording = reader.parse(each.text, name=each.name)
        if wording.code == what:
            return wording
    raise NotFound("There is no insurance policy {policy}.", policy=what)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("{path} cannot be read: {reason}.", path=str(path), reason=str(error)) from error
