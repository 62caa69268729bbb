"""Claims under way as a list: where each stands, what is next and by when; the addresses of their pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from seawall.engine.kernel.money import minor_of
from seawall.engine.protection.claim_facts import Key
from seawall.exchange import report_insured
from seawall.exchange.report_claims import STATES, STEPS
from seawall.services import claim_cases
from seawall.services.insurance import Document
from seawall.web import errors, numbers
from seawall.web.protection.limit_acts import names_of
from seawall.web.reader import Reader

TONES: Final = {"paid": "is-good", "subrogated": "is-good", "refused": "is-danger", "withdrawn": ""}


def address(reader: Reader, key: Key, since: dt.date | None = None) -> str:
    """The page of a claim; ``since``: a day from which on it is asked for, such as that of its last step."""
    asked = reader.question.params() | named(key)
    if since is not None:
        asked |= {"as_of": max(reader.question.on, since).isoformat()}
    return f"{reverse('claim_case')}?{urlencode(asked)}"


def open_address(reader: Reader, **filled: str) -> str:
    """The form that begins a claim, filled in."""
    return f"{reverse('claim_open')}?{urlencode(reader.question.params() | filled)}"


def why_address(reader: Reader, **asked: str) -> str:
    """Why a claim comes to what it does; ``of`` is ``case`` for one on file."""
    return f"{reverse('why_claim')}?{urlencode(reader.question.params() | asked)}"


def rows(reader: Reader) -> list[dict[str, Any]]:
    """Every claim under way, for the list."""
    names = names_of(reader)
    return [_line(reader, row, names) for row in claim_cases.listed(reader.detailed)["cases"]]


def _line(reader: Reader, row: Document, names: Mapping[str, str]) -> dict[str, Any]:
    key = Key(row["customer_code"], row["policy"], dt.date.fromisoformat(row["date_of_loss"]), row["cause"])
    gap = row["gap"]
    last = row["next_by"] and dt.date.fromisoformat(row["next_by"])
    return {
        **{name: row[name] for name in ("customer_code", "policy", "currency", "days_left", "is_late")},
        "name": names.get(key.customer_code, ""), "date_of_loss": key.date_of_loss, "next_by": last or None,
        "cause": _(report_insured.CAUSES[key.cause]), "address": address(reader, key),
        "state": _(STATES[row["state"]]) if row["state"] else "", "tone": TONES.get(row["state"] or "", "is-amber"),
        "next": _(STEPS[row["next_step"]]) if row["next_step"] else "",
        "gap": errors.say(gap["sentence"], gap["params"]) if gap else "",
        **{name: money_text(row[name], row["currency"]) for name in ("expected", "decided", "paid", "retained")},
    }  # fmt: skip


def list_address(reader: Reader) -> str:
    """The page of all claims."""
    return reverse("claims") + reader.question.carried()


def named(key: Key) -> dict[str, str]:
    """A claim as its address names it."""
    lost_on = key.date_of_loss.isoformat()
    return {"customer": key.customer_code, "policy": key.policy, "lost_on": lost_on, "cause": key.cause}


def money_text(amount: str | None, currency: str) -> str:
    """An amount of a document as the page shows it; empty where there is none."""
    return "" if amount is None or not currency else numbers.Unit(currency, 1).text(minor_of(amount, currency))
