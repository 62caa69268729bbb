"""YAML as a mapping needs it: plain values that remember their lines, so that a refusal can name one."""

from __future__ import annotations

from typing import Any

import yaml

from seawall.engine.kernel.errors import InputError, Where


class MappingInvalid(InputError):
    """A mapping cannot be used as it is written."""

    code = "mapping_invalid"


_DEPTH = 12
"""The deepest rule of a mapping lies at six."""

Lines = dict[tuple[str | int, ...], int]


def parsed(text: bytes, file: str) -> tuple[dict[str, Any], Lines]:
    """A YAML document as plain values (every scalar as text), and the line of each value by its path.

    Raises:
        MappingInvalid: it is no YAML, repeats a key, or uses aliases, which can grow without bound.
    """
    lines: Lines = {}
    try:
        _check_shape(text, file)
        node = yaml.compose(text, yaml.SafeLoader)
        value = _plain(node, (), lines, file)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise invalid(file, line, "it is not YAML ({reason})", reason=error.problem or "") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise invalid(file, 0, "it is not YAML ({reason})", reason=str(error)[:100]) from None
    if not isinstance(value, dict):
        raise invalid(file, 1, "it is not a list of keys and values")
    return value, lines


def _check_shape(text: bytes, file: str) -> None:
    """Neither aliases nor deep nesting, before anything is built of it."""
    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise invalid(file, _line(event), "aliases (*name) are not allowed in a mapping")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEPTH:
            raise invalid(file, _line(event), "it is nested too deeply")


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0


def _plain(node: Any, path: tuple[str | int, ...], lines: Lines, file: str) -> Any:
    if node is None:
        return None
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        plain: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.value in plain:
                raise invalid(file, key.start_mark.line + 1, "the key {key} occurs twice", key=str(key.value)[:50])
            plain[key.value] = _plain(value, (*path, key.value), lines, file)
        return plain
    if isinstance(node, yaml.SequenceNode):
        return [_plain(value, (*path, place), lines, file) for place, value in enumerate(node.value)]
    return node.value if node.value or node.style else None


def invalid(file: str, line: int, message: str, **params: Any) -> MappingInvalid:
    """A refusal that names the line."""
    return MappingInvalid(
        "{file}, line {line}: " + message + ".", where=Where(file, line or None), file=file, line=line, **params
    )
