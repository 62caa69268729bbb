"""What is worked out when it is first asked for."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

T_co = TypeVar("T_co", covariant=True)


class cached_property(functools.cached_property[T_co]):  # noqa: N801, TID251 - a decorator
    """The library's own as of Python 3.12: without its lock, which is one for all objects of the class.

    With it whoever asks for a figure waits until everybody else's is worked out. Two who ask the same object at once
    may both work it out; the values are the same.
    """

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: type[Any] | None = None) -> Self: ...
        @overload
        def __get__(self, instance: object, owner: type[Any] | None = None) -> T_co: ...

    def __get__(self, instance: object, owner: type[Any] | None = None) -> Any:
        """The value, kept in the object."""
        if instance is None:
            return self
        kept, name = instance.__dict__, str(self.attrname)
        if name not in kept:
            kept[name] = self.func(instance)
        return kept[name]
