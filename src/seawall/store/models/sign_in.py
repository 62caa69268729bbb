"""How people and programs come in: tokens kept as hashes, and attempts that failed."""

from __future__ import annotations

from django.db import models

from seawall.store.models.organisation import User


class ApiToken(models.Model):
    """A token of the API: it acts as its user, within the user's own grants. Only its hash is kept."""

    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        """Newest first."""

        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name


class SignInFailure(models.Model):
    """One attempt with a wrong password; old ones are thrown away."""

    username = models.CharField(max_length=150)
    address = models.CharField(max_length=45)
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.username} {self.at}"
