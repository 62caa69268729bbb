"""A first load builds the keys of the large tables once, after the rows: that costs half of keeping them row by row.

Only the owner of a table may change it, so these two functions run with the owner's rights; they do
nothing to tables that hold a row. All of it happens in the load's own transaction.
"""

from django.db import migrations

OFF = """
CREATE FUNCTION seawall_keys_off() RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    LOCK TABLE store_item, store_allocation IN ACCESS EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM store_item) OR EXISTS (SELECT FROM store_allocation) THEN
        RETURN false;
    END IF;
    ALTER TABLE store_item DROP CONSTRAINT store_item_pkey;
    ALTER TABLE store_allocation DROP CONSTRAINT store_allocation_pkey;
    RETURN true;
END $$
"""
ON = """
CREATE FUNCTION seawall_keys_on() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET maintenance_work_mem = '256MB' AS $$
BEGIN
    ALTER TABLE store_item
        ADD CONSTRAINT store_item_pkey PRIMARY KEY (number, version, entity_id, is_debit);
    ALTER TABLE store_allocation
        ADD CONSTRAINT store_allocation_pkey PRIMARY KEY (debit_id, credit_id, allocated_on, occurrence);
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("store", "0005_counter")]

    operations = [
        migrations.RunSQL(OFF, "DROP FUNCTION seawall_keys_off()"),
        migrations.RunSQL(ON, "DROP FUNCTION seawall_keys_on()"),
        migrations.RunSQL(
            "REVOKE ALL ON FUNCTION seawall_keys_off(), seawall_keys_on() FROM PUBLIC", migrations.RunSQL.noop
        ),
    ]
