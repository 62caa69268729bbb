"""Reading option values without the type machinery of the framework, whose import costs more than an ageing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args, get_origin

from typer import BadParameter, core
from typer._coercion import RuntimeParam, build_runtime_param

_PLAIN: dict[Any, Callable[[str], Any]] = {str: str, Path: Path, int: int, float: float, bool: bool}
_NAMES = {int: "a whole number", float: "a number"}


class _Plain(RuntimeParam):
    """A text, path or number, or a list of them; numbers within their limits."""

    def _coerce_value(self, value: Any, param: Any, ctx: Any) -> Any:
        if isinstance(value, list | tuple):
            return [self._one(item, param, ctx) for item in value]
        return self._one(value, param, ctx)

    def _one(self, value: Any, param: Any, ctx: Any) -> Any:
        kind = _kind(self.annotation)
        if not isinstance(value, str):
            return value
        try:
            read = _PLAIN[kind](value)
        except ValueError:
            raise BadParameter(f"{value!r} is not {_NAMES[kind]}.", ctx=ctx, param=param) from None
        low, high = self.parameter_info.min, self.parameter_info.max
        if kind in _NAMES and not ((low is None or read >= low) and (high is None or read <= high)):
            raise BadParameter(f"{value} is not between {low} and {high}.", ctx=ctx, param=param)
        return read


def read_plainly() -> None:
    """Let options that hold plain values be read here, all others by the framework as before."""
    core.build_runtime_param = _built  # type: ignore[attr-defined]


def _built(descriptor: Any) -> Any:
    if _kind(descriptor.annotation) in _PLAIN:
        return _Plain(descriptor.parameter_info, descriptor.annotation)
    return build_runtime_param(descriptor)


def _kind(annotation: Any) -> Any:
    """``list[Path]`` → Path; a plain type is itself."""
    return get_args(annotation)[0] if get_origin(annotation) is list else annotation
