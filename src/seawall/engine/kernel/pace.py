"""Steps of what takes long: at each of them whoever keeps the pace may let others go on first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_WAIT: ContextVar[Callable[[], None] | None] = ContextVar("wait", default=None)


def step() -> None:
    """Between two parts of what is done again and again: a row written, a figure drawn."""
    if wait := _WAIT.get():
        wait()


@contextmanager
def kept_by(wait: Callable[[], None]) -> Iterator[None]:
    """Call ``wait`` at every step within, in this thread."""
    with _set(wait):
        yield


@contextmanager
def unhindered() -> Iterator[None]:
    """No step waits within: what is made here others wait for, and who waited for them would wait for itself."""
    with _set(None):
        yield


@contextmanager
def _set(wait: Callable[[], None] | None) -> Iterator[None]:
    before = _WAIT.set(wait)
    try:
        yield
    finally:
        _WAIT.reset(before)
