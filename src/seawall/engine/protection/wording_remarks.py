"""What is worth saying of a policy that can be used: what of it can never come to bear."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from seawall.engine.kernel.errors import Listed, Sentence
from seawall.engine.protection.wording import Wording

NAMED_MAX: Final = 5
"""Codes a remark names; how many there are it says too."""

LISTS: Final = ("public_buyers", "related_buyers", "excluded_buyers", "buyer_codes")
"""Terms that name customers, beside the head's ``buyers``."""


def customers_named(wording: Wording) -> dict[str, tuple[str, ...]]:
    """By field or term: the codes of customers that the policy names there on any day, each once."""
    found = {"buyers": dict.fromkeys(wording.customers)}
    for term in LISTS:
        values = [dated.value for dated in wording.terms.get(term, ()) if dated.value]
        found[term] = {code: None for value in values for code in _codes(value)}
    return {name: tuple(codes) for name, codes in found.items() if codes}


def remarks(wording: Wording, customers: Collection[str] | None = None) -> list[Sentence]:
    """What of a policy can never come to bear, as sentences.

    Rules for causes of loss that are not insured; and customers it names that nobody is, where ``customers`` holds
    the codes there are.
    """
    unknown = () if customers is None else _of_customers(wording, customers)
    return [*dict.fromkeys(_of_causes(wording)), *unknown]


def _of_customers(wording: Wording, customers: Collection[str]) -> Iterator[Sentence]:
    for term, codes in customers_named(wording).items():
        unknown = [code for code in codes if code not in customers]
        if unknown:
            sentence = "{count} of the customers that {term} names are not in the ledger: {codes}."
            params = {"count": len(unknown), "term": term, "codes": Listed(unknown[:NAMED_MAX])}
            yield Sentence(sentence, params)


def _codes(value: object) -> Collection[str]:
    if isinstance(value, Mapping):
        codes: Collection[str] = value["codes"] if "codes" in value and "insured" in value else value.keys()
        return codes
    return value if isinstance(value, tuple) else ()


def _of_causes(wording: Wording) -> Iterator[Sentence]:
    """Rules and waiting periods for causes that are not among ``causes``, each said once."""
    for day in wording.from_days():
        causes = wording.get("causes", day) or ()
        rules = (wording.get("insured_rate", day) or {}).get("rules") or ()
        waits = wording.get("waiting_period", day) or {}
        named = [("insured_rate", rule["cause"]) for rule in rules if rule["cause"]]
        named += [("waiting_period", cause) for cause, wait in waits.items() if wait is not None]
        for term, cause in named:
            if cause not in causes:
                yield _of_cause(term, cause)


def _of_cause(term: str, cause: str) -> Sentence:
    sentence = (
        "{term} says something of {cause}, which is not among the causes of loss insured: it never comes to bear."
    )
    return Sentence(sentence, {"term": term, "cause": cause})
