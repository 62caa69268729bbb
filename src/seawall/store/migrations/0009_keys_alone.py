"""A first load builds its keys with one process: helpers of it finish sooner and cost more than they save."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("store", "0008_jobs")]

    operations = [
        migrations.RunSQL(
            "ALTER FUNCTION seawall_keys_on() SET max_parallel_maintenance_workers = 0",
            "ALTER FUNCTION seawall_keys_on() RESET max_parallel_maintenance_workers",
        )
    ]
