"""What the commands about insurance share: opening the policies that stand beside a ledger, and asking what if."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from seawall.cli.options import language, say

if TYPE_CHECKING:
    from collections.abc import Collection

    from seawall.cli.asking import Book
    from seawall.engine.protection.cover import Insurance
    from seawall.engine.protection.wording import Wording

CustomerOption = Annotated[str | None, typer.Option("--customer", metavar="CODE", help="Only this customer.")]
PolicyOption = Annotated[str | None, typer.Option("--policy", metavar="CODE", help="Only this insurance policy.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="TERM=VALUE", help="What if a term were otherwise: insured_rate.rate=0.85."),
]


def say_remarks(wording: Wording, customers: Collection[str] | None) -> None:
    """Say what of a policy can never come to bear; ``customers``: the codes there are, where a ledger is at hand."""
    from seawall.engine.protection.wording_remarks import remarks

    for sentence in remarks(wording, customers):
        say(language().say(sentence.template, **sentence.params), about=wording.code)


def insured(book: Book, settings: list[str] | None = None) -> Insurance:
    """The ledger with its policies, what insurers decided, and exchange rates.

    Raises:
        UsageError: there is no policy, or a setting is no term and value.
        PolicyError: a policy cannot be used; says file, line and reason.
    """
    from seawall.policies import insurance as reader
    from seawall.services import insurance

    texts, facts = book.insured
    wordings = reader.load_wordings([(each.name, each.text) for each in texts])
    wordings = reader.with_settings(wordings, settings or [])
    if not all(wording.is_verified() for wording in wordings):
        say(language().say("Some terms of the policies were written from memory: see their sources."))
    customers = set(book.ledger.customers["customer_code"])
    for wording in wordings:
        say_remarks(wording, customers)
    tables, age = book.rate_tables()
    return insurance.insurance(book.ledger, wordings, facts, tables, age)
