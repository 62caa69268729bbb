"""Scenarios of the record itself."""

from stocked import SYSTEM
from verbs.registry import scenario

from seawall.services import access, anchoring, contacts


@scenario(access.AUDIT_ANCHOR)
def the_head_is_anchored(_world):
    return lambda: anchoring.anchor(SYSTEM)


@scenario(access.CONTACT_CHANGE)
def a_contact_is_added(world):
    return lambda: contacts.add(SYSTEM, world.customer_code, {"name": "Li Na", "email": "li@example.cn"})


@scenario(access.CONTACT_CHANGE)
def a_contact_is_changed(world):
    made = contacts.add(SYSTEM, world.customer_code, {"name": "Li Na"})
    return lambda: contacts.change(SYSTEM, made.contact_id, {"phone": "1"})


@scenario(access.CONTACT_ERASE)
def a_contact_is_erased(world):
    made = contacts.add(SYSTEM, world.customer_code, {"name": "Li Na"})
    return lambda: contacts.erase(SYSTEM, made.contact_id)
