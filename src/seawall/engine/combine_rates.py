"""From the sums of all partitions to rates: roll rates, loss rates, and the provision they make."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine import report as tables
from seawall.engine.kernel.lazy import cached_property
from seawall.engine.ledger.scheme import Scheme
from seawall.engine.partition import Accumulators
from seawall.engine.protection import expected_loss
from seawall.engine.question import Question
from seawall.engine.risk import loss_rates, roll_rates

Rows = list[dict[str, Any]]


def summed(frames: Sequence[pl.DataFrame], keys: Sequence[str]) -> pl.DataFrame:
    """Rows of all partitions added up under their keys, in the order of the keys.

    The sums are made in 128 bits; the cast back raises where one does not fit 64.
    """
    whole = pl.concat(frames)
    values = [name for name in whole.columns if name not in keys]
    return (
        whole.group_by(keys).agg(pl.col(name).cast(pl.Int128).sum() for name in values)
        .with_columns(pl.col(name).cast(pl.Int64) for name in values)
        .sort(keys, nulls_last=True)
    )  # fmt: skip


@dataclass(frozen=True)
class RatesOfRun:
    """All partitions of one run together, as far as rates go; every property is one table or one step towards it."""

    question: Question
    parts: Sequence[Accumulators]

    @cached_property
    def series(self) -> dict[tuple[str, dt.date, dt.date | None], int]:
        rows = summed([part.series for part in self.parts], ("measure", "on", "month"))
        return {(name, on, month): minor for name, on, month, minor in rows.iter_rows()}

    def sum_of(self, measure: str, on: dt.date, month: dt.date | None = None) -> int:
        """One sum; 0 where no partition had any."""
        return self.series.get((measure, on, month), 0)

    @cached_property
    def cohorts(self) -> pl.DataFrame:
        return summed([part.cohorts for part in self.parts], ("on", "pool", "bucket", "replicate"))

    @cached_property
    def gross(self) -> pl.DataFrame:
        return summed([part.gross for part in self.parts], ("on", "pool", "bucket"))

    @cached_property
    def balances(self) -> pl.DataFrame:
        return summed([part.balances for part in self.parts], ("step", "on", "bucket"))

    @cached_property
    def flows(self) -> pl.DataFrame:
        return summed([part.flows for part in self.parts], ("step", "on", "bucket", "state"))

    # -- roll rates -------------------------------------------------------------------------------------

    def _migration(self, step: roll_rates.Step, upto: dt.date) -> tuple[list[dt.date], roll_rates.Migration, Any]:
        """Stops, rates and balances of one step, seen from a day."""
        limit = self.question.month_stops if step == "month" else self.question.year_stops
        stops = [stop for stop in limit if stop <= upto][-(roll_rates.MONTH_STEPS + 1) :]
        width = len(roll_rates.bucket_names(step))
        rows = self.balances.filter(pl.col("step") == step)
        value = {(on, k): (open_, lost) for _, on, k, open_, lost in rows.iter_rows()}
        cells = np.array([[value.get((on, k), (0, 0)) for k in range(width)] for on in stops], dtype=np.int64)
        cells = cells.reshape(len(stops), width, 2)
        final_loss = self.question.policy("accounting.final_loss", upto)
        return stops, roll_rates.migration(cells[:, :, 0], cells[1:, :, 1], final_loss=final_loss), cells

    @cached_property
    def roll_steps(self) -> pl.DataFrame:
        rows: Rows = []
        for step in ("month", "year"):
            stops, found, cells = self._migration(step, self.question.on)
            names = roll_rates.bucket_names(step)
            rows += [
                {
                    "step": step, "on": stops[t + 1], "ordinal": k, "bucket": names[k],
                    "from_minor": int(cells[t, k, 0]), "to_minor": int(found.into[t, k]),
                    "written_off_minor": int(found.added[t, k]),
                    "roll_rate": found.ratios[t][k],
                }
                for t in range(len(stops) - 1)
                for k in range(len(names) - 1)
            ]  # fmt: skip
        return tables.ROLL_STEPS.frame(rows)

    @cached_property
    def roll_rates(self) -> pl.DataFrame:
        rows: Rows = []
        for step in ("month", "year"):
            stops, found, _ = self._migration(step, self.question.on)
            names = roll_rates.bucket_names(step)
            by_item = roll_rates.absorbed(self._flow_matrix(step, stops[1:], len(names)))
            rows += [
                {
                    "step": step, "ordinal": k, "bucket": name,
                    "next_bucket": names[k + 1] if k < len(names) - 1 else roll_rates.WRITTEN_OFF,
                    "steps": found.steps[k] if k < len(found.steps) else 0,
                    "roll_rate": found.roll[k] if k < len(found.roll) else None,
                    "loss_rate": found.loss[k], "item_loss_rate": by_item[k],
                }
                for k, name in enumerate(names)
            ]  # fmt: skip
        return tables.ROLL_RATES.frame(rows)

    def _flow_matrix(self, step: str, stops: Sequence[dt.date], width: int) -> NDArray[np.int64]:
        matrix = np.zeros((width, width + 2), dtype=np.int64)
        rows = self.flows.filter(pl.col("step") == step, pl.col("on").is_in(list(stops)))
        np.add.at(matrix, (rows["bucket"].to_numpy(), rows["state"].to_numpy()), rows["amount_minor"].to_numpy())
        return matrix

    @cached_property
    def roll_flows(self) -> pl.DataFrame:
        frames = [tables.ROLL_FLOWS.empty()]
        for step in ("month", "year"):
            names = [*roll_rates.bucket_names(step), roll_rates.PAID, roll_rates.WRITTEN_OFF]
            stops = self._migration(step, self.question.on)[0]
            mine = self.flows.filter(pl.col("step") == step, pl.col("on").is_in(stops[1:]))
            frames.append(
                mine.select(
                    "step", "on",
                    *(pl.Series(name, [names[k] for k in mine[name]], dtype=pl.String) for name in ("bucket", "state")),
                    "amount_minor", "items",
                )
            )  # fmt: skip
        return pl.concat(frames).sort("step", "on", "bucket", "state")

    # -- loss rates and provision -----------------------------------------------------------------------

    def _loss_rows(self, on: dt.date) -> Rows:
        """Loss rates by cohort as of a day, of all pools together and of each."""
        question, scheme = self.question, self.question.scheme
        floors = loss_rates.by_days(
            question.policy("accounting.ecl_floor", on), scheme, policy_id="accounting.ecl_floor"
        )
        rule = question.policy("accounting.shrinkage", on)
        final_loss = question.policy("accounting.final_loss", on)
        rows: Rows = []
        for pool in self._pools():
            for k, own in enumerate(self._observed(on, pool)):
                used = loss_rates.used(
                    own, floor=floors[k], enough=rule["enough_customers"],
                    half_weight=rule["half_weight_customers"], final_loss=final_loss,
                )  # fmt: skip
                rows.append({
                    "pool": pool, "ordinal": k, "bucket": scheme.names[k],
                    "reached_minor": own.reached_minor, "lost_minor": own.lost_minor,
                    "customers": own.customers, "customers_lost": own.customers_lost,
                    "own_rate": own.rate, "low_rate": own.low, "high_rate": own.high, "floor_rate": floors[k],
                    "weight_rate": used.weight, "rate": used.rate, "basis": used.basis,
                })  # fmt: skip
        return rows

    def _pools(self) -> list[str]:
        found = {*self.gross["pool"].to_list(), *self.cohorts["pool"].to_list()} - {loss_rates.ALL}
        return [loss_rates.ALL, *sorted(found)]

    def _observed(self, on: dt.date, pool: str) -> list[loss_rates.Observed]:
        rows = self.cohorts.filter(pl.col("on") == on)
        if pool != loss_rates.ALL:
            rows = rows.filter(pl.col("pool") == pool)
        sums = summed([rows.drop("on", "pool")], ("bucket", "replicate"))
        width = len(self.question.scheme.names)
        cell = (sums["bucket"].to_numpy(), sums["replicate"].to_numpy())
        grids = np.zeros((4, width, loss_rates.REPLICATES), dtype=np.int64)
        for grid, name in zip(grids, ("ended_minor", "lost_minor", "customers", "customers_lost"), strict=True):
            grid[cell] = sums[name].to_numpy()
        return loss_rates.observed(grids[0], grids[1], grids[2].sum(axis=1), grids[3].sum(axis=1))

    @cached_property
    def loss_rates(self) -> pl.DataFrame:
        return tables.LOSS_RATES.frame(self._loss_rows(self.question.on))

    def _rates(self, on: dt.date) -> dict[tuple[str, int], tuple[float, str]]:
        """Rate and basis by pool and bucket, by the method of the run and the policies of a day."""
        question = self.question
        if question.method == "cohort_loss_rate":
            return {(row["pool"], row["ordinal"]): (row["rate"], row["basis"]) for row in self._loss_rows(on)}
        if question.method == "ageing_percentages":
            percent = loss_rates.by_days(
                question.policy("accounting.ageing_percentages", on), question.scheme,
                policy_id="accounting.ageing_percentages",
            )  # fmt: skip
            each = [(rate, "policy") for rate in percent]
        else:
            each = self._migration_rates(on)
        return {(pool, k): found for pool in self._pools() for k, found in enumerate(each)}

    def _migration_rates(self, on: dt.date) -> list[tuple[float, str]]:
        step = self.question.loss_step or "month"
        floor_policy = self.question.policy("accounting.ecl_floor", on)
        edges = roll_rates.MONTHLY.edges if step == "month" else tuple(365 * n for n in range(1, roll_rates.YEARS + 1))
        floors = loss_rates.by_days(
            floor_policy, Scheme(edges, roll_rates.base_of(step)), policy_id="accounting.ecl_floor"
        )
        found = self._migration(step, on)[1]
        has_history = any(rate is not None for rate in found.loss[:-1])
        basis = ["own" if steps else "policy" for steps in (*found.steps, 0)]
        return [(rate, basis[k]) if rate and has_history else (floors[k], "floor") for k, rate in enumerate(found.loss)]

    def factor(self, on: dt.date) -> float:
        question = self.question
        return expected_loss.forward_factor(
            float(question.policy("accounting.forward_looking", on)["factor"]),
            standard=question.standard, standards=question.policy("accounting.standards", on),
        )  # fmt: skip

    def _provision_rows(self, on: dt.date) -> Rows:
        names, rates, factor = self.question.loss_buckets, self._rates(on), self.factor(on)
        gross = {(pool, k): row for pool, k, *row in self.gross.filter(pl.col("on") == on).drop("on").iter_rows()}
        rows: Rows = []
        for pool in sorted({pool for pool, _ in gross} or {loss_rates.ALL}):
            amounts = [gross.get((pool, k), [0, 0]) for k in range(len(names))]
            used = [rates[pool, k] for k in range(len(names))]
            matrix = expected_loss.matrix([a[0] for a in amounts], [rate for rate, _ in used], factor=factor)
            rows += [
                {
                    "pool": pool, "ordinal": k, "bucket": names[k], "gross_minor": row.gross_minor,
                    "default_minor": amounts[k][1], "rate": row.rate, "forward_factor": row.forward_factor,
                    "applied_rate": row.applied_rate, "ecl_minor": row.ecl_minor, "basis": used[k][1],
                }
                for k, row in enumerate(matrix)
            ]  # fmt: skip
        return rows
