"""A policy's form as its page shows it: sections, terms, their values by day, and a control for each field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from seawall.engine.protection.terms import FORMS, TERMS, WORDS, Field
from seawall.services import wording_form
from seawall.services.wording_values import NO, YES, Typed, places_of
from seawall.web import numbers

Node = dict[str, Any]

UNITS: Final = (("days", noop("days")), ("months", noop("months")), ("working_days", noop("working days")))
MISSED: Final = (
    ("lost", noop("cover is lost")), ("nothing", noop("nothing follows")),
    ("rate", noop("insured percentage at most")), ("factor", noop("insured percentage times")),
)  # fmt: skip
HINTS: Final = {
    "countries": noop("Codes of two letters, such as DE, FR"),
    "texts": noop("One after the other, with commas between"),
}


def is_chinese() -> bool:
    """Whether the reader reads Chinese."""
    return numbers.babel_locale().startswith("zh")


@dataclass
class Page:
    """One page of a form: what is typed, what each term says, where one more value is asked for."""

    typed: Typed
    said: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    """By term: its values as ``wordings.terms_of`` says them."""

    more: str = ""
    """The term that gets a further value."""

    def one(self, name: str) -> str:
        """What stands in a field."""
        found = self.typed.get(name) or [""]
        return found[-1]

    def sections(self) -> list[dict[str, Any]]:
        """The parts of a policy, each with its terms."""
        return [
            {"title": _(title), "id": f"part-{number}", "terms": [self._term(name) for name in terms]}
            for number, (title, terms) in enumerate(wording_form.SECTIONS)
        ]

    def head(self) -> list[Node]:
        """The head of a policy."""
        shown = (
            ("policy", _("Code of the policy"), "text"), ("title", _("Title"), "text"),
            ("title_zh", _("Title in Chinese"), "text"), ("insurer", _("Insurer"), "text"),
            ("form", _("Form"), "select"), ("period_from", _("Period from"), "date"),
            ("period_to", _("Period until"), "date"), ("currency", _("Currency"), "text"),
            ("entities", _("Entities insured; empty is all"), "text"),
            ("buyers", _("Only these customers; empty is all"), "text"), ("over", _("Lies over the policy"), "text"),
            ("source", _("Source of what names no other"), "text"), ("note", _("Note"), "text"),
            ("calendar", _("Working days, as YAML: weekend, holidays, workdays"), "yaml"),
        )  # fmt: skip
        forms = [(form, WORDS[form][is_chinese()]) for form in FORMS]
        return [
            self._leaf(kind, name, title, choices=forms if kind == "select" else (), is_needed=kind == "date")
            for name, title, kind in shown
        ]

    def later(self) -> list[dict[str, Any]]:
        """What is said from a later day on, by day: the endorsements."""
        found = [
            {"on": each["from_day"], "name": name, "title": _title(TERMS[name].value), "words": each["words"],
             "source": each["source"]}
            for name, said in self.said.items() for each in said if each["from_day"]
        ]  # fmt: skip
        return sorted(found, key=lambda one: one["on"])

    def _term(self, name: str) -> dict[str, Any]:
        term, said = TERMS[name], self.said.get(name, [])
        places = places_of(self.typed, f"t.{name}") or [0]
        if self.more == name:
            places.append(places[-1] + 1)
        entries = [self._entry(name, place, said) for place in places]
        return {
            "name": name, "title": _title(term.value), "about": term.about_zh if is_chinese() else term.about,
            "is_needed": term.is_needed, "may_be_none": term.may_be_none or not term.is_needed, "entries": entries,
            "is_there": any(key.startswith(f"t.{name}.") and any(one) for key, one in self.typed.items()),
            "is_open": self.more == name,
        }  # fmt: skip

    def _entry(self, term: str, place: int, said: list[dict[str, Any]]) -> dict[str, Any]:
        name, on = wording_form.name_of(term, place), self.one(f"{wording_form.name_of(term, place)}.on")
        alone = said[0] if len(said) == 1 and not place else None
        if self.one(f"{name}.yaml"):
            node = self._leaf("yaml", f"{name}.yaml", _("Value, as YAML"))
        else:
            node = self.node(TERMS[term].value, f"{name}.v", _("Value"))
        return {
            "node": node, "is_first": place == 0,
            "told": next((one for one in said if (one["from_day"] or "") == on), alone),
            "on": self._leaf("date", f"{name}.on", _("From")),
            "source": self._leaf("text", f"{name}.source", _("Source")),
            "note": self._leaf("text", f"{name}.note", _("Note")),
            "none": self._leaf("tick", f"{name}.none", _("There is no such rule")),
            "ends": self._leaf("tick", f"{name}.ends", _("No longer holds from this day")),
        }  # fmt: skip

    def node(self, about: Field, name: str, title: str) -> Node:
        """The control of a field, with those within it."""
        if about.kind == "table":
            parts = [self.node(one, f"{name}.{part}", _title(one)) for part, one in about.fields.items()]
            return {"kind": "group", "title": title, "parts": parts}
        if about.kind in ("rules", "numbers_by_code", "texts_by_code"):
            return {"kind": "rows", "title": title, "rows": [self._row(about, each) for each in self._places(name)]}
        if about.kind in ("duration", "consequence"):
            return {"kind": "pair", "title": title, "parts": list(self._pair(about, name, title))}
        return self._choices(about, name, title) if about.choices else self._simple(about, name, title)

    def _row(self, about: Field, name: str) -> list[Node]:
        if about.kind == "rules":
            return [self.node(one, f"{name}.{part}", _title(one)) for part, one in about.fields.items()]
        kind = "number" if about.kind == "numbers_by_code" else "text"
        return [self._leaf("text", f"{name}.code", _("Code")), self._leaf(kind, f"{name}.value", _("Value"))]

    def _pair(self, about: Field, name: str, title: str) -> Iterator[Node]:
        if about.kind == "duration":
            yield self._leaf("number", f"{name}.count", title)
            yield self._leaf("select", f"{name}.unit", _("Unit"), choices=[(unit, _(words)) for unit, words in UNITS])
        else:
            yield self._leaf("select", f"{name}.kind", title, choices=[(kind, _(words)) for kind, words in MISSED])
            yield self._leaf("number", f"{name}.rate", _("Percentage"), unit="%")

    def _choices(self, about: Field, name: str, title: str) -> Node:
        choices = [(one, WORDS[one][is_chinese()]) for one in about.choices]
        if about.kind == "choice":
            return self._leaf("select", name, title, choices=choices)
        if about.is_ordered:
            places = [self._leaf("select", f"{name}.{k}", str(k + 1), choices=choices) for k in range(len(choices))]
            return {"kind": "order", "title": title, "parts": places}
        return self._leaf("ticks", name, title, choices=choices, chosen=list(self.typed.get(name, ())))

    def _simple(self, about: Field, name: str, title: str) -> Node:
        if about.kind == "flag":
            return self._leaf("select", name, title, choices=[(YES, _("yes")), (NO, _("no"))])
        unit = {"rate": "%", "amount": self.one("currency")}.get(about.kind, "")
        kind = "number" if about.kind in ("rate", "amount", "number", "count") else "text"
        return self._leaf(kind, name, title, unit=unit, hint=_(HINTS[about.kind]) if about.kind in HINTS else "")

    def _places(self, name: str) -> list[str]:
        """Rows that are filled in, and an empty one."""
        found = places_of(self.typed, name)
        return [f"{name}.{place}" for place in (*found, found[-1] + 1 if found else 0)]

    def _leaf(self, kind: str, name: str, title: str, **more: Any) -> Node:
        value = self.one(name)
        kind = "area" if kind == "text" and "\n" in value else kind  # a field of one line would lose the others
        return {"kind": kind, "name": name, "title": title, "value": value, "choices": (), "unit": ""} | more


def _title(about: Field) -> str:
    title = about.title_zh if is_chinese() else about.title
    return title[:1].upper() + title[1:]


def leaves(node: Any) -> Iterator[Node]:
    """Every control of a tree of them."""
    if isinstance(node, dict):
        if "name" in node and "value" in node:
            yield node
        for one in node.values():
            yield from leaves(one)
    elif isinstance(node, list):
        for one in node:
            yield from leaves(one)


def mark(shown: Any, name: str, words: str) -> bool:
    """Set ``words`` beside the control that holds ``name``, or the first within it; whether there is one."""
    found = list(leaves(shown))
    while name:
        inside = [one for one in found if one["name"] == name or one["name"].startswith(f"{name}.")]
        if inside:
            inside[0]["error"] = words
            return True
        name = name.rpartition(".")[0]
    return False
