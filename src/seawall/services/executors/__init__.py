"""Where the partitions of a run are measured: in this process one after the other, or on Apache Spark.

The engine is pure, so an executor is a way to call one function for many ranges of customers; the figures
do not depend on which is used, and neither does a run's identity.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from seawall.engine.kernel.asof import AsOf
from seawall.engine.kernel.errors import UsageError
from seawall.engine.kernel.fx import Rates
from seawall.engine.kernel.policy import Policies
from seawall.engine.ledger.items import Ledger
from seawall.engine.ledger.scheme import Scheme
from seawall.engine.run import COLUMNS, Accumulators, protect
from seawall.exchange.parquet import read_ledger

VARIABLE = "SEAWALL_EXECUTOR"
LOCAL, SPARK = "local", "spark"


@dataclass(frozen=True)
class Measuring:
    """All that measuring a partition needs; it travels to other processes and machines.

    ``entities`` are those whose accounts count (None = every one); ``known_from`` is then theirs.
    """

    folder: Path
    entities: tuple[str, ...] | None
    known_from: dt.date | None
    as_of: AsOf
    policies: Policies
    rates: Rates
    scheme: Scheme

    def ledger(self, customers: range) -> Ledger:
        """One partition of the snapshot in ``folder``."""
        whole = read_ledger(self.folder, customers=customers, columns=COLUMNS)
        if self.entities is None:
            return whole
        mine = whole.only(whole.accounts["entity"].is_in(self.entities))
        return replace(mine, known_from=self.known_from)

    def part(self, customers: range) -> Accumulators:
        """One partition, measured."""
        return protect(
            self.ledger(customers), as_of=self.as_of, policies=self.policies, rates=self.rates, scheme=self.scheme
        )


Executor = Callable[[Measuring, Sequence[range]], Iterator[Accumulators]]
"""Measures ranges of customers and gives them back in their order."""


def in_turn(measuring: Measuring, parts: Sequence[range]) -> Iterator[Accumulators]:
    """One partition after the other in this process: memory holds one of them at a time."""
    return (measuring.part(customers) for customers in parts)


def chosen(name: str | None = None, environ: Mapping[str, str] = os.environ) -> Executor:
    """The executor of that name, else of ``SEAWALL_EXECUTOR``, else this process.

    Raises:
        UsageError: there is none of that name.
    """
    name = name or environ.get(VARIABLE) or LOCAL
    if name == LOCAL:
        return in_turn
    if name == SPARK:
        from seawall.services.executors.spark import on_spark  # noqa: PLC0415 - an optional extra

        return on_spark
    raise UsageError("There is no executor {name}.", hint="There are local and spark.", name=name)
