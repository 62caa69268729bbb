"""Scenarios of the record itself."""

from stocked import SYSTEM
from verbs.registry import scenario

from seawall.services import access, anchoring


@scenario(access.AUDIT_ANCHOR)
def the_head_is_anchored(_world):
    return lambda: anchoring.anchor(SYSTEM)
