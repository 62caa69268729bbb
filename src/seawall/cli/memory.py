"""Memory of a command: what it has used once it keeps until it ends.

A command lives for seconds and makes many large arrays one after the other. Giving each back to the system
and asking for the next costs a quarter of an import's CPU, in the kernel. Servers live for months: they
give back, and do not come here.
"""

from __future__ import annotations

import ctypes
import os
from typing import Final

ALLOCATORS: Final = {
    "_RJEM_MALLOC_CONF": "dirty_decay_ms:-1,muzzy_decay_ms:-1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}
"""Read by Polars and Arrow when they are loaded."""

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
GLIBC: Final = {M_TRIM_THRESHOLD: 2**31 - 1, M_MMAP_THRESHOLD: 32 * 2**20}
"""mallopt(3): never shrink the heap; arrays of up to 32 MiB (its limit) come from it."""


def keep() -> None:
    """Tell the allocators; must come before Polars and Arrow are loaded. Does nothing where they are others."""
    for name, value in ALLOCATORS.items():
        os.environ.setdefault(name, value)
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    for parameter, number in GLIBC.items():
        mallopt(parameter, number)
