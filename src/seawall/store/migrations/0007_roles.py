"""The roles get their names: who read only is a viewer, who imported is finance."""

from typing import Any

from django.db import migrations

NAMES = {"reader": "viewer", "accountant": "finance"}


def rename(apps: Any, schema_editor: Any) -> None:
    for old, new in NAMES.items():
        apps.get_model("store", "Membership").objects.using(schema_editor.connection.alias).filter(role=old).update(
            role=new
        )


class Migration(migrations.Migration):
    dependencies = [("store", "0006_first_load")]

    operations = [migrations.RunPython(rename, migrations.RunPython.noop)]
