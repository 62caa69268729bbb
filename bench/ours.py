"""Ours, measured from before its imports: python ours.py ageing|run|cover DIR DAY -> one JSON line."""

import datetime as dt
import json
import resource
import sys
import time
from pathlib import Path

what, folder, day = sys.argv[1], Path(sys.argv[2]), dt.date.fromisoformat(sys.argv[3])
PARTITION_ITEMS = 1_000_000

start, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)


def ageing() -> dict:
    """As-of ageing of the whole ledger, by account and bucket."""
    from seawall.engine.kernel.asof import FROM_FILES, AsOf
    from seawall.engine.ledger import ageing as room
    from seawall.engine.ledger.scheme import DEFAULT_SCHEME
    from seawall.exchange.parquet import read_ledger

    ledger = read_ledger(folder, columns=room.COLUMNS)
    rows = room.ageing(ledger, as_of=AsOf(day, FROM_FILES), scheme=DEFAULT_SCHEME)
    return {"rows": rows.height, "open_minor": rows["open_minor"].sum()}


def cover() -> dict:
    """The cover of every open item under one policy and a limit, later cut, on every customer."""
    import polars as pl

    from seawall.engine.ledger.insured_facts import INSURED_LIMIT_FACTS, InsuredFacts
    from seawall.engine.protection.cover import Asked, Insurance
    from seawall.engine.protection.cover import cover as covered
    from seawall.engine.run import COLUMNS
    from seawall.exchange.parquet import partitions, read_ledger
    from seawall.policies.insurance import parse

    wording = parse((Path(__file__).parent / "policy.yaml").read_text("utf-8"), name="policy.yaml")
    decided = [("approved", 50_000_000, dt.date(2023, 1, 1)), ("reduced", 30_000_000, dt.date(2025, 12, 1))]
    rows = indemnity = 0
    for customers in partitions(folder, PARTITION_ITEMS):
        ledger = read_ledger(folder, customers=customers, columns=COLUMNS)
        limits = pl.concat(
            ledger.customers.select(
                "customer_code", pl.lit("BENCH").alias("policy"), pl.lit("1").alias("layer"),
                pl.lit(kind).cast(INSURED_LIMIT_FACTS.schema["kind"]).alias("kind"),
                pl.lit(minor, pl.Int64).alias("amount_minor"), pl.lit("CNY").alias("currency"),
                pl.lit(on).alias("decided_on"),
            )
            for kind, minor, on in decided
        )  # fmt: skip
        facts = InsuredFacts(limits=pl.concat([INSURED_LIMIT_FACTS.empty(), limits], how="diagonal"))
        ((one,), _) = covered(Insurance.of(ledger, [wording], facts), Asked(day))
        rows, indemnity = rows + len(one.item), indemnity + int(one.indemnity_minor.sum())
    return {"rows": rows, "open_minor": indemnity}


def run() -> dict:
    """The whole protection run over partitions of the ledger, to the digest of its report."""
    import dataclasses
    import tempfile

    import polars as pl

    from seawall.engine.kernel.asof import FROM_FILES, AsOf
    from seawall.engine.kernel.fx import rates_for
    from seawall.engine.run import COLUMNS, Accumulators, combine, protect
    from seawall.exchange.ecb import ecb_rates
    from seawall.exchange.parquet import partitions, read_ledger
    from seawall.policies.load import shipped

    policies = shipped()
    currencies = sorted(pl.read_parquet(folder / "accounts.parquet", columns=["currency"])["currency"].unique())
    max_age_days = policies.at("house.fx", day).value["max_age_days"]
    rates = rates_for(currencies, "CNY", day, [ecb_rates()], max_age_days)
    given = {"as_of": AsOf(day, FROM_FILES), "policies": policies, "rates": rates}
    with tempfile.TemporaryDirectory() as kept:  # between the halves of a run its parts are files
        ranges = partitions(folder, PARTITION_ITEMS)
        for number, customers in enumerate(ranges):
            part = protect(read_ledger(folder, customers=customers, columns=COLUMNS), **given)
            for name, frame in part.frames().items():
                frame.write_parquet(Path(kept) / f"{name}-{number}.parquet", compression="zstd", statistics=False)
        names = [each.name for each in dataclasses.fields(Accumulators)]
        parts = [
            Accumulators(**{name: pl.read_parquet(Path(kept) / f"{name}-{number}.parquet") for name in names})
            for number in range(len(ranges))
        ]
    report = combine(parts, **given)
    return {"rows": report.customers.height, "digest": report.digest()}


said = {"ageing": ageing, "run": run, "cover": cover}[what]()
end = resource.getrusage(resource.RUSAGE_SELF)
print(
    json.dumps(
        {
            "engine": "seawall",
            "cpu_s": round(end.ru_utime + end.ru_stime - used.ru_utime - used.ru_stime, 3),
            "wall_s": round(time.perf_counter() - start, 3),
            "peak_mib": end.ru_maxrss // 1024,
            **said,
        }
    )
)
