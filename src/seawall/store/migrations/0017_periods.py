"""Signed periods and what was taken back; they only grow."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("store", "0016_touch"),
    ]

    operations = [
        migrations.CreateModel(
            name="PeriodSignature",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("on", models.DateField()),
                ("known", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("entities", django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
                ("scheme", models.JSONField()),
                ("frame", models.JSONField()),
                ("engine", models.TextField()),
                ("policies_digest", models.CharField(max_length=64)),
                ("figures_digest", models.CharField(max_length=64)),
                ("files", models.JSONField()),
                ("signer", models.TextField()),
                ("reason", models.TextField(blank=True)),
                ("write_no", models.BigIntegerField()),
                ("recorded_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="PeriodWithdrawal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("signature_id", models.BigIntegerField(unique=True)),
                ("entities", django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
                ("reason", models.TextField()),
                ("actor", models.TextField()),
                ("write_no", models.BigIntegerField()),
                ("recorded_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION seawall_append_only()",
                f"DROP TRIGGER append_only ON {table}",
            )
            for table in ("store_periodsignature", "store_periodwithdrawal")
        ),
    ]
