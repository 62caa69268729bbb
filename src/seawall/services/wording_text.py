"""The text of a policy with some of its names given another value: all other lines, and their comments, stay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from seawall.policies import load


def rewritten(text: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """The text of ``before`` so that it says ``after``.

    Only the lines of names (of the head, and of terms) whose value is another are written anew. A text that does not
    stand line by line is written anew as a whole.
    """
    if before == after:
        return text
    edited = _edited(text, before, after)
    return edited if edited is not None and _says(edited, after) else dumped(after)


def _says(text: str, body: Mapping[str, Any]) -> bool:
    try:
        return bool(yaml.load(text, Loader=load.LOADER) == body)  # noqa: S506 - a safe loader
    except (yaml.YAMLError, ValueError):
        return False


class _Dumper(yaml.SafeDumper):
    """Writes a day that stands twice twice: references are not read."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the framework's signature
        """No value is a reference to another."""
        return True


def dumped(body: Mapping[str, Any], indent: int = 0) -> str:
    """A table as YAML, name by name, its lines set in by ``indent``."""
    said = ""
    for name, value in body.items():
        flow = None if isinstance(value, dict | list) else False
        said += yaml.dump(
            {name: value}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=flow, width=110
        )
    return "".join(f"{' ' * indent}{line}" for line in said.splitlines(keepends=True))


def _edited(text: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str | None:
    root: Any = yaml.compose(text, Loader=load.LOADER)
    terms = next((value for key, value in root.value if key.value == "terms"), None)
    if root.flow_style or terms is None or terms.flow_style:
        return None
    lines = text.splitlines(keepends=True)
    if not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    ends = _Lines(lines)
    ends.replace(terms, before.get("terms", {}), after.get("terms", {}))
    heads = ({name: value for name, value in body.items() if name != "terms"} for body in (before, after))
    ends.replace(root, *heads)
    return ends.text()


class _Lines:
    """Lines of a text, some to be replaced once all places are known."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.changes: list[tuple[int, int, str]] = []

    def replace(self, node: Any, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """Note what changes of a table: names that say something else, are new or are gone."""
        spans = self._spans(node)
        indent = node.value[0][0].start_mark.column
        for name, (first, last) in spans.items():
            if name in before and (name not in after or after[name] != before[name]):
                self.changes.append((first, last, dumped({name: after[name]}, indent) if name in after else ""))
        new = {name: value for name, value in after.items() if name not in before}
        if new:
            at = spans["terms"][0] if "terms" in spans else max(last for _, last in spans.values())
            self.changes.append((at, at, dumped(new, indent)))

    def _spans(self, node: Any) -> dict[str, tuple[int, int]]:
        """By name: its first line, and the one after its last that is neither empty nor a comment."""
        found = {}
        for key, value in node.value:
            last = value.end_mark.line + (value.end_mark.column > 0)
            while last > key.start_mark.line + 1 and self._is_idle(self.lines[last - 1]):
                last -= 1
            found[key.value] = (key.start_mark.line, last)
        return found

    @staticmethod
    def _is_idle(line: str) -> bool:
        return not line.strip() or line.lstrip().startswith("#")

    def text(self) -> str:
        """The text with every change made."""
        lines = list(self.lines)
        for first, last, said in sorted(self.changes, reverse=True):
            lines[first:last] = [said]
        return "".join(lines)
