"""The company's own policies; versions only grow."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("store", "0012_people"),
    ]

    operations = [
        migrations.CreateModel(
            name="PolicyVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("policy_id", models.CharField(max_length=80)),
                ("entity", models.TextField(blank=True)),
                ("version", models.SmallIntegerField()),
                ("valid_from", models.DateField()),
                ("body", models.TextField()),
                ("digest", models.CharField(max_length=64)),
                ("proposal_no", models.BigIntegerField()),
                ("proposed_by", models.TextField()),
                ("approved_by", models.TextField()),
                ("is_alone", models.BooleanField()),
                ("reason", models.TextField()),
                ("write_no", models.BigIntegerField()),
                ("recorded_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(fields=("policy_id", "entity", "version"), name="policy_version_once")
                ],
            },
        ),
        migrations.RunSQL(
            "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON store_policyversion "
            "FOR EACH STATEMENT EXECUTE FUNCTION seawall_append_only()",
            "DROP TRIGGER append_only ON store_policyversion",
        ),
    ]
