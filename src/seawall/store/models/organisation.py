"""Who we are and who works here: the organisation, its selling entities, its people and their roles."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from seawall.store.scope import ScopedModel


class Organisation(models.Model):
    """The one organisation of this database."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    name = models.TextField(blank=True)
    is_demo = models.BooleanField(default=False)
    reporting_currency = models.CharField(max_length=3, blank=True)
    time_zone = models.TextField(default="UTC")

    class Meta:
        """One row only."""

        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="organisation_is_one")]

    def __str__(self) -> str:
        return self.name


class Entity(ScopedModel):
    """A selling legal entity of ours; ``code`` is what ledger files call it."""

    entity_code_path = "code"
    code = models.TextField(unique=True)
    name = models.TextField(blank=True)

    class Meta:
        """In the order of codes."""

        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


class UserManager(BaseUserManager["User"]):
    """Finds users by their sign-in name."""

    def get_by_natural_key(self, username: str | None) -> User:
        """The user of that name, whatever its case."""
        return self.get(username__iexact=username)

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> User:
        """A new user with a hashed password."""
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person who signs in."""

    username = models.CharField(max_length=150, unique=True)
    name = models.CharField(max_length=150, blank=True)
    email = models.EmailField(blank=True)
    language = models.CharField(max_length=10, default="en")
    is_active = models.BooleanField(default=True)
    must_change_password = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()

    def __str__(self) -> str:
        return self.name or self.username


class Membership(models.Model):
    """What a user may do where; an empty entity means every entity, also later ones."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    entity = models.ForeignKey(Entity, models.CASCADE, null=True, blank=True, related_name="+")
    role = models.CharField(max_length=30)

    class Meta:
        """A role is given once."""

        constraints = [
            models.UniqueConstraint(fields=["user", "entity", "role"], name="membership_once", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return f"{self.role} ({self.entity_id or 'all'})"
