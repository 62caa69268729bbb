"""Bank accounts, statements and the money in them, and what was decided about it. Everything is appended.

An entry is known by what it says (``digest``) and by which of equal ones it is (``occurrence``), so overlapping
statements bring it once and two equal payments of one day stay two. A match, or a case, that no longer holds is
ended by a row of its own.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from seawall.store.scope import ScopedModel


class BankAccount(ScopedModel):
    """An account of one of our entities at a bank; ``number`` is what its statements call it, without blanks."""

    entity = models.ForeignKey("store.Entity", models.PROTECT, related_name="+")
    number = models.TextField()
    currency = models.CharField(max_length=3)
    write_no = models.BigIntegerField()

    class Meta:
        """One account for each number and currency, whoever has it."""

        constraints = [models.UniqueConstraint(fields=["number", "currency"], name="bank_account_once")]

    def __str__(self) -> str:
        return self.number


class BankStatement(ScopedModel):
    """One statement of one file; ``place`` is which of the file's it is. Its bytes lie in the home under ``sha256``."""

    entity_code_path = "account__entity__code"
    account = models.ForeignKey(BankAccount, models.PROTECT, related_name="statements")
    write_no = models.BigIntegerField()
    file_name = models.TextField()
    sha256 = models.CharField(max_length=64)
    place = models.IntegerField()
    first_on = models.DateField()
    last_on = models.DateField()
    opening_minor = models.BigIntegerField(null=True)
    closing_minor = models.BigIntegerField(null=True)
    entries = models.IntegerField()
    new_entries = models.IntegerField()
    problems = models.JSONField(default=list)
    recorded_at = models.DateTimeField()

    class Meta:
        """The same file again is no other statement."""

        ordering = ["account", "last_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["account", "sha256", "place"], name="bank_statement_once"),
            models.CheckConstraint(condition=Q(first_on__lte=models.F("last_on")), name="bank_statement_days"),
        ]

    def __str__(self) -> str:
        return f"{self.file_name} {self.last_on}"


class BankEntry(ScopedModel):
    """One movement of an account: money in above zero."""

    entity_code_path = "account__entity__code"
    account = models.ForeignKey(BankAccount, models.PROTECT, related_name="entries")
    statement = models.ForeignKey(BankStatement, models.PROTECT, related_name="brought")
    write_no = models.BigIntegerField()
    booked_on = models.DateField(db_index=True)
    amount_minor = models.BigIntegerField()
    counterparty = models.TextField(blank=True)
    counterparty_account = models.TextField(blank=True)
    reference = models.TextField(blank=True)
    bank_reference = models.TextField(blank=True)
    digest = models.CharField(max_length=64)
    occurrence = models.SmallIntegerField()

    class Meta:
        """An entry is there once, whichever statements bring it."""

        constraints = [models.UniqueConstraint(fields=["account", "digest", "occurrence"], name="bank_entry_once")]

    def __str__(self) -> str:
        return f"{self.booked_on} {self.amount_minor}"


class BankMatch(ScopedModel):
    """What was decided about an entry: which documents it pays, or that it is none of the ledger's business.

    ``credits`` are the numbers of the documents that were made for it; empty where it was set aside.
    """

    entity_code_path = "entry__account__entity__code"
    entry = models.ForeignKey(BankEntry, models.PROTECT, related_name="matches")
    occurrence = models.SmallIntegerField()
    write_no = models.BigIntegerField()
    actor = models.TextField()
    is_rule = models.BooleanField(default=False)
    is_aside = models.BooleanField(default=False)
    customer_code = models.TextField(blank=True)
    score = models.FloatField(null=True)
    body = models.JSONField(default=dict)
    credits = models.JSONField(default=list)
    recorded_at = models.DateTimeField()

    class Meta:
        """Two who decide about one entry collide."""

        constraints = [models.UniqueConstraint(fields=["entry", "occurrence"], name="bank_match_once")]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.customer_code}"


class BankMatchEnd(ScopedModel):
    """From this write on a match no longer holds, and the facts it made do not count."""

    entity_code_path = "match__entry__account__entity__code"
    match = models.OneToOneField(BankMatch, models.PROTECT, related_name="end")
    write_no = models.BigIntegerField()
    reason = models.TextField()

    def __str__(self) -> str:
        return f"{self.match_id}"


class BankCase(ScopedModel):
    """What a payment left open: something missing, or something over. Somebody has to settle it."""

    class Kind(models.TextChoices):
        """What is open."""

        SHORT = "short"
        OVER = "over"

    entity_code_path = "match__entry__account__entity__code"
    match = models.ForeignKey(BankMatch, models.PROTECT, related_name="cases")
    write_no = models.BigIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    amount_minor = models.BigIntegerField()
    next_step = models.CharField(max_length=20)
    opened_on = models.DateField()

    class Meta:
        """Amounts are positive."""

        constraints = [models.CheckConstraint(condition=Q(amount_minor__gt=0), name="bank_case_amount")]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_minor}"


class BankCaseEnd(ScopedModel):
    """How a case was settled, by whom and why."""

    entity_code_path = "case__match__entry__account__entity__code"
    case = models.OneToOneField(BankCase, models.PROTECT, related_name="end")
    write_no = models.BigIntegerField()
    closed_on = models.DateField()
    resolution = models.CharField(max_length=20)
    note = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.case_id} {self.resolution}"
