"""Whom the asker of a job acted for, and within what: a job does no more than who asked for it may."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("store", "0024_saved_views"),
    ]

    operations = [
        migrations.AddField(
            model_name="job",
            name="acts_for",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(model_name="job", name="within", field=models.JSONField(null=True)),
    ]
