"""Who is reminded of deadlines, of what it was reminded already, and where calendars are read from."""

from __future__ import annotations

from django.db import models

from seawall.store.models.organisation import Entity, User
from seawall.store.scope import ScopedModel


class ReminderChoice(models.Model):
    """What somebody chose: reminders at all, and of which kinds of deadlines; without kinds of all."""

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="+")
    is_on = models.BooleanField()
    kinds = models.JSONField(null=True)

    def __str__(self) -> str:
        return f"{self.user_id} {self.is_on}"


class AlertAddress(ScopedModel):
    """A chat or a telephone that is told of deadlines in one entity, or in all of them; ``sealed`` is its address."""

    entity = models.ForeignKey(Entity, models.PROTECT, null=True, related_name="+")
    name = models.CharField(max_length=60)
    service = models.CharField(max_length=60)
    sealed = models.TextField(blank=True)
    language = models.CharField(max_length=10)
    kinds = models.JSONField(null=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """In the order in which they were made."""

        ordering = ["id"]
        verbose_name_plural = "alert addresses"

    def __str__(self) -> str:
        return f"{self.pk} {self.name}"


class Reminded(models.Model):
    """Of which deadline somebody was reminded last: ``step`` days before it, or after it was missed (-1).

    ``receiver`` is ``user 5`` or ``alert 3``; ``deadline`` a digest of what makes it that deadline.
    """

    receiver = models.CharField(max_length=40)
    deadline = models.CharField(max_length=64)
    step = models.SmallIntegerField()
    on = models.DateField()
    write_no = models.BigIntegerField()

    class Meta:
        """Each deadline once for each receiver."""

        constraints = [models.UniqueConstraint(fields=["receiver", "deadline"], name="reminded_once")]
        verbose_name_plural = "reminded"

    def __str__(self) -> str:
        return f"{self.receiver} {self.on} {self.step}"


class CalendarAddress(models.Model):
    """An address at which a calendar program reads somebody's deadlines; its token is kept as a hash only.

    ``reads`` were answered within the hour that began at ``hour``.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    language = models.CharField(max_length=10)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    last_read_at = models.DateTimeField(null=True)
    hour = models.DateTimeField(null=True)
    reads = models.PositiveIntegerField(default=0)

    class Meta:
        """Newest first."""

        ordering = ["-id"]
        verbose_name_plural = "calendar addresses"

    def __str__(self) -> str:
        return f"{self.pk} {self.name}"
