"""Facts and the audit log only grow: the database itself refuses to change or delete them."""

from django.db import migrations

APPEND_ONLY = (
    "store_auditentry",
    "store_customerversion",
    "store_item",
    "store_allocation",
    "store_instalment",
    "store_dispute",
    "store_controlbalance",
    "store_supersession",
    "store_importfile",
    "store_importreject",
)

FUNCTION = """
CREATE FUNCTION seawall_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% only grows: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("store", "0001_first")]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE seawall_write_no", "DROP SEQUENCE seawall_write_no"),
        migrations.RunSQL(FUNCTION, "DROP FUNCTION seawall_append_only() CASCADE"),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION seawall_append_only()",
                f"DROP TRIGGER append_only ON {table}",
            )
            for table in APPEND_ONLY
        ),
    ]
