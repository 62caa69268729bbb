"""Organisation: who we are, which policies hold, whether the record still holds."""

from __future__ import annotations

from typing import Any

import seawall
from seawall.policies.load import shipped
from seawall.services import access, audit
from seawall.services import imports as imported
from seawall.services.access import ALL
from seawall.services.documents import UNVERIFIED
from seawall.web import numbers
from seawall.web.reader import Reader, page


@page("settings/organisation.html", "settings")
def organisation(reader: Reader) -> dict[str, Any]:
    """Organisation, entities, people, policies in force, the state of the audit log."""
    everywhere = reader.actor.entities is ALL
    return {
        "about": reader.about,
        "version": seawall.__version__,
        "may_audit": everywhere and reader.actor.may(access.AUDIT),
        "policies": _policies(reader),
    }


@page("settings/audit.html", "settings")
def verify(reader: Reader) -> dict[str, Any]:
    """Recompute the whole chain now."""
    return {"state": audit.verify(reader.actor), "entries": audit.entries(reader.actor, limit=50)}


@page("ledger/imports.html", "imports")
def imports(reader: Reader) -> dict[str, Any]:
    """What was imported."""
    return {"files": imported.imports(reader.actor)}


@page("ledger/import.html", "imports")
def one_import(reader: Reader, file_id: int) -> dict[str, Any]:
    """One file: its hash, its control totals, the rows that were not taken."""
    file, rejects = imported.rejects(reader.actor, file_id=file_id)
    control = [(currency, amounts) for currency, amounts in sorted(file.control.items()) if isinstance(amounts, dict)]
    return {"file": file, "rejects": rejects, "control": control}


def _cleared(source: str) -> str:
    """A source without its mark; the page says in words that nobody has checked it yet."""
    return " ".join(source.replace(UNVERIFIED, "").split())


def _policies(reader: Reader) -> list[dict[str, Any]]:
    """Every policy, and since when its value on the question's day is in force."""
    chinese, on = numbers.babel_locale().startswith("zh"), reader.question.on
    rows = []
    for policy_id, policy in sorted(shipped().by_id.items()):
        values = [value for value in policy.values if value.from_day <= on]
        rows.append(
            {
                "id": policy_id,
                "title": policy.title_zh if chinese else policy.title,
                "since": values[-1].from_day if values else None,
                "source": _cleared(values[-1].source) if values else "",
                "is_unverified": bool(values) and UNVERIFIED in values[-1].source,
            }
        )
    return rows
