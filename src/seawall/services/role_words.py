"""Roles, and what they may do, in words; the doors translate them."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_noop as noop

from seawall.services import access
from seawall.services.access import ROLES, banded

ROLE_WORDS = {
    "viewer": (noop("Viewer"), noop("reads figures, changes nothing")),
    "collector": (noop("Collector"), noop("calls customers, notes promises and disputes, proposes write-offs")),
    "credit_analyst": (noop("Credit analyst"), noop("keeps customers and groups, proposes policies, starts runs")),
    "credit_manager": (noop("Credit manager"), noop("approves policies and small write-offs, merges customers")),
    "insurance_manager": (noop("Insurance manager"), noop("keeps what concerns insurers, proposes policies")),
    "finance": (noop("Finance"), noop("imports, matches receipts, approves write-offs, signs periods")),
    "administrator": (noop("Administrator"), noop("people, organisation and integrations; approves nothing")),
    "auditor": (noop("Auditor"), noop("reads everything and the audit record, changes nothing")),
}
VERB_WORDS = {
    access.READ: noop("Read figures and pages"),
    access.SELF: noop("Keep one's own account"),
    access.VIEW_SAVE: noop("Save views"),
    access.NOTE_WRITE: noop("Write notes"),
    access.TASK_WRITE: noop("Write tasks"),
    access.DOCUMENT_ADD: noop("Add documents"),
    access.CONTACT_READ: noop("Read contacts"),
    access.CONTACT_CHANGE: noop("Change contacts"),
    access.CONTACT_ERASE: noop("Erase personal data"),
    access.CUSTOMER_CHANGE: noop("Change customers and groups"),
    access.CUSTOMER_MERGE: noop("Merge and split customers"),
    access.DISPUTE_CHANGE: noop("Open and close disputes"),
    access.ALLOCATION_CHANGE: noop("Allocate receipts by hand"),
    access.IMPORT: noop("Import ledgers"),
    access.IMPORT_UPLOAD: noop("Upload files to import"),
    access.IMPORT_UNDO: noop("Undo imports"),
    access.MAPPING_CHANGE: noop("Change mappings"),
    access.BANK_IMPORT: noop("Read bank statements"),
    access.MATCH_CONFIRM: noop("Confirm matches"),
    access.BILL_CHANGE: noop("Keep bills and retention money"),
    access.LIMIT_RECORD: noop("Record insured limits"),
    access.INSURANCE_EVENT_RECORD: noop("Record events under insurance policies"),
    access.CLAIM_RECORD: noop("Record claims and recoveries"),
    access.WRITE_OFF_PROPOSE: noop("Propose write-offs"),
    banded(access.WRITE_OFF_APPROVE, access.SMALL): noop("Approve small write-offs"),
    banded(access.WRITE_OFF_APPROVE, access.LARGE): noop("Approve large write-offs"),
    access.RECOVERY_RECORD: noop("Record recoveries"),
    access.POLICY_PROPOSE: noop("Propose policies"),
    access.POLICY_APPROVE: noop("Approve policies"),
    access.RUN: noop("Start runs"),
    access.PERIOD_SIGN: noop("Sign periods"),
    access.AUDIT: noop("Read the audit record"),
    access.AUDIT_ANCHOR: noop("Anchor the audit record outside"),
    access.PEOPLE: noop("Change people and roles"),
    access.ORGANISATION: noop("Change the organisation"),
    access.INSURER_SEND: noop("Tell and ask insurers"),
    access.INSURER_RECEIVE: noop("Deal with what insurers say"),
    access.INTEGRATION_CHANGE: noop("Change integrations"),
    access.JOB_CHANGE: noop("Retry and stop jobs"),
}


@dataclass(frozen=True, slots=True)
class Right:
    """One row of the table of roles: a verb (in a band of amounts) and who has it."""

    verb: str
    words: str
    roles: frozenset[str]


def table() -> tuple[Right, ...]:
    """The whole table, in its order; a verb without words of its own is shown as it is called."""
    return tuple(
        Right(verb, VERB_WORDS.get(verb, verb), frozenset(role for role, may in ROLES.items() if verb in may))
        for verb in access.VERBS
    )
