"""Insurers without an interface: what is said to them leaves as a file, what they decide comes as one."""

from __future__ import annotations

from typing import Final

from seawall.exchange.insurers.adapters import EVERYTHING, Adapter
from seawall.exchange.insurers.messages import noop
from seawall.exchange.insurers.port import Can

ADAPTER: Final = Adapter("file", noop("By files (Sinosure, and any other)"), (), Can(EVERYTHING), None)
