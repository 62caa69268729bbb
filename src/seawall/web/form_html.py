"""A page's own forms, filled in again: what was typed stands in its fields, what is wrong beside the field it is about.

Works on the page as it is rendered, so that no template and no view has to repeat it: the form that was sent is found
by its address and its hidden fields, and only its fields are touched. Passwords and files are never written back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urlsplit

from django.templatetags.static import static

SILENT: Final = ("hidden", "submit", "button", "image", "reset")
"""Inputs nobody types into."""

LONGEST: Final = 64 * 1024
"""Characters of one field that are written back."""

NEVER: Final = ("password", "file")
"""Inputs whose content is not written into a page."""

TICKED: Final = ("checkbox", "radio")


@dataclass
class Control:
    """One input, select or textarea; places are offsets in the page."""

    tag: str
    attrs: dict[str, str | None]
    start: int
    end: int
    inner_end: int = 0
    options: list[Option] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What it is sent under."""
        return self.attrs.get("name") or ""

    @property
    def kind(self) -> str:
        """``text``, ``hidden``, ``select`` and so on; ``password`` for whatever is marked as a secret."""
        if "data-secret" in self.attrs:
            return "password"
        return (self.attrs.get("type") or "text") if self.tag == "input" else self.tag

    @property
    def is_seen(self) -> bool:
        """Whether somebody fills it in."""
        return bool(self.name) and self.kind not in SILENT and "hidden" not in self.attrs


@dataclass
class Option:
    """One choice of a select."""

    attrs: dict[str, str | None]
    start: int
    end: int
    text: str = ""

    @property
    def value(self) -> str:
        """What it is sent as."""
        given = self.attrs.get("value")
        return self.text.strip() if given is None else given


@dataclass
class Form:
    """One form of a page with what can be filled in."""

    attrs: dict[str, str | None]
    end: int
    controls: list[Control] = field(default_factory=list)

    @property
    def is_post(self) -> bool:
        """Whether it changes anything."""
        return (self.attrs.get("method") or "").lower() == "post"

    def goes_to(self, here: str) -> str:
        """The path it is sent to."""
        return urlsplit(self.attrs.get("action") or "").path or here

    @property
    def seen(self) -> list[str]:
        """The names somebody fills in, in order, each once."""
        return list(dict.fromkeys(each.name for each in self.controls if each.is_seen))

    @property
    def needed(self) -> list[str]:
        """Those that must not stay empty; of a file or a password nothing is known here."""
        given = (each for each in self.controls if each.is_seen and "required" in each.attrs)
        return [each.name for each in given if each.kind not in NEVER]

    def fits(self, typed: Mapping[str, Sequence[str]]) -> int:
        """How well it is the form that was sent: its hidden fields as they were, its names among those sent."""
        hidden = [each for each in self.controls if each.kind == "hidden" and each.name != "csrfmiddlewaretoken"]
        same = sum((each.attrs.get("value") or "") in typed.get(each.name, ()) for each in hidden)
        if same < len(hidden) and any(each.name in ("do", "act", "event") for each in hidden):
            return -1
        return 10 * same + sum(name in typed for name in self.seen)


