"""The ways in to the audit record: it is of the whole organisation, and asks for the right everywhere."""

from access.registry import FOREIGN, MISSING, by_id, lists, plain
from stocked import SYSTEM

from seawall.services import contacts

WHY = "asks for the right everywhere"
plain("GET web:audit", WHY, verb="audit.read")
plain("GET web:audit_entry", WHY, place={"batch_no": 1}, verb="audit.read")
plain("GET web:audit_chain", WHY, verb="audit.read")
plain("POST web:audit_chain", WHY, verb="audit.anchor")
plain("GET api:/audit", WHY, verb="audit.read")
plain("GET api:/audit/{batch_no}", WHY, place={"batch_no": 1}, verb="audit.read")
plain("GET api:/audit/verify", WHY, verb="audit.read")
plain("POST api:/audit/anchor", WHY, verb="audit.anchor")


def contact_of(entity):
    """A contact of a customer that only this entity sees."""

    def made(_world):
        return {"contact_id": contacts.add(SYSTEM, f"{entity}-C1", {"name": f"{entity} Li"}).contact_id}

    return made


def gone(_world):
    return {"contact_id": 999_999}


SAID = {"name": "Li"}
lists("GET api:/contacts", {"customer_code": f"{FOREIGN}-C1"}, {"customer_code": "SHARED"}, verb="contact.read")
lists("GET web:contacts", {}, {"q": f"{FOREIGN}-C1"}, {"q": "SHARED"}, verb="contact.read")
by_id("GET web:contact", contact_of(FOREIGN), gone, verb="contact.change")
by_id("POST web:contact", contact_of(FOREIGN), gone, data=SAID, verb="contact.change")
by_id("GET web:contact_erase", contact_of(FOREIGN), gone, verb="contact.erase")
by_id("POST web:contact_erase", contact_of(FOREIGN), gone, verb="contact.erase")
by_id(
    "POST api:/contacts", {"customer_code": f"{FOREIGN}-C1"}, {"customer_code": f"{MISSING}-C1"},
    data=lambda _world, place: SAID | place, verb="contact.change",
)  # fmt: skip
by_id("PATCH api:/contacts/{contact_id}", contact_of(FOREIGN), gone, data=SAID, verb="contact.change")
by_id("DELETE api:/contacts/{contact_id}", contact_of(FOREIGN), gone, verb="contact.erase")
