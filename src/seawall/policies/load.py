"""Policies as shipped: YAML files of this package, checked and put in the order of their days."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from seawall.engine.kernel.errors import Flaw, PolicyGap, PolicyInvalid, PolicyOverlap, Sentence, Where
from seawall.engine.kernel.policy import Policies, Policy, PolicyValue
from seawall.policies import schema

INSURANCE = "insurance"
"""The folder of insurance policies, which are no parameters of the house: ``policies.insurance`` reads them."""


@lru_cache(maxsize=1)
def shipped() -> Policies:
    """All policies of the package, read once."""
    return load(Path(__file__).parent)


def shipped_policy(policy_id: str) -> Policy:
    """One policy of the package, read alone: ``house.dso`` stands in ``house/dso.yaml``.

    Raises:
        PolicyGap: there is no such policy.
    """
    room, _, name = policy_id.rpartition(".")
    path = Path(__file__).parent / room.replace(".", "/") / f"{name}.yaml"
    if not path.is_file():
        raise PolicyGap("There is no policy {policy}.", policy=policy_id)
    return parse(path.read_text("utf-8"), name=path.name)


@lru_cache(maxsize=256)
def header(policy_id: str) -> Mapping[str, Any]:
    """What a shipped policy file says besides its values: title, unit, fields, choices.

    Raises:
        PolicyGap: there is no such policy.
    """
    room, _, name = policy_id.rpartition(".")
    path = Path(__file__).parent / room.replace(".", "/") / f"{name}.yaml"
    if policy_id not in shipped().by_id or not path.is_file():
        raise PolicyGap("There is no policy {policy}.", policy=policy_id)
    body = yaml.load(path.read_text("utf-8"), Loader=LOADER)  # noqa: S506 - a safe loader
    return {name: value for name, value in body.items() if name != "values"}


def parse_values(text: str, *, policy_id: str) -> tuple[PolicyValue, ...]:
    """The values of a company's own version of a shipped policy, from YAML that holds ``values`` only.

    Raises:
        PolicyGap: there is no such policy, or a day is left without a value.
        PolicyInvalid: the text is no such thing; says which line.
        PolicyOverlap: a day stands twice.
    """
    head = header(policy_id)
    try:
        refuse_tricks(text)
        node = yaml.compose(text, Loader=LOADER)
        refuse_repeats(node, policy_id)
        refuse_impossible_days(node)
        body = yaml.load(text, Loader=LOADER)  # noqa: S506 - a safe loader
        schema.check_own(body, head, [value.value for value in shipped().by_id[policy_id].values])
    except (yaml.YAMLError, ValueError) as error:
        raise invalid(policy_id, *no_yaml(error)) from None
    except Flaw as flaw:
        raise invalid(policy_id, line_of(text, flaw.path), flaw.said) from None
    for day, entry in body["values"].items():
        if entry["value"] is None:
            raise PolicyGap(
                "The policy {policy} would have no value from {day} on.", hint="Give a value for that day.",
                policy=policy_id, day=day,
            )  # fmt: skip
    return _policy({**head, "values": body["values"]}).values


TEXT_MAX, DEPTH_MAX = 20_000, 8
"""Characters and levels of a version typed in: far more than a policy needs, far less than a trick does."""


def refuse_tricks(text: str, *, chars_max: int = TEXT_MAX) -> None:
    """Refuse what grows when it is read: references, and levels without end.

    Raises:
        Flaw: it does.
    """
    if len(text) > chars_max:
        raise Flaw((), "A version has at most {limit} characters.", limit=chars_max)
    depth = 0
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        name = type(token).__name__
        depth += name.endswith("StartToken") and name not in ("StreamStartToken", "DocumentStartToken")
        depth -= name in ("BlockEndToken", "FlowMappingEndToken", "FlowSequenceEndToken")
        if name in ("AliasToken", "AnchorToken", "TagToken") or depth > DEPTH_MAX:
            raise Flaw((), "References, tags and more than {limit} levels are not read.", limit=DEPTH_MAX)


def load(folder: Path) -> Policies:
    """The policies of a folder and its subfolders, one file each.

    Raises:
        PolicyInvalid: a file does not fit the schema; says which file and line.
        PolicyOverlap: two files hold the same policy.
    """
    by_id: dict[str, Policy] = {}
    for path in sorted(folder.rglob("*.yaml")):
        if path.relative_to(folder).parts[0] == INSURANCE:
            continue
        policy = parse(path.read_text("utf-8"), name=str(path.relative_to(folder)))
        if policy.policy_id in by_id:
            raise PolicyOverlap(
                "The policy {policy} is given twice.", policy=policy.policy_id, where=Where(file=path.name)
            )
        by_id[policy.policy_id] = policy
    return Policies(by_id)


def parse(text: str, *, name: str) -> Policy:
    """One policy from the text of a YAML file; ``name`` is what errors call the file.

    Raises:
        PolicyInvalid: the text is no policy; says which line.
        PolicyOverlap: a day, or another name, stands twice.
    """
    try:
        refuse_repeats(yaml.compose(text, Loader=LOADER), name)
        return _policy(schema.check(yaml.load(text, Loader=LOADER)))  # noqa: S506 - a safe loader
    except yaml.MarkedYAMLError as error:
        raise invalid(name, *no_yaml(error)) from None
    except Flaw as flaw:
        raise invalid(name, line_of(text, flaw.path), flaw.said) from None


LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def refuse_impossible_days(node: Any, path: tuple[object, ...] = ()) -> None:
    """Refuse a day such as 2026-02-30, which YAML takes for a day and cannot make one of.

    Raises:
        Flaw: there is one; says where.
    """
    if isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:timestamp":
        try:
            yaml.SafeLoader("").construct_yaml_timestamp(node)
        except ValueError:
            raise Flaw(path, "There is no day {day}.", day=node.value) from None
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        refuse_impossible_days(key, (*path, key.value))
        refuse_impossible_days(value, (*path, key.value))
    for place, value in enumerate(node.value) if isinstance(node, yaml.SequenceNode) else ():
        refuse_impossible_days(value, (*path, place))


def refuse_repeats(node: Any, name: str) -> None:
    """YAML lets a later key hide an earlier one without a word: two values on one day would be one.

    Raises:
        PolicyOverlap: a key stands twice.
        YAMLError: a key is a list or a table.
    """
    seen: set[str] = set()
    for value in node.value if isinstance(node, yaml.SequenceNode) else ():
        refuse_repeats(value, name)
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        if not isinstance(key, yaml.ScalarNode):
            raise yaml.constructor.ConstructorError(None, None, "found unhashable key", key.start_mark)
        if key.value in seen:
            line = key.start_mark.line + 1
            raise PolicyOverlap(
                "The policy file {file} gives {key} twice, line {line}.",
                file=name, key=key.value, line=line, where=Where(file=name, row=line),
            )  # fmt: skip
        seen.add(key.value)
        refuse_repeats(value, name)


def _policy(body: Mapping[str, Any]) -> Policy:
    values = tuple(
        PolicyValue(body["id"], day, entry["value"], entry["source"].strip(), str(entry.get("note", "")).strip())
        for day, entry in sorted(body["values"].items())
    )
    return Policy(body["id"], body["title"], body["title_zh"], body["unit"], body["governed_by"], values)


def invalid(name: str, line: int | None, what: Sentence) -> PolicyInvalid:
    """The refusal of a policy file: which line, and what is wrong there."""
    return PolicyInvalid(
        "The policy file {file} cannot be used, line {line}: {what}",
        file=name, line=line or 1, what=what, where=Where(file=name, row=line),
    )  # fmt: skip


_NO_YAML = (
    ("control characters|special characters|UTF-8", Sentence("A character stands here that no text holds.")),
    ("\\\\t|tab character", Sentence("A tab stands here: YAML is indented with spaces.")),
    ("cannot start any token", Sentence("A sign stands here that begins no value: set the text in quotation marks.")),
    ("not allowed", Sentence("A colon, dash or question mark stands where none may: is a line indented wrongly?")),
    ("expected ':'", Sentence("A name stands here without a colon and a value.")),
    ("',' or", Sentence("A list or table in brackets is not closed, or a comma is missing.")),
    ("end of stream", Sentence("A quotation mark, or a bracket, is not closed.")),
    ("block end|expected key|'-' indicator", Sentence("This line is not indented like those it belongs to.")),
    ("escape|hexadecimal|hexdecimal", Sentence("A backslash in quotation marks is followed by no sign that it knows.")),
    ("document", Sentence("A file holds one policy: leave out --- and what stands after it.")),
    ("unhashable|hashable", Sentence("A name cannot be a list or a table.")),
)
"""What the reader of YAML says is wrong, by what its sentence holds, in our words."""


def no_yaml(error: Exception) -> tuple[int | None, Sentence]:
    """Why a text is no YAML: the line, where it is known, and what is wrong there."""
    mark, told = getattr(error, "problem_mark", None), str(getattr(error, "problem", None) or error)
    said = (sentence for pattern, sentence in _NO_YAML if re.search(pattern, told))
    return mark and mark.line + 1, next(said, Sentence("The text is no YAML here."))


def line_of(text: str, path: tuple[object, ...]) -> int:
    """The line on which the keys of ``path`` stand, as far as they exist."""
    try:
        node = yaml.compose(text, Loader=LOADER)
    except yaml.YAMLError:  # what is refused for one thing may be wrong in another too
        return 1
    line: int = node.start_mark.line + 1 if node is not None else 1
    for key in path:
        if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            node = node.value[key]
            line = node.start_mark.line + 1
            continue
        for key_node, value_node in node.value if isinstance(node, yaml.MappingNode) else []:
            if key_node.value == str(key):
                line, node = key_node.start_mark.line + 1, value_node
                break
        else:
            break
    return line
