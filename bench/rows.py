"""The rows of the benchmark: what each runs, beside what, and how many times the reference it may cost."""

from __future__ import annotations

import datetime as dt
import shutil
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from bench import store
from bench.measure import COUNT, HERE, Row, Sample, bare_ageing, of, process, reported, row

DAY = dt.date(2026, 3, 31)
UNTIL = dt.date(2026, 6, 30)
SEED = 7


@dataclass(frozen=True)
class Size:
    """How large the generated ledger is."""

    items: int
    customers: int


SMALL, FULL = Size(1_000_000, 20_000), Size(10_000_000, 200_000)
STORE = Size(1_000_000, 20_000)
FILES = Size(100_000, 2_000)


def ledger(size: Size, folder: Path) -> Path:
    """The generated ledger of that size in engine layout, made once."""
    target = folder / f"engine-{size.items}-{size.customers}"
    if not (target / "meta.json").exists():
        generate(size, target, "engine")
    return target


def generate(size: Size, target: Path, layout: str) -> None:
    """Call the product's own generator."""
    command = [seawall(), "generate", "--items", str(size.items), "--customers", str(size.customers)]
    process([*command, "--seed", str(SEED), "--until", str(UNTIL), "--format", layout, "--out", str(target)])


def seawall() -> str:
    """The command beside the interpreter that runs the benchmark."""
    return str(Path(sys.executable).with_name("seawall"))


def bare(engine: str, folder: Path) -> Callable[[], Sample]:
    """The hand-written query, measured from before its imports."""
    return lambda: reported([sys.executable, str(bare_ageing()), engine, str(folder), str(DAY)])


def ours(what: str, folder: Path) -> Callable[[], Sample]:
    """Ours, measured in the same way."""
    return lambda: reported([sys.executable, str(HERE / "ours.py"), what, str(folder), str(DAY)])


def ageing(size: Size, folder: Path) -> Row:
    """As-of ageing of a past day: at most 1.3 times the faster bare query."""
    data = ledger(size, folder)
    return row("ageing", 1.3, ours("ageing", data), [bare("polars", data), bare("duckdb", data)])


def cover(size: Size, folder: Path) -> Row:
    """Cover of all open items, a tenth of all, under one policy: at most 4 times the bare ageing of that day.

    The ledger is the generated one from which the receipts of the last weeks are left out.
    """
    data = with_a_tenth_open(ledger(size, folder), size)
    return row("cover", 4.0, ours("cover", data), [bare("polars", data), bare("duckdb", data)])


def with_a_tenth_open(source: Path, size: Size) -> Path:
    """The ledger as if its latest receipts had come a day after: so many that a tenth of its items is open."""
    target = source.with_name(f"{source.name}-open")
    if (target / "meta.json").exists():
        return target
    import polars as pl

    items, rows = (pl.read_parquet(source / f"{name}.parquet") for name in ("items", "allocations"))
    receipts = items.filter(pl.col("kind") == "receipt", pl.col("issued_on") <= DAY).sort("issued_on", descending=True)
    paid = receipts.join(rows, left_on="item_id", right_on="credit_id", how="inner", maintain_order="left")
    settled = rows.filter(pl.col("allocated_on") <= DAY)["debit_id"].n_unique()
    is_open = items.filter("is_debit", pl.col("issued_on") <= DAY).height - settled
    latest = paid["debit_id"].unique(maintain_order=True)[: max(size.items // 10 - is_open, 0)]
    late = pl.col("item_id").is_in(paid.filter(pl.col("debit_id").is_in(latest.implode()))["item_id"].implode())
    moved = items.with_columns(
        pl.when(late).then(pl.lit(DAY + dt.timedelta(days=1))).otherwise("issued_on").alias("issued_on")
    )
    days = moved.select("issued_on", credit_id="item_id")
    left = rows.join(days, on="credit_id", how="left", maintain_order="left").with_columns(
        pl.max_horizontal("allocated_on", "issued_on").alias("allocated_on")
    )
    shutil.copytree(source, target, dirs_exist_ok=True)
    moved.write_parquet(target / "items.parquet", compression="zstd")
    left.select(rows.columns).write_parquet(target / "allocations.parquet", compression="zstd")
    return target


def run(size: Size, folder: Path) -> Row:
    """The whole protection run: at most 25 times the bare query (goal 12)."""
    data = ledger(size, folder)
    return row("run", 25.0, ours("run", data), [bare("polars", data), bare("duckdb", data)])


def cli(_size: Size, folder: Path) -> Row:
    """`seawall ageing --files` on 100 k items, start-up included: at most twice the bare script as a whole process.

    Both read the same Parquet files.
    """
    engine = ledger(FILES, folder)
    command = [
        seawall(),
        "ageing",
        "--files",
        str(engine),
        "--as-of",
        str(DAY),
        "--currency",
        "CNY",
        "--format",
        "json",
    ]
    return row(
        "cli",
        2.0,
        lambda: process(command),
        [lambda: process([sys.executable, str(bare_ageing()), "polars", str(engine), str(DAY)])],
    )


def files(size: Size, folder: Path, layout: str = "parquet") -> Path:
    """The generated ledger of that size as canonical files, made once."""
    target = folder / f"{layout}-{size.items}"
    if not (target / f"items.{layout}").exists():
        generate(size, target, layout)
    return target


def imports(_size: Size, folder: Path) -> Row:
    """A million items and their allocations into a fresh store: at most 4 times a bare COPY of the same rows.

    Ours starts from Parquet files, and reads and checks them; the COPY is given the text it takes.
    """
    ours, texts = files(STORE, folder), files(STORE, folder, "csv")
    return of("import", 4.0, [store.imported(ours, texts) for _ in range(COUNT)])


def snapshot(_size: Size, folder: Path) -> Row:
    """The store to Parquet: at most 1.6 times a bare ADBC read of the same columns."""
    return of("snapshot", 1.6, store.snapshots(files(STORE, folder), COUNT))


def pages(_size: Size, folder: Path) -> Row:
    """Pages on a store of a million items: p95 of the slowest at most 5 times that of an almost empty page."""
    return of("pages", 5.0, [store.pages(files(STORE, folder), DAY.isoformat())])


def memory(size: Size, folder: Path) -> Row:
    """The run over twice the items of the same customers: its peak of memory at most a tenth higher.

    CPU stands beside it for what it is; the ratio is that of the median peaks, of runs in turn: the peaks of one
    ledger differ by some percent from run to run.
    """
    twice = ours("run", ledger(Size(2 * size.items, size.customers), folder))
    usual = ours("run", ledger(size, folder))
    pairs = [(twice(), usual()) for _ in range(COUNT)]
    large, small = (statistics.median(pair[k].peak_mib for pair in pairs) for k in (0, 1))
    return replace(of("memory", 1.1, pairs), ratio=round(large / small, 3))


ROWS: dict[str, Callable[[Size, Path], Row]] = {
    "ageing": ageing,
    "run": run,
    "cover": cover,
    "cli": cli,
    "import": imports,
    "snapshot": snapshot,
    "pages": pages,
    "memory": memory,
}
