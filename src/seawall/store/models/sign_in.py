"""How people and programs come in: second factors, sessions, links, deputies, tokens, and attempts that failed."""

from __future__ import annotations

from django.db import models

from seawall.store.models.organisation import User


class ApiToken(models.Model):
    """A token of the API: it acts as its user, within the user's own grants. Only its hash is kept.

    ``verbs`` and ``entities`` narrow it further; None leaves all that its user may do.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    verbs = models.JSONField(null=True)
    entities = models.JSONField(null=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        """Newest first."""

        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name


class SignInFailure(models.Model):
    """One attempt with a wrong password, code, token or link; old ones are thrown away."""

    username = models.CharField(max_length=150)
    address = models.CharField(max_length=45)
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.username} {self.at}"


class SignInRules(models.Model):
    """How people come in here: which roles need a second factor, and how long a session lasts."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    second_factor_roles = models.JSONField(default=list)
    idle_minutes = models.PositiveIntegerField()
    absolute_hours = models.PositiveIntegerField()

    class Meta:
        """One row only, or none: then the policy's values hold."""

        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="sign_in_rules_are_one")]
        verbose_name_plural = "sign-in rules"

    def __str__(self) -> str:
        return f"{self.idle_minutes} min, {self.absolute_hours} h"


class SignedIn(models.Model):
    """One session of a user; the browser's key is kept as a hash only."""

    user = models.ForeignKey(User, models.CASCADE, related_name="signed_in")
    digest = models.CharField(max_length=64, unique=True)
    acts_for = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    begun_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    address = models.CharField(max_length=45, blank=True)
    agent = models.CharField(max_length=200, blank=True)

    class Meta:
        """Newest first."""

        ordering = ["-begun_at"]
        verbose_name_plural = "signed in"

    def __str__(self) -> str:
        return f"{self.user_id} {self.begun_at}"


class SecondFactor(models.Model):
    """What a user has beside the password: an authenticator app, or a passkey.

    ``secret`` is the app's, sealed. ``credential`` is a passkey's public part. ``last_step`` is the last
    code's time step: a code serves once.
    """

    class Kind(models.TextChoices):
        """How it works."""

        APP = "app"
        PASSKEY = "passkey"

    user = models.ForeignKey(User, models.CASCADE, related_name="second_factors")
    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(max_length=100)
    secret = models.TextField(blank=True)
    credential = models.BinaryField(null=True)
    credential_digest = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001 - unique where there is one
    sign_count = models.BigIntegerField(default=0)
    last_step = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        """Oldest first; one app a user."""

        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=models.Q(kind="app"), name="one_app_a_user"),
        ]

    def __str__(self) -> str:
        return self.name


class RecoveryCode(models.Model):
    """A code that replaces a second factor once."""

    user = models.ForeignKey(User, models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64, unique=True)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.user_id}"


class OneTimeLink(models.Model):
    """An invitation or a reset: whoever holds the link may set the password, once and not for long."""

    class Purpose(models.TextChoices):
        """What it was made for."""

        INVITE = "invite"
        RESET = "reset"

    user = models.ForeignKey(User, models.CASCADE, related_name="links")
    purpose = models.CharField(max_length=10, choices=Purpose)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.purpose} {self.user_id}"


class Deputy(models.Model):
    """Someone who may act for another from one day to another, both included."""

    principal = models.ForeignKey(User, models.CASCADE, related_name="deputies")
    deputy = models.ForeignKey(User, models.CASCADE, related_name="principals")
    from_day = models.DateField()
    to_day = models.DateField()
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """The next first; nobody is a deputy of oneself."""

        ordering = ["from_day", "id"]
        verbose_name_plural = "deputies"
        constraints = [
            models.CheckConstraint(condition=~models.Q(principal=models.F("deputy")), name="deputy_is_another"),
            models.CheckConstraint(condition=models.Q(from_day__lte=models.F("to_day")), name="deputy_from_before_to"),
        ]

    def __str__(self) -> str:
        return f"{self.deputy_id} for {self.principal_id}"


class SignInProvider(models.Model):
    """A provider of identities people may come in by (OpenID Connect); its secret is sealed."""

    name = models.CharField(max_length=100)
    issuer = models.URLField(unique=True)
    client_id = models.CharField(max_length=200)
    secret = models.TextField(blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        """By name."""

        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ProviderSubject(models.Model):
    """Who a user is at a provider: linked once, found by this from then on."""

    provider = models.ForeignKey(SignInProvider, models.CASCADE, related_name="subjects")
    user = models.ForeignKey(User, models.CASCADE, related_name="subjects")
    subject = models.CharField(max_length=255)
    linked_at = models.DateTimeField()

    class Meta:
        """One subject is one user, and a user is one subject of a provider."""

        constraints = [
            models.UniqueConstraint(fields=["provider", "subject"], name="subject_is_one_user"),
            models.UniqueConstraint(fields=["provider", "user"], name="user_is_one_subject"),
        ]

    def __str__(self) -> str:
        return self.subject
