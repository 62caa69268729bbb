"""What waits for a second person; these tables only grow."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("store", "0009_keys_alone"),
    ]

    operations = [
        migrations.CreateModel(
            name="ProposalDecision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("proposal_no", models.BigIntegerField(unique=True)),
                ("version", models.SmallIntegerField()),
                ("digest", models.CharField(max_length=64)),
                (
                    "outcome",
                    models.CharField(
                        choices=[("approved", "Approved"), ("rejected", "Rejected"), ("withdrawn", "Withdrawn")],
                        max_length=10,
                    ),
                ),
                ("entities", django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
                ("reason", models.TextField(blank=True)),
                ("decider", models.TextField()),
                ("decider_id", models.BigIntegerField(null=True)),
                ("acts_for_id", models.BigIntegerField(null=True)),
                ("is_alone", models.BooleanField()),
                ("result", models.JSONField()),
                ("write_no", models.BigIntegerField()),
                ("recorded_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["write_no"],
            },
        ),
        migrations.CreateModel(
            name="SingleUserChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_on", models.BooleanField()),
                ("from_day", models.DateField()),
                ("actor", models.TextField()),
                ("reason", models.TextField(blank=True)),
                ("write_no", models.BigIntegerField()),
                ("recorded_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("proposal_no", models.BigIntegerField()),
                ("version", models.SmallIntegerField()),
                ("kind", models.CharField(max_length=40)),
                ("subject", models.TextField()),
                ("subject_state", models.CharField(max_length=64)),
                ("body", models.JSONField()),
                ("amount_minor", models.BigIntegerField(null=True)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("entities", django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
                ("reason", models.TextField()),
                ("digest", models.CharField(max_length=64)),
                ("author", models.TextField()),
                ("author_id", models.BigIntegerField(null=True)),
                ("acts_for_id", models.BigIntegerField(null=True)),
                ("write_no", models.BigIntegerField()),
                ("recorded_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["proposal_no", "version"],
                "indexes": [models.Index(fields=["kind", "subject"], name="proposal_subject")],
                "constraints": [
                    models.UniqueConstraint(fields=("proposal_no", "version"), name="proposal_version_once")
                ],
            },
        ),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION seawall_append_only()",
                f"DROP TRIGGER append_only ON {table}",
            )
            for table in ("store_proposal", "store_proposaldecision", "store_singleuserchange")
        ),
    ]
