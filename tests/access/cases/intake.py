"""Imports, uploads and mappings."""

from access.registry import FOREIGN, by_id, lists, plain

IMPORT, UNDO, UPLOAD, MAPPING = "ledger.import", "import.undo", "import.upload", "mapping.change"
NOWHERE = "00000000-0000-4000-8000-000000000000"


def file_of(world):
    return {"file_id": world.import_of[FOREIGN]}


def number_of(world):
    from seawall.services import imports

    files = imports.imports(world.foreign_actor)
    return {"import_no": next(each.import_no for each in files if each.file_id == world.import_of[FOREIGN])}


def upload_of(world):
    """An upload of the other one's, made once."""
    from seawall.services import uploads

    if not uploads.waiting(world.foreign_actor):
        uploads.receive(world.foreign_actor, [("items.csv", [f"entity\n{FOREIGN}\n".encode()])])
    return {"upload_id": str(uploads.waiting(world.foreign_actor)[0].upload_id)}


NO_FILE, NO_IMPORT, NO_UPLOAD = {"file_id": 999_999}, {"import_no": 999_999}, {"upload_id": NOWHERE}

by_id("GET web:import_original", file_of, NO_FILE)
by_id("POST web:import_undo", file_of, NO_FILE, verb=UNDO, data={"reason": "x"})
plain("GET web:upload_new", "one's own files", verb=UPLOAD)
plain("POST web:upload_new", "one's own files", verb=UPLOAD, data={})
by_id("GET web:upload", upload_of, NO_UPLOAD)
by_id("POST web:upload", upload_of, NO_UPLOAD, verb=IMPORT, data={"mapping": ""})
plain("GET web:mappings", "of the whole organisation")
plain("GET web:mapping_new", "of the whole organisation", verb=MAPPING)
plain("POST web:mapping_new", "of the whole organisation", verb=MAPPING, data={"text": "x"})
lists("GET web:mapping", place={"name": "kingdee"})
plain("POST web:mapping", "asks for the right everywhere", verb=MAPPING, place={"name": "kingdee"})

lists("GET api:/imports")
by_id("GET api:/imports/{import_no}", number_of, NO_IMPORT)
by_id("POST api:/imports/{import_no}/undo", number_of, NO_IMPORT, verb=UNDO, data={"reason": "x"})
by_id("GET api:/imports/files/{file_id}/rejects", file_of, NO_FILE)
by_id("GET api:/imports/files/{file_id}/original", file_of, NO_FILE)
plain("POST api:/imports/uploads", "one's own files", verb=UPLOAD, data={})
by_id("GET api:/imports/uploads/{upload_id}", upload_of, NO_UPLOAD)
by_id("POST api:/imports/uploads/{upload_id}/commit", upload_of, NO_UPLOAD, verb=IMPORT, data={})
by_id("POST api:/imports/uploads/{upload_id}/start", upload_of, NO_UPLOAD, verb=IMPORT, data={})
plain("GET api:/mappings", "of the whole organisation")
lists("GET api:/mappings/{name}", place={"name": "kingdee"})
plain(
    "PUT api:/mappings/{name}", "asks for the right everywhere", verb=MAPPING, place={"name": "x"}, data={"text": "x"}
)
plain("DELETE api:/mappings/{name}", "asks for the right everywhere", verb=MAPPING, place={"name": "x"})
