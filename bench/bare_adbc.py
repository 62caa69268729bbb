"""A bare ADBC read of the columns a snapshot holds: python bare_adbc.py URI."""

import sys

import adbc_driver_postgresql.dbapi as adbc

QUERIES = (
    (
        "SELECT document_id, account_id, kind, issued_on, due_on, amount_minor, tax_minor, disputed_minor, number, "
        "terms, order_number, description, payment_method, contract_number, "
        "shipped_on, delivered_on, file_id, source_row "
        "FROM store_item"
    ),
    "SELECT debit_id, credit_id, allocated_on, amount_minor, credit_minor FROM store_allocation",
    "SELECT * FROM store_customerversion",
)

with adbc.connect(sys.argv[1]) as session, session.cursor() as cursor:
    for query in QUERIES:
        cursor.execute(query)
        print(cursor.fetch_arrow_table().num_rows)
