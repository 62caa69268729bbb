"""The one Django app: everything that is kept."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from seawall.store import migrating
from seawall.store.grants import grant
from seawall.store.touch import install


class StoreConfig(AppConfig):
    """The app's name, and the rights of the product's role after each migration."""

    name = "seawall.store"
    label = "store"

    def ready(self) -> None:
        """Keep each migration and its entry together; grant after migrations, once every app's tables are there."""
        migrating.hold_together()
        post_migrate.connect(grant, sender=self, dispatch_uid="seawall.grant")
        post_migrate.connect(install, sender=self, dispatch_uid="seawall.touch")
