"""An insurance policy in plain words as a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seawall.engine.protection.plain_words import Said
from seawall.engine.protection.terms import WORDS
from seawall.engine.protection.wording import Wording
from seawall.exchange.language import Language, Scale
from seawall.exchange.report_layout import Cell, Column, Layout, Table


def words_document(wording: Wording, lines: Sequence[Said]) -> dict[str, Any]:
    """The policy as a published document; sentences are in the language they were said in."""
    return {
        "policy": wording.code, "title": wording.title, "title_zh": wording.title_zh, "insurer": wording.insurer,
        "form": wording.form, "from": wording.first_on.isoformat(), "to": wording.last_on.isoformat(),
        "currency": wording.currency, "as_of": wording.first_on.isoformat(), "is_verified": wording.is_verified(),
        "terms": [
            {
                "term": line.term, "title": line.title, "from": line.from_day.isoformat(), "says": line.sentence,
                "source": line.source, "is_verified": line.is_verified, "note": line.note,
            }
            for line in lines
        ],
    }  # fmt: skip


def policy_words(document: Mapping[str, Any], language: Language) -> Layout:
    """A line for each value of each term."""
    say = language.say
    columns = (
        Column("title", say("Term of the policy"), "words"), Column("says", say("It says"), "words"),
        Column("from", say("From"), "date"), Column("source", say("Source"), "words"),
        Column("doubt", say("Doubt"), "words"),
    )  # fmt: skip
    rows: list[Sequence[Cell]] = [
        (
            each["title"], each["says"], each["from"], each["source"] or None,
            None if each["is_verified"] else say("not checked yet"),
        )
        for each in document["terms"]
    ]  # fmt: skip
    title = document["title_zh"] if language.code == "zh" else document["title"]
    facts = (
        (say("Form of cover"), WORDS[document["form"]][language.code == "zh"]),
        (say("Insured period"), f"{language.day(document['from'])} – {language.day(document['to'])}"),
        (say("Currency"), document["currency"]),
    )
    table = Table("terms", say("Terms of the policy"), columns, rows)
    return Layout("policy", title, document["policy"], language, Scale(1, 2, ""), facts, "", sections=(table,))