class _Reader(HTMLParser):
    """Finds the forms of a page and where each field stands."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self._lines = [0]  # the parser counts "\n" alone: other line ends stand inside what people typed
        for line in page.split("\n"):
            self._lines.append(self._lines[-1] + len(line) + 1)
        self._inside: Form | None = None
        self._open: Control | None = None
        self._option: Option | None = None
        self.feed(page)

    def _place(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        start, raw = self._place(), self.get_starttag_text() or ""
        end, said = start + len(raw), dict(attrs)
        if tag == "form":
            self._inside = Form(said, end)
            self.forms.append(self._inside)
        elif self._inside is None:
            return
        elif tag in ("input", "select", "textarea"):
            made = Control(tag, said, start, end, end)
            self._inside.controls.append(made)
            self._open = made if tag != "input" else None
        elif tag == "option" and self._open:
            self._option = Option(said, start, end)
            self._open.options.append(self._option)

    def handle_data(self, data: str) -> None:
        if self._option is not None:
            self._option.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = self._open = self._option = None
        elif tag == "option":
            self._option = None
        elif self._open and tag == self._open.tag:
            self._open.inner_end = self._place()
            self._open = self._option = None


def forms_of(page: str) -> list[Form]:
    """The forms of a page."""
    return _Reader(page).forms


def sent_form(page: str, *, path: str, here: str, typed: Mapping[str, Sequence[str]]) -> Form | None:
    """The form of the page at ``here`` that was sent to ``path``; None where the page has it no more."""
    found = [each for each in forms_of(page) if each.is_post and each.goes_to(here) == path]
    best = max(found, key=lambda each: each.fits(typed), default=None)
    return best if best is not None and best.fits(typed) >= 0 else None


def filled(page: str, form: Form, typed: Mapping[str, Sequence[str]], faults: Mapping[str, str]) -> str:
    """The page with what was typed in the form, each fault beside its field; the fault of no field ("") above them."""
    edits = [(form.end, form.end, _above(faults[""]))] if faults.get("") else []
    told: set[str] = set()
    for each in form.controls:
        if each.is_seen:
            edits += _edits(each, typed, "" if each.name in told else faults.get(each.name, ""))
            told |= {each.name} & set(faults)
    for start, end, text in sorted(edits, reverse=True):
        page = page[:start] + text + page[end:]
    return page


def above_all(page: str, said: str) -> str:
    """The page with a refusal above everything, where the form that was sent is not on it any more."""
    place = page.find(">", page.find("<main")) + 1
    return page[:place] + _above(said) + page[place:]


def _edits(each: Control, typed: Mapping[str, Sequence[str]], fault: str) -> list[tuple[int, int, str]]:
    attrs = {name: value for name, value in each.attrs.items() if name != "autofocus"}
    values = typed.get(each.name)
    if fault:
        attrs |= {"aria-invalid": "true", "aria-describedby": _id(each.name), "autofocus": None}
    if each.kind in TICKED:
        attrs.pop("checked", None)
        attrs |= {"checked": None} if (attrs.get("value") or "on") in (values or ()) else {}
    elif each.tag == "input" and values is not None and each.kind not in NEVER:
        attrs["value"] = values[-1]
    edits = [(each.start, each.end, _tag(each.tag, attrs))]
    if each.tag == "textarea" and values is not None and each.kind not in NEVER:
        edits.append((each.end, each.inner_end, escape(values[-1])))
    if each.tag == "select" and values is not None:
        edits += [(one.start, one.end, _tag("option", _chosen(one, values))) for one in each.options]
    if fault:
        after = each.inner_end + len(f"</{each.tag}>") if each.tag != "input" else each.end
        edits.append((after, after, _beside(each.name, fault)))
    return edits


def _chosen(one: Option, values: Sequence[str]) -> dict[str, str | None]:
    attrs = {name: value for name, value in one.attrs.items() if name != "selected"}
    return attrs | ({"selected": None} if one.value in values else {})


def _tag(name: str, attrs: Mapping[str, str | None]) -> str:
    said = "".join(f" {key}" if value is None else f' {key}="{escape(value)}"' for key, value in attrs.items())
    return f"<{name}{said}>"


def _id(name: str) -> str:
    return "fault-" + "".join(letter if letter.isalnum() else "-" for letter in name)


def _picture() -> str:
    address = static("seawall/icons.svg")
    return f'<svg class="icon" aria-hidden="true"><use href="{escape(address)}#alert"></use></svg>'


def _beside(name: str, said: str) -> str:
    return f'<span class="sw-wrong" id="{_id(name)}" role="alert">{_picture()}{escape(said)}</span>'


def _above(said: str) -> str:
    return f'<div class="sw-say is-danger" role="alert">{_picture()}<p>{escape(said)}</p></div>'
