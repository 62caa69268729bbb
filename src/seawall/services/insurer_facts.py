"""What insurers said, as facts beside the ledger: decisions become insured limits, acknowledged notices become events.

It goes in by the way of every fact, with its checks, and each thing once: what was posted says by which import. What
the ledger's own checks do not take is set apart and shown, and stops nothing else.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, Final

from seawall.engine.kernel.errors import FileRejected, SeawallError
from seawall.engine.ledger.insured_facts import ENDING
from seawall.exchange import sources as files_of
from seawall.services import insurer_events, intake, uploads
from seawall.services.command import Result, Write
from seawall.services.insured import VERBS
from seawall.services.insurer_events import written
from seawall.services.insurer_opening import actor_of
from seawall.services.intake_plan import Options
from seawall.services.uploads import Asked
from seawall.store.models import InsurerConnection, InsurerEvent, InsurerMessage

State = InsurerEvent.State
Rows = dict[str, dict[tuple[str, ...], dict[str, str]]]
AT_ONCE: Final = 500
_LIMIT: tuple[str, ...] = (
    "kind", "amount", "currency", "payment_method", "max_term_days", "insured_rate", "bank", "decided_on",
    "effective_from", "expires_on", "notice_days", "conditions",
)  # fmt: skip
_NOTICED: Final = {"overdue": "overdue_notified", "extension": "extension_agreed", "reschedule": "rescheduled"}


def post(row: InsurerConnection) -> int:
    """Post what was taken and is no fact yet, to the last; returns how many facts came of it.

    Raises:
        SeawallError: the ledger cannot be written now; the rest was not posted, and the next round tries again.
    """
    waits = InsurerEvent.objects.every_entity().filter(connection=row, state=State.TAKEN, posted_no=None)
    posted = 0
    while found := list(waits.order_by("sequence", "id")[:AT_ONCE]):
        decisions = [event for event in found if event.kind == "decision"]
        others = [event for event in found if event.kind != "decision"]
        posted += sum(_together(row, each) for each in (decisions, others) if each)
    return posted


def _together(row: InsurerConnection, found: list[InsurerEvent]) -> int:
    """All at once, or one by one where the ledger does not take one of them."""
    try:
        return _posted(row, found)
    except FileRejected:
        return sum(_alone(row, each) for each in found)


def _alone(row: InsurerConnection, event: InsurerEvent) -> int:
    """One thing by itself, set apart where the ledger does not take it."""
    try:
        return _posted(row, [event])
    except FileRejected as error:
        _set_apart(row, event, error)
        return 0


def _posted(row: InsurerConnection, found: list[InsurerEvent]) -> int:
    """Post things that go into one table."""
    table = "insured_limits" if found[0].kind == "decision" else "insurance_events"
    rows = _tables(row, found)[table]
    numbers = [event.pk for event in found]
    if not rows:
        _mark(row, numbers)
        return 0
    source = files_of.of_rows(table, list(rows.values()), origin=f"insurer-{row.pk}")
    read, _ = uploads.read_as([source], Asked(mapping="canonical"))

    def then(write: Write, _result: Result) -> None:
        mine = InsurerEvent.objects.every_entity().filter(pk__in=numbers)
        mine.update(posted_no=write.write_no, changed_at=write.at)

    options = Options(apply_corrections=True, describes_customers=False)
    done = intake.commit_read(actor_of(row), read, options, verb=VERBS[table], note={"insurer": row.pk}, then=then)
    if done.batch_no is None:
        _mark(row, numbers)
    return len(rows)


def _tables(row: InsurerConnection, found: list[InsurerEvent]) -> Rows:
    """Rows of the canonical tables; of two decisions of one kind, layer and day the later number stands."""
    entity = row.entity.code if row.entity else ""
    made: Rows = {"insured_limits": {}, "insurance_events": {}}
    newest = _newest(row, found)
    for event in found:
        body: dict[str, Any] = event.body or {}
        if event.kind == "decision":
            layer, is_nothing = body.get("layer", "1"), not Decimal(body["amount"])
            if newest.get(_same(event), event.sequence) > event.sequence:
                continue  # overtaken on its way: it would correct what was decided later
            if is_nothing and body["kind"] in ("requested", "referred"):
                continue  # nothing stands, and it is not said what was asked for: the message says that
            limit: dict[str, str] = {str(name): str(body[name]) for name in _LIMIT if name in body}
            limit |= {"entity": entity, "customer_code": event.customer_code, "policy": row.policy, "layer": layer}
            if is_nothing and body["kind"] in ENDING:
                del limit["amount"], limit["currency"]
            made["insured_limits"][_same(event)] = limit
        elif event.kind == "reply" and body.get("answer") == "acknowledged":
            for key, said in _events_of(row, event, entity):
                made["insurance_events"][key] = said
    return made


def _newest(row: InsurerConnection, found: list[InsurerEvent]) -> dict[tuple[str, ...], int]:
    """Of decisions that are facts already, about the same customers: the latest number of each kind, layer and day."""
    facts = InsurerEvent.objects.every_entity().filter(
        connection=row, kind="decision", state=State.TAKEN, posted_no__isnull=False,
        customer_code__in={event.customer_code for event in found if event.kind == "decision"},
    )  # fmt: skip
    return {_same(event): event.sequence for event in facts.order_by("sequence")}


def _same(event: InsurerEvent) -> tuple[str, ...]:
    """What two decisions share of which the later stands."""
    body: dict[str, Any] = event.body or {}
    return event.customer_code, body.get("layer", "1"), body["kind"], body["decided_on"]


def _events_of(
    row: InsurerConnection, event: InsurerEvent, entity: str
) -> list[tuple[tuple[str, ...], dict[str, str]]]:
    """The events under the policy that an acknowledged message is."""
    body: dict[str, Any] = event.body or {}
    message = InsurerMessage.objects.every_entity().get(connection=row, key=body["message_key"])
    said = message.body
    base = {"entity": entity, "customer_code": message.customer_code, "policy": row.policy}
    if message.kind == "notify":
        until = said.get("extended_to") or max((part["due_on"] for part in said.get("plan", ())), default="")
        base |= {
            "item_number": said["item_number"],
            "event": _NOTICED[said["notice"]],
            "on": said["on"],
            "detail": until,
        }
    elif message.kind == "report_adverse":
        base |= {"event": "adverse_information", "on": said["on"], "detail": said["text"][:200]}
    elif message.kind == "file_claim":
        base |= {"event": "claim_filed", "on": body["on"], "detail": body.get("ref", "")}
    elif message.kind == "declare":
        return [_named(base | told) for told in _declared(row, said, body["on"])]
    else:
        return []
    return [_named(base)]


def _named(event: dict[str, str]) -> tuple[tuple[str, ...], dict[str, str]]:
    return tuple(event.get(name, "") for name in ("customer_code", "item_number", "event", "on", "detail")), event


def _declared(row: InsurerConnection, said: dict[str, Any], on: str) -> list[dict[str, str]]:
    """What a declaration says was declared: the items it names; of lines that name none, the whole months it is for.

    Part of a month without its items says nothing of any of them: nothing comes of that.
    """
    made: list[dict[str, str]] = []
    for line in said["lines"]:
        whose = insurer_events.customer_at(row.pk, line["company_ref"]) if line.get("company_ref") else ""
        told = {"customer_code": whose, "event": "declaration", "on": on}
        if line.get("item_number"):
            made.append(told | {"item_number": line["item_number"]})
        elif whose or not line.get("company_ref"):
            months = _whole_months(dt.date.fromisoformat(said["from_on"]), dt.date.fromisoformat(said["to_on"]))
            made += [told | {"detail": month} for month in months]
    return made


def _whole_months(first: dt.date, last: dt.date) -> list[str]:
    """The months of which every day lies within two days."""
    months, begin = [], first.replace(day=1)
    while begin <= last:
        following = (begin + dt.timedelta(days=31)).replace(day=1)
        if first <= begin and following - dt.timedelta(days=1) <= last:
            months.append(f"{begin:%Y-%m}")
        begin = following
    return months


def _mark(row: InsurerConnection, numbers: list[int]) -> None:
    """Note that nothing more comes of these: they were facts already, or are none."""

    def effect(write: Write) -> None:
        mine = InsurerEvent.objects.every_entity().filter(pk__in=numbers)
        mine.update(posted_no=write.write_no, changed_at=write.at)

    written(row, {"posted": len(numbers)}, effect)


def _set_apart(row: InsurerConnection, event: InsurerEvent, error: SeawallError) -> None:
    """Keep what the ledger does not take, with the reason, for a person."""
    rejects = getattr(error, "rejects", None)
    hints = [] if rejects is None else rejects.head(3).to_dicts()
    said = hints[0] if hints else {}
    template = said.get("hint") or error.template
    names = ("column", "value", "expected")
    params = {name: str(said.get(name) or "") for name in names} if hints else error.kept

    def effect(write: Write) -> None:
        mine = InsurerEvent.objects.every_entity().filter(pk=event.pk, state=State.TAKEN)
        problem = {"template": template, "params": params}
        mine.update(state=State.QUARANTINED, problem=problem, changed_at=write.at)

    written(row, {"set_apart": event.pk}, effect)
