"""Uploads, imports that were taken back, and saved mappings."""

import django.contrib.postgres.fields
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("store", "0017_periods"),
    ]

    operations = [
        migrations.CreateModel(
            name="ImportUndo",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("import_no", models.BigIntegerField(unique=True)),
                ("write_no", models.BigIntegerField()),
                ("actor", models.TextField()),
                ("reason", models.TextField()),
                ("entities", django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
                ("recorded_at", models.DateTimeField()),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="SavedMapping",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60)),
                ("version", models.IntegerField()),
                ("title", models.TextField()),
                ("body", models.TextField()),
                ("digest", models.CharField(max_length=64)),
                ("is_ended", models.BooleanField(default=False)),
                ("write_no", models.BigIntegerField()),
                ("actor", models.TextField()),
                ("recorded_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["name", "version"],
                "constraints": [models.UniqueConstraint(fields=("name", "version"), name="saved_mapping_once")],
            },
        ),
        migrations.CreateModel(
            name="Upload",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("files", models.JSONField()),
                ("options", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("queued", "Queued"),
                            ("working", "Working"),
                            ("done", "Done"),
                            ("refused", "Refused"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("result", models.JSONField(default=dict)),
                ("import_no", models.BigIntegerField(null=True)),
                ("recorded_at", models.DateTimeField()),
                (
                    "owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-recorded_at"],
            },
        ),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION seawall_append_only()",
                f"DROP TRIGGER append_only ON {table}",
            )
            for table in ("store_importundo", "store_savedmapping")
        ),
    ]
