"""The checklist of a claim file: what is asked for, and what of it is there, by the rules of ``house.claim_file``."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final

Document = dict[str, Any]
Rule = Mapping[str, Any]
Counted = tuple[int, int] | None
"""How many are there, and how many are wanted; None: none is needed."""

STATES: Final = ("there", "partly", "missing", "not_needed", "unsaid")
"""``unsaid``: documents were not looked at, as of a ledger of files."""


def checklist(
    found: Document, rules: Mapping[str, Rule], *, asked: Sequence[str] = (), duties: Collection[str] = (),
    gathered: Collection[str] = (),
) -> list[Document]:  # fmt: skip
    """A row for each thing asked for: its state, how many are there of how many wanted.

    ``asked``: codes that the policy names; where it names none, all of ``rules`` that its cause needs. ``duties``:
    terms the policy has. ``gathered``: codes somebody said are there.
    """
    codes = asked or [code for code, rule in rules.items() if found["cause"] in rule.get("causes", [found["cause"]])]
    return [_row(code, rules.get(code, {}), found, duties, code in gathered) for code in codes]


def _row(code: str, rule: Rule, found: Document, duties: Collection[str], is_gathered: bool) -> Document:  # noqa: FBT001
    finds = _FINDERS.get(rule.get("is", ""), _nothing)
    row = {"code": code, "title": rule.get("en", code), "title_zh": rule.get("zh", code)}
    if is_gathered:
        return row | {"state": "there", "there": 1, "wanted": 1}
    if rule.get("is", "").startswith("document") and found["documents"] is None:
        return row | {"state": "unsaid", "there": 0, "wanted": 1}
    counted = None if rule.get("duty", "") not in {"", *duties} else finds(rule, found)
    if counted is None:
        return row | {"state": "not_needed", "there": 0, "wanted": 0}
    there, wanted = counted
    state = "there" if there >= wanted else "partly" if there else "missing"
    return row | {"state": state, "there": there, "wanted": wanted}


def _statement(_rule: Rule, found: Document) -> Counted:
    return min(1, sum(len(account["months"]) for account in found["statement"])), 1


def _limits(_rule: Rule, found: Document) -> Counted:
    return len(found["limits"]), 1


def _evidence(_rule: Rule, found: Document) -> Counted:
    """Of the shipments under a limit of our own, those that something justifies one for."""
    rows = [row for each in found["evidence"] for row in each["shipments"]]
    return (sum(row["is_justified"] for row in rows), len(rows)) if rows else None


def _correspondence(rule: Rule, found: Document) -> Counted:
    if found["correspondence"] is None:
        return 0, 1
    said = [row for row in found["correspondence"] if row["kind"] == "note"]
    return len(said) + sum(1 for _ in _named(rule, found["documents"])), 1


def _event(rule: Rule, found: Document) -> Counted:
    return sum(row["event"] in rule["words"] for row in found["events"]), 1


def _document(rule: Rule, found: Document) -> Counted:
    return sum(1 for _ in _named(rule, found["documents"])), 1


def _of_each_item(rule: Rule, found: Document) -> Counted:
    """Items with a document of their own: added to them, or with their number in its name."""
    named = list(_named(rule, found["documents"]))
    with_one = [item for item in found["items"] if any(_is_of(document, item) for document in named)]
    return len(with_one), len(found["items"])


def _nothing(_rule: Rule, _found: Document) -> Counted:
    return 0, 1


_FINDERS: Final[dict[str, Callable[[Rule, Document], Counted]]] = {
    "statement": _statement, "limits": _limits, "evidence": _evidence, "correspondence": _correspondence,
    "event": _event, "document": _document, "document of each item": _of_each_item,
}  # fmt: skip


def _named(rule: Rule, rows: Iterable[Document]) -> Iterable[Document]:
    """Documents whose name holds one of a rule's words; a Latin word only as a whole one."""
    patterns = [_whole(word) if word.isascii() else re.compile(re.escape(word)) for word in rule["words"]]
    return (row for row in rows if any(pattern.search(row["name"].casefold()) for pattern in patterns))


def _is_of(document: Document, item: Document) -> bool:
    own = (document["entity"], document["number"]) == (item["entity"], item["number"])
    return own or bool(_whole(item["number"]).search(document["name"].casefold()))


def _whole(word: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W_]){re.escape(word.casefold())}(?![^\W_])")
