"""Scenarios of intake: files sent in, an import taken back, a mapping saved and ended."""

import itertools

from stocked import SYSTEM
from verbs.registry import scenario

from seawall.services import access, import_undo, mappings, uploads
from seawall.services.intake import commit_rows

NUMBERS = itertools.count(1)
MAPPING = "title: {}\nitems: {{customer_code: k, number: n, issued_on: d, amount: a, currency: c, kind: {{constant: invoice}}}}\n"


@scenario(access.IMPORT_UPLOAD)
def files_are_sent_in(_world):
    text = f"customer_code,name\nU{next(NUMBERS)},Sent\n".encode()
    return lambda: uploads.receive(SYSTEM, [("customers.csv", [text])], key=f"upload {text!r}")


@scenario(access.IMPORT_UPLOAD)
def an_upload_is_let_go(_world):
    upload_id = uploads.receive(SYSTEM, [("customers.csv", [f"customer_code\nV{next(NUMBERS)}\n".encode()])])
    return lambda: uploads.discard(SYSTEM, upload_id=upload_id)


@scenario(access.IMPORT_UNDO)
def an_import_is_taken_back(_world):
    """One that brought a customer and corrected another."""
    number = next(NUMBERS)
    for name in ("First", "Second"):
        rows = {"customers": [{"customer_code": "UNDONE", "name": f"{name} {number}"}]}
        done = commit_rows(SYSTEM, rows, verb=access.IMPORT, origin=f"undo{number}{name}", apply_corrections=True)
    return lambda: import_undo.undo(SYSTEM, import_no=done.import_no, reason="wrong file")


@scenario(access.MAPPING_CHANGE)
def a_mapping_is_saved(_world):
    number = next(NUMBERS)
    return lambda: mappings.save(SYSTEM, name="ours", text=MAPPING.format(number), key=f"mapping {number}")


@scenario(access.MAPPING_CHANGE)
def a_mapping_is_ended(_world):
    name = f"ours{next(NUMBERS)}"
    mappings.save(SYSTEM, name=name, text=MAPPING.format("T"))
    return lambda: mappings.end(SYSTEM, name=name)
