"""Contacts are persons, several to a customer, each sealed under a key of its own."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def seal_addresses(apps: Any, schema_editor: Any) -> None:
    """Seal the addresses there are; the store's key was made before (services/founding.py)."""
    from seawall.store import contact_keys, seal
    from seawall.store.home import home

    contacts = apps.get_model("store", "Contact").objects.using(schema_editor.connection.alias)
    if contacts.exists():
        seal.make_key(home())
    for row in contacts.all():
        key, sealed = contact_keys.new_key()
        row.key, row.digest = sealed, contact_keys.digests([row.email])[0]
        row.body = contact_keys.sealed_body(key, row.customer_id, {"email": row.email})
        row.is_from_file = True
        row.save()


class Migration(migrations.Migration):
    dependencies = [("store", "0019_backups")]

    operations = [
        migrations.AlterField(
            "contact", "customer",
            models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="contacts", to="store.customer"),
        ),
        migrations.AddField("contact", "key", models.TextField(blank=True, default=""), preserve_default=False),
        migrations.AddField("contact", "body", models.TextField(blank=True, default=""), preserve_default=False),
        migrations.AddField("contact", "digest", models.TextField(blank=True, default=""), preserve_default=False),
        migrations.AddField("contact", "is_from_file", models.BooleanField(default=False)),
        migrations.AddField("contact", "changed_at", models.DateTimeField(null=True)),
        migrations.AddField("contact", "erased_at", models.DateTimeField(null=True)),
        migrations.RunPython(seal_addresses, migrations.RunPython.noop),
        migrations.RemoveField("contact", "email"),
        migrations.CreateModel(
            name="KeptFile",
            fields=[
                ("sha256", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("kept_sha256", models.CharField(max_length=64)),
            ],
        ),
        migrations.AddConstraint(
            "contact",
            models.UniqueConstraint(
                condition=models.Q(is_from_file=True, erased_at=None), fields=["customer"], name="contact_of_files_once"
            ),
        ),
    ]  # fmt: skip
