"""Insured limits, events under insurance policies, claims, recoveries, and policies as approved; all only grow."""

import django.db.models.deletion
from django.db import migrations, models


APPEND_ONLY = (
    "store_insuredlimit",
    "store_insuranceevent",
    "store_insuranceclaim",
    "store_claimrecovery",
    "store_insurancepolicyversion",
)


class Migration(migrations.Migration):
    dependencies = [
        ("store", "0025_job_within"),
    ]

    operations = [
        migrations.AlterField(
            model_name="supersession",
            name="of",
            field=models.SmallIntegerField(
                choices=[
                    (1, "Item"),
                    (2, "Allocation"),
                    (3, "Instalment"),
                    (4, "Dispute"),
                    (5, "Control"),
                    (6, "Customer"),
                    (7, "Rate"),
                    (8, "Bill"),
                    (9, "Bill Event"),
                    (10, "Insured Limit"),
                    (11, "Insurance Event"),
                    (12, "Claim"),
                    (13, "Recovery"),
                    (20, "Merge"),
                ]
            ),
        ),
        migrations.CreateModel(
            name="ClaimRecovery",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("write_no", models.BigIntegerField()),
                ("file_id", models.BigIntegerField(null=True)),
                ("source_row", models.BigIntegerField(null=True)),
                ("policy", models.TextField()),
                ("date_of_loss", models.DateField()),
                ("cause", models.TextField()),
                ("received_on", models.DateField()),
                ("received_by", models.TextField()),
                ("currency", models.TextField()),
                ("amount_minor", models.BigIntegerField()),
                ("costs_minor", models.BigIntegerField()),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="store.customer",
                    ),
                ),
                (
                    "entity",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="store.entity",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="InsuranceEvent",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("write_no", models.BigIntegerField()),
                ("file_id", models.BigIntegerField(null=True)),
                ("source_row", models.BigIntegerField(null=True)),
                ("policy", models.TextField()),
                ("item_document_id", models.BigIntegerField(db_index=True, null=True)),
                ("event", models.TextField()),
                ("on", models.DateField()),
                ("detail", models.TextField(null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="store.customer",
                    ),
                ),
                (
                    "entity",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="store.entity",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="InsurancePolicyVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("policy", models.TextField()),
                ("entity", models.TextField(blank=True)),
                ("version", models.IntegerField()),
                ("valid_from", models.DateField()),
                ("body", models.TextField()),
                ("digest", models.CharField(max_length=64)),
                ("proposal_no", models.BigIntegerField()),
                ("proposed_by", models.TextField()),
                ("approved_by", models.TextField()),
                ("is_alone", models.BooleanField(default=False)),
                ("reason", models.TextField(blank=True)),
                ("write_no", models.BigIntegerField()),
                ("recorded_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(fields=("policy", "version"), name="insurance_policy_version_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="InsuranceClaim",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("write_no", models.BigIntegerField()),
                ("file_id", models.BigIntegerField(null=True)),
                ("source_row", models.BigIntegerField(null=True)),
                ("policy", models.TextField()),
                ("version", models.SmallIntegerField(default=1)),
                ("date_of_loss", models.DateField()),
                ("cause", models.TextField()),
                ("paid_on", models.DateField(null=True)),
                ("currency", models.TextField()),
                ("indemnity_minor", models.BigIntegerField()),
                ("aggregate_first_loss_used_minor", models.BigIntegerField()),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="store.customer",
                    ),
                ),
                (
                    "entity",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="store.entity",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("customer", "policy", "date_of_loss", "cause", "paid_on", "version"),
                        name="insurance_claim_once",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="InsuredLimit",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("write_no", models.BigIntegerField()),
                ("file_id", models.BigIntegerField(null=True)),
                ("source_row", models.BigIntegerField(null=True)),
                ("policy", models.TextField()),
                ("version", models.SmallIntegerField(default=1)),
                ("layer", models.TextField()),
                ("kind", models.TextField()),
                ("amount_minor", models.BigIntegerField(null=True)),
                ("currency", models.TextField(null=True)),
                ("payment_method", models.TextField(null=True)),
                ("max_term_days", models.IntegerField(null=True)),
                ("insured_rate", models.FloatField(null=True)),
                ("bank", models.TextField(null=True)),
                ("decided_on", models.DateField()),
                ("effective_from", models.DateField(null=True)),
                ("expires_on", models.DateField(null=True)),
                ("notice_days", models.IntegerField(null=True)),
                ("conditions", models.TextField(null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="store.customer",
                    ),
                ),
                (
                    "entity",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="store.entity",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("customer", "policy", "layer", "kind", "decided_on", "version"),
                        name="insured_limit_once",
                    )
                ],
            },
        ),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION seawall_append_only()",
                f"DROP TRIGGER append_only ON {table}",
            )
            for table in APPEND_ONLY
        ),
    ]
