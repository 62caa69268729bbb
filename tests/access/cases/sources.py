"""Intake sources: one of the other entity's is asked for by number."""

from access.registry import FOREIGN, by_id, lists, plain

IMPORT, CHANGE = "ledger.import", "integration.change"
NO_SOURCE = {"source_id": 999_999}


def source_of(world):
    """A source of the other one's, made once."""
    import os

    from seawall.services import sources

    if not sources.listed(world.foreign_actor):
        os.environ["SEAWALL_INTAKE_FOLDERS"] = str(world.folder)
        told = {"folder": str(world.folder / FOREIGN)}
        given = sources.Given(name=f"{FOREIGN} inbox", kind="folder", told=told, entity=FOREIGN)
        sources.add(world.foreign_actor, given)
        del os.environ["SEAWALL_INTAKE_FOLDERS"]
    return {"source_id": sources.listed(world.foreign_actor)[0].source_id}


lists("GET web:sources", {}, {"removed": "1"})
plain("GET web:source_new", "a form; it names the entities one sees", verb=CHANGE)
plain("POST web:source_new", "refuses an entity one does not see", verb=CHANGE, data={"kind": "folder"})
by_id("GET web:source", source_of, NO_SOURCE)
by_id("POST web:source", source_of, NO_SOURCE, verb=CHANGE, data={"act": "pause"})
by_id("GET web:source_change", source_of, NO_SOURCE, verb=CHANGE)
by_id("POST web:source_change", source_of, NO_SOURCE, verb=CHANGE, data={"name": "x"})
lists("GET api:/sources", {}, {"removed": "true"})
plain(
    "POST api:/sources", "refuses an entity one does not see", verb=CHANGE,
    data={"name": "x", "kind": "folder", "settings": {"folder": "."}},
)  # fmt: skip
by_id("GET api:/sources/{source_id}", source_of, NO_SOURCE)
by_id("GET api:/sources/{source_id}/files", source_of, NO_SOURCE)
by_id("PATCH api:/sources/{source_id}", source_of, NO_SOURCE, verb=CHANGE, data={"every_minutes": 5})
by_id("DELETE api:/sources/{source_id}", source_of, NO_SOURCE, verb=CHANGE)
by_id("POST api:/sources/{source_id}/test", source_of, NO_SOURCE, verb=CHANGE, data={})
by_id("POST api:/sources/{source_id}/run", source_of, NO_SOURCE, verb=IMPORT, data={})
by_id("POST api:/sources/{source_id}/pause", source_of, NO_SOURCE, verb=CHANGE, data={})
by_id("POST api:/sources/{source_id}/resume", source_of, NO_SOURCE, verb=CHANGE, data={})
