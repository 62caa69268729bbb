"""Intake sources, and the files they gave."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("store", "0022_mail"),
    ]

    operations = [
        migrations.CreateModel(
            name="IntakeSource",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60)),
                ("kind", models.CharField(max_length=40)),
                (
                    "brings",
                    models.CharField(choices=[("ledger", "Ledger"), ("bank", "Bank")], default="ledger", max_length=10),
                ),
                ("told", models.JSONField(default=dict)),
                ("secret", models.TextField(blank=True)),
                ("mapping", models.CharField(blank=True, max_length=60)),
                ("accept_rejects", models.BooleanField(default=False)),
                ("apply_corrections", models.BooleanField(default=False)),
                ("every_minutes", models.IntegerField(default=0)),
                ("is_paused", models.BooleanField(default=False)),
                ("recorded_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                ("removed_at", models.DateTimeField(null=True)),
                (
                    "entity",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="store.entity"
                    ),
                ),
            ],
            options={
                "ordering": ["name", "id"],
            },
        ),
        migrations.CreateModel(
            name="SourceFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.TextField()),
                ("bytes", models.BigIntegerField()),
                ("mark", models.TextField(blank=True)),
                ("sha256", models.CharField(db_index=True, max_length=64)),
                (
                    "outcome",
                    models.CharField(
                        choices=[("taken", "Taken"), ("same", "Same"), ("refused", "Refused")], max_length=10
                    ),
                ),
                ("import_no", models.BigIntegerField(null=True)),
                ("problem", models.JSONField(null=True)),
                ("recorded_at", models.DateTimeField()),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="files", to="store.intakesource"
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["source", "sha256"], name="source_file_hash")],
            },
        ),
        migrations.RunSQL(
            "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON store_sourcefile "
            "FOR EACH STATEMENT EXECUTE FUNCTION seawall_append_only()",
            "DROP TRIGGER append_only ON store_sourcefile",
        ),
    ]
