"""The store of SEAWALL_HOME to Parquet, as pages and runs read it: python ours_snapshot.py."""

from seawall.cli.opening import open_store

open_store()

from seawall.services import snapshots  # noqa: E402 - Django is set up by now
from seawall.services.access import Actor  # noqa: E402

print(snapshots.folder_of(Actor.system()))
