"""What people put beside the ledger: notes, tasks, documents, pauses, and which codes are one customer.

All of it only grows: a change is a further row, and the newest row counts. ``entities`` says whose it is: the
item's, or for a customer as a whole those its author works in; none means every entity.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from seawall.store.models.ledger import Customer
from seawall.store.scope import ScopedModel


class Beside(ScopedModel):
    """Something said about a customer, or about one document of it (``document_id``)."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    document_id = models.BigIntegerField(null=True)
    entities = ArrayField(models.TextField())
    author = models.TextField()
    write_no = models.BigIntegerField()
    recorded_at = models.DateTimeField()

    class Meta:
        """Abstract: each sort has its own table."""

        abstract = True

    @classmethod
    def in_entities(cls, codes: frozenset[str]) -> models.Q:
        """It is seen by who sees every entity it concerns."""
        return models.Q(entities__contained_by=sorted(codes))


class Note(Beside):
    """What somebody wants others to know."""

    text = models.TextField()

    def __str__(self) -> str:
        return self.text[:40]


class TaskVersion(Beside):
    """One version of a task; the newest says how it stands."""

    task_no = models.BigIntegerField()
    version = models.SmallIntegerField()
    title = models.TextField()
    due_on = models.DateField()
    assignee = models.ForeignKey("store.User", models.PROTECT, null=True, related_name="+")
    is_done = models.BooleanField(default=False)

    class Meta:
        """Two writers of one version collide."""

        constraints = [models.UniqueConstraint(fields=["task_no", "version"], name="task_version_once")]

    def __str__(self) -> str:
        return self.title


class Document(Beside):
    """A file somebody added; its bytes lie in the home's ``files`` folder under ``sha256``."""

    class About(models.TextChoices):
        """What it belongs to; ``about_no`` is the number of the dispute or task."""

        CUSTOMER = "customer"
        ITEM = "item"
        DISPUTE = "dispute"
        TASK = "task"

    about = models.CharField(max_length=10, choices=About)
    about_no = models.BigIntegerField(null=True)
    name = models.TextField()
    sha256 = models.CharField(max_length=64)
    bytes = models.BigIntegerField()

    def __str__(self) -> str:
        return self.name


class Pause(Beside):
    """Chasing a customer rests until a day; without a day it goes on."""

    until_on = models.DateField(null=True)
    reason = models.TextField()

    def __str__(self) -> str:
        return f"{self.until_on}"


class CustomerMerge(models.Model):
    """Two codes are one customer, from this write on; a supersession splits them again."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    into = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    merged_on = models.DateField()
    reason = models.TextField()
    author = models.TextField()
    write_no = models.BigIntegerField()
    recorded_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.customer_id} into {self.into_id}"
