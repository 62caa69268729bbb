"""Audit entries say from where; the database notes which rows a write touched."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0015_bank")]

    operations = [
        migrations.AddField("auditentry", "origin", models.TextField(default="")),
        migrations.CreateModel(
            name="Touch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("xact", models.BigIntegerField(db_index=True)),
                ("kind", models.TextField()),
                ("key", models.TextField()),
                ("before", models.TextField()),
                ("after", models.TextField()),
            ],
        ),
    ]
