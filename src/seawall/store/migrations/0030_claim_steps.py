"""Steps of claims that no event and no payment says; they only grow."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("store", "0029_reminders"),
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
                    (14, "Claim Step"),
                    (20, "Merge"),
                ]
            ),
        ),
        migrations.CreateModel(
            name="ClaimStep",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("write_no", models.BigIntegerField()),
                ("file_id", models.BigIntegerField(null=True)),
                ("source_row", models.BigIntegerField(null=True)),
                ("policy", models.TextField()),
                ("version", models.SmallIntegerField(default=1)),
                ("date_of_loss", models.DateField()),
                ("cause", models.TextField()),
                ("step", models.TextField()),
                ("document", models.TextField(null=True)),
                ("on", models.DateField()),
                ("decision", models.TextField(null=True)),
                ("currency", models.TextField(null=True)),
                ("amount_minor", models.BigIntegerField(null=True)),
                ("aggregate_first_loss_used_minor", models.BigIntegerField(null=True)),
                ("reference", models.TextField(null=True)),
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
                "constraints": [
                    models.UniqueConstraint(
                        fields=(
                            "customer",
                            "policy",
                            "date_of_loss",
                            "cause",
                            "step",
                            "document",
                            "on",
                            "version",
                        ),
                        name="claim_step_once",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.RunSQL(
            "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON store_claimstep "
            "FOR EACH STATEMENT EXECUTE FUNCTION seawall_append_only()",
            "DROP TRIGGER append_only ON store_claimstep",
        ),
    ]
