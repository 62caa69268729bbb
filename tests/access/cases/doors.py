"""What other programs push."""

from access.registry import FOREIGN, MISSING, by_id

HEAD = {"customer_code": "QZ-C9", "currency": "CNY", "amount": "5.00"}
ROWS = {
    "items": HEAD | {"kind": "invoice", "number": "QZ-9", "issued_on": "2026-03-01"},
    "receipts": HEAD | {"number": "QZ-R9", "received_on": "2026-03-01"},
    "allocations": {
        "customer_code": "QZ-C9", "debit_number": "QZ-9", "credit_number": "QZ-R9", "allocated_on": "2026-03-01",
        "amount": "5.00",
    },
}  # fmt: skip


def one(row):
    return lambda _world, place: row | place


def many(row):
    return lambda _world, place: {"rows": [row | place]}


for table, row in ROWS.items():
    for path, data in ((f"/push/{table}", one(row)), (f"/push/{table}/bulk", many(row))):
        by_id(f"POST api:{path}", {"entity": FOREIGN}, {"entity": MISSING}, data=data, verb="ledger.import")
