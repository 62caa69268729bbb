"""Lists as somebody wants to see them again."""

from __future__ import annotations

from django.db import models

from seawall.store.models.organisation import Entity, User
from seawall.store.scope import ScopedModel


class SavedView(ScopedModel):
    """A list page with what narrows and orders it, under a name; ``entity`` is whom it is shared with, if anybody."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    entity = models.ForeignKey(Entity, models.PROTECT, null=True, related_name="+")
    page = models.CharField(max_length=30)
    name = models.CharField(max_length=60)
    query = models.TextField(blank=True)
    saved_at = models.DateTimeField()

    class Meta:
        """By page and name; a name stands for one view of a person's page."""

        ordering = ["page", "name", "id"]
        constraints = [models.UniqueConstraint(fields=["user", "page", "name"], name="saved_view_once")]

    def __str__(self) -> str:
        return f"{self.page} {self.name}"
