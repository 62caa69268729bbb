"""Bills receivable and their events, which only grow; and the mark of retention money."""

from __future__ import annotations

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

TABLES = ("store_bill", "store_billevent")


def fact_fields() -> list[tuple[str, models.Field[Any, Any]]]:
    return [
        ("id", models.BigIntegerField(primary_key=True, serialize=False)),
        ("write_no", models.BigIntegerField()),
        ("file_id", models.BigIntegerField(null=True)),
        ("source_row", models.BigIntegerField(null=True)),
    ]


def entity() -> models.ForeignKey[Any, Any]:
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to="store.entity",
    )


class Migration(migrations.Migration):
    dependencies = [("store", "0010_approvals")]

    operations = [
        migrations.AddField(
            model_name="instalment",
            name="is_retention",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AlterField(
            model_name="supersession",
            name="of",
            field=models.SmallIntegerField(
                choices=[
                    (1, "Item"),
                    (2, "Allocation"),
                    (3, "Instalment"),
                    (4, "Dispute"),
                    (5, "Control"),
                    (6, "Customer"),
                    (7, "Rate"),
                    (8, "Bill"),
                    (9, "Bill Event"),
                ]
            ),
        ),
        migrations.CreateModel(
            name="BillEvent",
            fields=[
                *fact_fields(),
                ("item_document_id", models.BigIntegerField(db_index=True)),
                ("event", models.SmallIntegerField()),
                ("on", models.DateField()),
                ("counterparty", models.TextField(null=True)),
                ("note", models.TextField(null=True)),
                ("entity", entity()),
            ],
            options={"abstract": False},
        ),
        migrations.CreateModel(
            name="Bill",
            fields=[
                *fact_fields(),
                ("item_document_id", models.BigIntegerField()),
                ("version", models.SmallIntegerField(default=1)),
                ("number", models.TextField()),
                ("received_on", models.DateField()),
                ("bill_kind", models.SmallIntegerField()),
                ("drawer", models.TextField(null=True)),
                ("acceptor", models.TextField()),
                ("acceptor_code", models.TextField(null=True)),
                ("drawn_on", models.DateField()),
                ("matures_on", models.DateField()),
                ("entity", entity()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("item_document_id", "version"), name="bill_once")],
            },
        ),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION seawall_append_only()",
                f"DROP TRIGGER append_only ON {table}",
            )
            for table in TABLES
        ),
    ]
