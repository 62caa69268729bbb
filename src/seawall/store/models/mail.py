"""How mail leaves: the one server it is handed to."""

from __future__ import annotations

from django.db import models


class MailServer(models.Model):
    """The mail server. ``password`` is sealed; ``pages_address`` is where the links in mails lead."""

    class Security(models.TextChoices):
        """How the line to the server is kept closed."""

        STARTTLS = "starttls"
        TLS = "tls"
        NONE = "none"

    id = models.SmallIntegerField(primary_key=True, default=1)
    host = models.TextField()
    port = models.IntegerField()
    security = models.CharField(max_length=10, choices=Security, default=Security.STARTTLS)
    username = models.TextField(blank=True)
    password = models.TextField(blank=True)
    sender = models.TextField()
    pages_address = models.TextField(blank=True)

    class Meta:
        """One row only."""

        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="mail_server_is_one")]

    def __str__(self) -> str:
        return self.host
