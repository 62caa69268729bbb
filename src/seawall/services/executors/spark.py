"""The run on Apache Spark: every partition is a task, read by its worker from the snapshot's folder.

Workers need this package and the folder (a shared file system where they are other machines), and hand back
integers alone, a few thousand rows a partition; what a run is made of is otherwise the same function as here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from seawall.engine.kernel.errors import OutsideError
from seawall.engine.run import Accumulators
from seawall.services.executors import Measuring

APPLICATION = "seawall"
QUIET = {"spark.ui.enabled": "false", "spark.log.level": "ERROR", "spark.driver.bindAddress": "127.0.0.1"}
"""On this machine only: no pages of Spark's own, and nothing that others could connect to."""

MASTER = "SEAWALL_SPARK_MASTER"


def on_spark(measuring: Measuring, parts: Sequence[range]) -> Iterator[Accumulators]:
    """All partitions at once, as many as Spark has room for.

    Raises:
        OutsideError: Spark or its Java is not there, or the cluster does not answer.
    """
    if not parts:
        return iter(())
    context = _session().sparkContext
    # As numbers: Spark takes a range for a range of rows of its own.
    bounds = [(each.start, each.stop) for each in parts]
    measured = context.parallelize(bounds, len(bounds)).map(lambda bound: measuring.part(range(*bound)))
    return iter(measured.collect())


def _session() -> Any:
    """The session of this process: the cluster that ``SEAWALL_SPARK_MASTER`` names, or threads of this machine."""
    try:
        from pyspark.errors import PySparkException  # noqa: PLC0415 - an optional extra
        from pyspark.sql import SparkSession  # noqa: PLC0415
    except ImportError:
        raise OutsideError(
            "Apache Spark is not installed here.",
            hint="`pip install seawall[spark]`, and Java 17 or later (`apt-get install default-jre-headless`).",
        ) from None
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName(APPLICATION)
    master = os.environ.get(MASTER)
    builder = builder.master(master or "local[*]")
    for name, value in ({} if master else QUIET).items():
        builder = builder.config(name, value)
    try:
        return builder.getOrCreate()
    except (PySparkException, OSError, RuntimeError) as error:
        raise OutsideError(
            "Apache Spark does not start: {reason}", hint="It needs Java 17 or later.", reason=str(error)
        ) from error
