"""The ledger's facts. They are appended, never changed: a correction is a new version and a supersession.

Every fact carries ``write_no`` (the write that brought it; the audit entry ties it to a batch number) and
its source, ``file_id`` and ``source_row``. Facts name each other by plain numbers without foreign keys: a
check of each of a million rows would cost several times the copy itself. The numbers are assigned and
checked as columns before they are copied in, and ``seawall check`` looks for orphans.
"""

from __future__ import annotations

from typing import Final

from django.db import connection, models
from django.db.models import Q

from seawall.engine.kernel.lazy import cached_property
from seawall.store.scope import ScopedModel

KIND_NUMBERS: Final = {
    "invoice": 1,
    "debit_note": 2,
    "refund": 3,
    "receipt": 11,
    "credit_note": 12,
    "write_off": 13,
    "settled_unknown": 14,
}
"""How a kind of item is stored; from 11 on they are credits."""

FIRST_CREDIT_KIND: Final = 11
MERGED: Final = (
    "SELECT m.customer_id FROM store_customermerge m WHERE m.into_id = %s "
    "AND NOT EXISTS (SELECT FROM store_supersession s WHERE s.of = %s AND s.fact_id = m.id) ORDER BY m.id"
)
"""Codes that were merged into one and not split off again."""


class Counter(models.Model):
    """The last number given to a fact of a table; raised under the ledger's lock, and taken back by a rollback."""

    table = models.TextField(primary_key=True)
    last = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.table} {self.last}"


class Fact(models.Model):
    """What every fact carries."""

    id = models.BigIntegerField(primary_key=True)
    write_no = models.BigIntegerField()
    file_id = models.BigIntegerField(null=True)
    source_row = models.BigIntegerField(null=True)

    class Meta:
        """Abstract: each kind of fact is a table."""

        abstract = True


class Customer(models.Model):
    """The identity of a customer; what is said about it are its versions."""

    id = models.IntegerField(primary_key=True)
    code = models.TextField(unique=True)

    def __str__(self) -> str:
        return self.code

    @cached_property
    def family(self) -> list[int]:
        """The numbers of all codes that are this customer: its own, then those merged into it when first asked."""
        with connection.cursor() as cursor:
            cursor.execute(MERGED, [self.pk, Supersession.Of.MERGE])
            return [self.pk, *(number for (number,) in cursor.fetchall())]


class CustomerVersion(Fact):
    """What we know about a customer."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="versions")
    version = models.SmallIntegerField(default=1)
    name = models.TextField()
    country = models.TextField(null=True)  # noqa: DJ001 - not said is not empty
    sector = models.TextField(null=True)  # noqa: DJ001
    registration_id = models.TextField(null=True)  # noqa: DJ001
    parent_code = models.TextField(null=True)  # noqa: DJ001
    currency = models.TextField(null=True)  # noqa: DJ001
    language = models.TextField(null=True)  # noqa: DJ001

    class Meta:
        """Two writers of one version collide."""

        constraints = [models.UniqueConstraint(fields=["customer", "version"], name="customer_version_once")]

    def __str__(self) -> str:
        return self.name


class Contact(models.Model):
    """A person at a customer: the one place of personal data, sealed under a key of its own that erasing destroys."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="contacts")
    key = models.TextField(blank=True)
    """The person's key, sealed under the store's; empty once erased."""

    body = models.TextField(blank=True)
    """Name, e-mail, phone, role and language, sealed under the person's key."""

    digest = models.TextField(blank=True)
    """A keyed digest of the address: by it a file that names an erased person again is known."""

    is_from_file = models.BooleanField(default=False)
    changed_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        """A customer's file names one address."""

        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=models.Q(is_from_file=True, erased_at=None), name="contact_of_files_once"
            )
        ]

    def __str__(self) -> str:
        return f"contact {self.pk}"


