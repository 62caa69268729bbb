"""What justified self-set limits, kept day by day; since when an insurer does not say what became of a message."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("store", "0027_insurers"),
    ]

    operations = [
        migrations.AddField(
            model_name="insurersending",
            name="silent_since",
            field=models.DateTimeField(null=True),
        ),
        migrations.CreateModel(
            name="LimitEvidence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("document_id", models.BigIntegerField(null=True)),
                ("entities", django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
                ("author", models.TextField()),
                ("write_no", models.BigIntegerField()),
                ("recorded_at", models.DateTimeField()),
                ("policy", models.TextField()),
                ("delivered_on", models.DateField()),
                ("basis", models.TextField()),
                ("until_on", models.DateField(null=True)),
                ("lost", models.TextField(blank=True)),
                ("limit_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("digest", models.CharField(max_length=64)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="store.customer"
                    ),
                ),
                (
                    "kept_as",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="store.document"
                    ),
                ),
            ],
        ),
        migrations.RunSQL(
            "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON store_limitevidence "
            "FOR EACH STATEMENT EXECUTE FUNCTION seawall_append_only()",
            "DROP TRIGGER append_only ON store_limitevidence",
        ),
    ]
