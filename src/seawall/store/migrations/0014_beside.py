"""What people put beside the ledger, and customers that are one; all of it only grows."""

from __future__ import annotations

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("store", "0013_policy_versions"),
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
                    (20, "Merge"),
                ]
            ),
        ),
        migrations.CreateModel(
            name="CustomerMerge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("merged_on", models.DateField()),
                ("reason", models.TextField()),
                ("author", models.TextField()),
                ("write_no", models.BigIntegerField()),
                ("recorded_at", models.DateTimeField()),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="store.customer"
                    ),
                ),
                (
                    "into",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="store.customer"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Document",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("document_id", models.BigIntegerField(null=True)),
                ("entities", django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
                ("author", models.TextField()),
                ("write_no", models.BigIntegerField()),
                ("recorded_at", models.DateTimeField()),
                (
                    "about",
                    models.CharField(
                        choices=[("customer", "Customer"), ("item", "Item"), ("dispute", "Dispute"), ("task", "Task")],
                        max_length=10,
                    ),
                ),
                ("about_no", models.BigIntegerField(null=True)),
                ("name", models.TextField()),
                ("sha256", models.CharField(max_length=64)),
                ("bytes", models.BigIntegerField()),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="store.customer"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Note",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("document_id", models.BigIntegerField(null=True)),
                ("entities", django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
                ("author", models.TextField()),
                ("write_no", models.BigIntegerField()),
                ("recorded_at", models.DateTimeField()),
                ("text", models.TextField()),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="store.customer"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Pause",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("document_id", models.BigIntegerField(null=True)),
                ("entities", django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
                ("author", models.TextField()),
                ("write_no", models.BigIntegerField()),
                ("recorded_at", models.DateTimeField()),
                ("until_on", models.DateField(null=True)),
                ("reason", models.TextField()),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="store.customer"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="TaskVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("document_id", models.BigIntegerField(null=True)),
                ("entities", django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
                ("author", models.TextField()),
                ("write_no", models.BigIntegerField()),
                ("recorded_at", models.DateTimeField()),
                ("task_no", models.BigIntegerField()),
                ("version", models.SmallIntegerField()),
                ("title", models.TextField()),
                ("due_on", models.DateField()),
                ("is_done", models.BooleanField(default=False)),
                (
                    "assignee",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="store.customer"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("task_no", "version"), name="task_version_once")],
            },
        ),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION seawall_append_only()",
                f"DROP TRIGGER append_only ON {table}",
            )
            for table in ("store_note", "store_taskversion", "store_document", "store_pause", "store_customermerge")
        ),
    ]