class Account(ScopedModel):
    """What one entity is owed by one customer in one currency."""

    id = models.IntegerField(primary_key=True)
    entity = models.ForeignKey("store.Entity", models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="accounts")
    currency = models.CharField(max_length=3)

    class Meta:
        """One account for each triple."""

        constraints = [
            models.UniqueConstraint(fields=["customer", "entity", "currency"], name="account_once"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.currency}"


class Item(Fact, ScopedModel):
    """An invoice, receipt or another document. ``document_id`` is the id of its first version.

    The key of a document is (entity, side, number); a corrected one is the next version of it, and two
    writers of one version collide. ``id`` has no index of its own: a second one would cost an import more
    than it gives; numbers are drawn under the ledger's lock and ``seawall check`` compares them.
    """

    pk = models.CompositePrimaryKey("number", "version", "entity", "is_debit")
    id = models.BigIntegerField()
    document_id = models.BigIntegerField()
    version = models.SmallIntegerField(default=1)
    entity = models.ForeignKey("store.Entity", models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    kind = models.SmallIntegerField()
    is_debit = models.BooleanField()
    number = models.TextField(db_collation="C")
    issued_on = models.DateField()
    due_on = models.DateField()
    amount_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField(default=0)
    disputed_minor = models.BigIntegerField(default=0)
    terms = models.TextField(null=True)  # noqa: DJ001
    order_number = models.TextField(null=True)  # noqa: DJ001
    description = models.TextField(null=True)  # noqa: DJ001
    payment_method = models.TextField(null=True)  # noqa: DJ001
    contract_number = models.TextField(null=True)  # noqa: DJ001
    shipped_on = models.DateField(null=True)
    delivered_on = models.DateField(null=True)

    class Meta:
        """Amounts are positive and within what a float keeps exact."""

        constraints = [
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0, amount_minor__lte=2**53, tax_minor__gte=0, disputed_minor__gte=0),
                name="item_amounts",
            ),
            models.CheckConstraint(
                condition=Q(is_debit=True, kind__lt=FIRST_CREDIT_KIND) | Q(is_debit=False, kind__gte=FIRST_CREDIT_KIND),
                name="item_side",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Allocation(Fact, ScopedModel):
    """What a credit document settles of a debit document; ``occurrence`` tells equal ones of a day apart."""

    pk = models.CompositePrimaryKey("debit_id", "credit_id", "allocated_on", "occurrence")
    id = models.BigIntegerField()
    entity = models.ForeignKey("store.Entity", models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    debit_id = models.BigIntegerField()
    credit_id = models.BigIntegerField()
    allocated_on = models.DateField()
    occurrence = models.SmallIntegerField(default=1)
    amount_minor = models.BigIntegerField()
    credit_minor = models.BigIntegerField()

    class Meta:
        """Amounts are positive."""

        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0, credit_minor__gt=0), name="allocation_amounts"),
        ]

    def __str__(self) -> str:
        return f"{self.credit_id} on {self.debit_id}"


class Instalment(Fact, ScopedModel):
    """A part of a debit document with its own due day."""

    entity = models.ForeignKey("store.Entity", models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    item_document_id = models.BigIntegerField(db_index=True)
    due_on = models.DateField()
    amount_minor = models.BigIntegerField()
    is_retention = models.BooleanField(db_default=False, default=False)

    class Meta:
        """Amounts are positive."""

        constraints = [models.CheckConstraint(condition=Q(amount_minor__gt=0), name="instalment_amount")]

    def __str__(self) -> str:
        return f"{self.due_on}"


class Dispute(Fact, ScopedModel):
    """A part of a debit document the customer disputes, from a day, perhaps to a day."""

    entity = models.ForeignKey("store.Entity", models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    item_document_id = models.BigIntegerField(db_index=True)
    opened_on = models.DateField()
    closed_on = models.DateField(null=True)
    amount_minor = models.BigIntegerField()
    reason = models.TextField(null=True)  # noqa: DJ001

    class Meta:
        """Amounts are positive."""

        constraints = [models.CheckConstraint(condition=Q(amount_minor__gt=0), name="dispute_amount")]

    def __str__(self) -> str:
        return f"{self.opened_on}"


class ControlBalance(Fact, ScopedModel):
    """What the general ledger's control account says on a day."""

    entity = models.ForeignKey("store.Entity", models.PROTECT, related_name="+")
    account = models.TextField()
    currency = models.CharField(max_length=3)
    on = models.DateField()
    amount_minor = models.BigIntegerField()
    version = models.SmallIntegerField(default=1)

    class Meta:
        """Two writers of one version collide."""

        constraints = [
            models.UniqueConstraint(
                fields=["entity", "account", "currency", "on", "version"], name="control_balance_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.on}"


class Rate(Fact):
    """A rate of the company's own table: units of one currency for one unit of another, on a day."""

    from_currency = models.CharField(max_length=3)
    to_currency = models.CharField(max_length=3)
    on = models.DateField()
    rate = models.FloatField()
    version = models.SmallIntegerField(default=1)

    class Meta:
        """Rates are positive; two writers of one version collide."""

        constraints = [
            models.UniqueConstraint(fields=["from_currency", "to_currency", "on", "version"], name="rate_once"),
            models.CheckConstraint(condition=Q(rate__gt=0), name="rate_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.from_currency}/{self.to_currency} {self.on}"


class Supersession(models.Model):
    """From this write on, a fact no longer counts. A fact is superseded once."""

    class Of(models.IntegerChoices):
        """Which table the fact is in."""

        ITEM = 1
        ALLOCATION = 2
        INSTALMENT = 3
        DISPUTE = 4
        CONTROL = 5
        CUSTOMER = 6
        RATE = 7
        BILL = 8
        BILL_EVENT = 9
        INSURED_LIMIT = 10
        INSURANCE_EVENT = 11
        CLAIM = 12
        RECOVERY = 13
        CLAIM_STEP = 14
        MERGE = 20

    of = models.SmallIntegerField(choices=Of)
    fact_id = models.BigIntegerField()
    write_no = models.BigIntegerField()
    reason = models.CharField(max_length=20)

    class Meta:
        """Two writers who supersede one fact collide."""

        constraints = [models.UniqueConstraint(fields=["of", "fact_id"], name="superseded_once")]

    def __str__(self) -> str:
        return f"{self.get_of_display()} {self.fact_id}"
