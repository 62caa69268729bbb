"""Signing a closed period: the report of a month end, kept as bytes, made again as known then, held against now.

A signature is somebody's word for figures that tie to the control account. Facts that come later change nothing
in it: they show as a difference. Taking a signature back is an entry of its own.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import seawall
from seawall.engine.kernel.asof import month_end
from seawall.engine.kernel.errors import InputError, NotFound, Refused, StaleVersion
from seawall.engine.ledger.scheme import DEFAULT_SCHEME, Scheme
from seawall.engine.report import Report
from seawall.exchange.language import Language
from seawall.exchange.report import rendered
from seawall.exchange.report_protection import protection
from seawall.services import access, documents, reasons, single_user
from seawall.services import protection as insured
from seawall.services import reading as readings
from seawall.services.access import Actor
from seawall.services.command import Result, Write, execute
from seawall.services.figures import Document
from seawall.services.organisation import about
from seawall.store import chain, files, locks
from seawall.store.models import PeriodSignature, PeriodWithdrawal

KINDS: Final = ("pdf", "xlsx", "json")
LOCK: Final = "periods"


@dataclass(frozen=True, slots=True)
class SignedFile:
    """One file of a signature."""

    kind: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature as shown; ``withdrawn_by`` is empty while it stands."""

    number: int
    on: dt.date
    known: int
    currency: str
    entities: tuple[str, ...]
    scheme: dict[str, Any]
    frame: dict[str, Any]
    engine: str
    policies_digest: str
    figures_digest: str
    files: tuple[SignedFile, ...]
    signer: str
    reason: str
    signed_at: dt.datetime
    withdrawn_by: str = ""
    withdrawn_for: str = ""
    withdrawn_at: dt.datetime | None = None

    @property
    def stands(self) -> bool:
        """Whether it was not taken back."""
        return self.withdrawn_at is None

    def as_json(self) -> dict[str, Any]:
        """For doors."""
        names = (
            "number", "known", "currency", "engine", "policies_digest", "figures_digest", "signer", "reason",
            "withdrawn_by", "withdrawn_for", "stands",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names} | {
            "on": self.on.isoformat(), "entities": list(self.entities), "signed_at": self.signed_at.isoformat(),
            "withdrawn_at": self.withdrawn_at and self.withdrawn_at.isoformat(),
            "files": [{"kind": f.kind, "sha256": f.sha256, "size_bytes": f.size_bytes} for f in self.files],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Candidate:
    """A period before it is signed: its headline figures, and what stands against signing it."""

    on: dt.date
    known: int
    currency: str
    entities: tuple[str, ...]
    figures: Document
    reconciliation: Document
    blocks: tuple[str, ...]
    """Codes: ``not_month_end``, ``not_over``, ``different``, ``signed``."""

    def as_json(self) -> dict[str, Any]:
        """For doors."""
        return {
            "on": self.on.isoformat(), "known": self.known, "currency": self.currency,
            "entities": list(self.entities), "figures": self.figures, "reconciliation": self.reconciliation,
            "blocks": list(self.blocks),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verified:
    """Whether a signed period's files are whole, and whether making it again gives the same bytes."""

    whole: Mapping[str, bool]
    same: Mapping[str, bool] | None
    """None where another version of the program signed it: bytes are then not comparable."""

    same_figures: bool

    @property
    def holds(self) -> bool:
        """Whether everything that can be compared is the same."""
        again = all(self.same.values()) and self.same_figures if self.same is not None else True
        return all(self.whole.values()) and again

    def as_json(self) -> dict[str, Any]:
        """For doors."""
        return {
            "holds": self.holds, "whole": dict(self.whole), "same": None if self.same is None else dict(self.same),
            "same_figures": self.same_figures,
        }  # fmt: skip


def sign(
    actor: Actor,
    *,
    on: dt.date,
    today: dt.date,
    known: int | None = None,
    currency: str | None = None,
    entity: str = "",
    reason: str = "",
    lang: str = "en",
    key: str = "",
) -> Signed:
    """Sign the report of a month end: its bytes are kept, and it stands until it is taken back.

    ``known`` is what the signer looked at; facts or policies that came since are a refusal.

    Raises:
        NotPermitted: the actor may not sign for all entities of the report.
        NotFound: the entity lies outside the actor's scope.
        InputError: not a month end, not over yet, or nothing on file.
        Refused: it does not tie to the control account (says where), or is signed already.
        StaleVersion: facts or policies came since ``known``.
    """
    actor = single_user.standing(actor)
    access.require(actor, access.PERIOD_SIGN, [entity] if entity else [])
    reading = _opened(actor, on, currency=currency, entity=entity)
    access.require(actor, access.PERIOD_SIGN, reading.ledger.entities)
    _require_over(on, today)
    said = reasons.kept(reason)
    frame = _frame(actor, lang)
    scheme = DEFAULT_SCHEME
    report, contents = _made(reading, scheme, frame)
    hashes = {kind: hashlib.sha256(content).hexdigest() for kind, content in contents.items()}
    for kind, content in contents.items():
        files.keep(content, hashes[kind])

    def effect(write: Write) -> Result:
        newest = chain.facts_at().batch_no
        _require_known(known, newest)
        _require_known(reading.as_of.known, newest)
        _require_tie(reading)
        _require_unsigned(reading)
        row = PeriodSignature.objects.create(
            on=on, known=reading.as_of.known, currency=reading.currency, entities=reading.ledger.entities,
            scheme={"edges": list(scheme.edges), "by": scheme.by}, frame=frame, engine=seawall.__version__,
            policies_digest=report.policies_digest, figures_digest=report.digest(),
            files=[{"kind": kind, "sha256": hashes[kind], "size_bytes": len(contents[kind])} for kind in KINDS],
            signer=str(write.actor), reason=said, write_no=write.write_no, recorded_at=write.at,
        )  # fmt: skip
        write.detail.update(
            signature=row.pk, on=on.isoformat(), known=row.known, entities=row.entities, currency=row.currency,
            figures=row.figures_digest, policies=row.policies_digest, files=hashes,
        )  # fmt: skip
        write.announce("period.signed", *row.entities, signature=row.pk, on=on.isoformat(), outcome="signed")
        return {"number": row.pk}

    request = {"sign": str(on), "entity": entity, "currency": currency, "known": known}
    done = execute(actor, access.PERIOD_SIGN, effect, request=request, key=key, lock=[LOCK, locks.LEDGER, "policies"])
    return shown(actor, done.result["number"])


def withdraw(actor: Actor, number: int, *, reason: str, key: str = "") -> Signed:
    """Take a signature back, with a reason; the signature and its files stay on record.

    Raises:
        NotPermitted: the actor may not sign for all entities of the report.
        NotFound: no such signature for the actor.
        InputError: no reason is given.
        StaleVersion: it was taken back already.
    """
    actor = single_user.standing(actor)
    signed = shown(actor, number)
    access.require(actor, access.PERIOD_SIGN, signed.entities)
    said = reasons.needed(reason)

    def effect(write: Write) -> Result:
        if PeriodWithdrawal.objects.every_entity().filter(signature_id=number).exists():
            raise StaleVersion("The signature {number} was taken back already.", number=number)
        PeriodWithdrawal.objects.create(
            signature_id=number, entities=list(signed.entities), reason=said, actor=str(write.actor),
            write_no=write.write_no, recorded_at=write.at,
        )  # fmt: skip
        write.detail.update(signature=number, on=signed.on.isoformat(), withdrawn=True, reason=said)
        told = {"signature": number, "on": signed.on.isoformat(), "outcome": "withdrawn"}
        write.announce("period.signed", *signed.entities, **told)
        return {"number": number}

    execute(actor, access.PERIOD_SIGN, effect, request={"withdraw": number, "reason": reason}, key=key, lock=[LOCK])
    return shown(actor, number)


def candidate(actor: Actor, *, on: dt.date, today: dt.date, currency: str | None = None, entity: str = "") -> Candidate:
    """A period as it would be signed now, and what stands against it.

    Raises:
        NotPermitted: the actor may not read.
        NotFound: the entity lies outside the actor's scope.
        InputError: nothing on file.
    """
    reading = _opened(actor, on, currency=currency, entity=entity)
    report = documents.protection_report(reading, scheme=DEFAULT_SCHEME, policies=reading.policies)
    tie = documents.reconciliation(reading.ledger, reading.as_of)
    blocks = {
        "not_month_end": month_end(on) != on, "not_over": on >= today, "different": tie["status"] == "different",
        "signed": _standing(reading) is not None,
    }  # fmt: skip
    return Candidate(
        on, reading.as_of.known, reading.currency, tuple(reading.ledger.entities),
        documents.figures(report.figures), tie, tuple(code for code, is_so in blocks.items() if is_so),
    )  # fmt: skip


def listed(actor: Actor) -> list[Signed]:
    """Signatures the actor sees, newest first."""
    access.require(actor, access.READ)
    rows = PeriodSignature.objects.scoped(actor).order_by("-id")
    taken = {row.signature_id: row for row in PeriodWithdrawal.objects.scoped(actor)}
    return [_signed(row, taken.get(row.pk)) for row in rows]


def shown(actor: Actor, number: int) -> Signed:
    """One signature.

    Raises:
        NotFound: no such signature, or an entity of it lies outside the actor's scope.
    """
    access.require(actor, access.READ)
    row = PeriodSignature.objects.scoped(actor).filter(pk=number).first()
    if row is None:
        raise NotFound("There is no signed period {number}.", number=number)
    return _signed(row, PeriodWithdrawal.objects.scoped(actor).filter(signature_id=number).first())


def content_of(actor: Actor, number: int, kind: str) -> bytes:
    """The bytes of a signed file, as they were signed.

    Raises:
        NotFound: no such signature or kind, or the file is lost or was changed.
    """
    signed = shown(actor, number)
    for each in signed.files:
        if each.kind == kind and files.is_whole(each.sha256):
            return files.read(each.sha256)
    raise NotFound("There is no {kind} of the signed period {number}.", kind=kind, number=number)


def verify(actor: Actor, number: int) -> Verified:
    """Are the signed files whole, and does the report as known then come out the same, byte for byte?

    Raises:
        NotFound: no such signature for the actor.
    """
    signed = shown(actor, number)
    whole = {each.kind: files.is_whole(each.sha256) for each in signed.files}
    report, contents = _made(reading_of(actor, signed), _scheme(signed), signed.frame)
    same_figures = report.digest() == signed.figures_digest
    if signed.engine != seawall.__version__:
        return Verified(whole, None, same_figures)
    same = {each.kind: hashlib.sha256(contents[each.kind]).hexdigest() == each.sha256 for each in signed.files}
    return Verified(whole, same, same_figures)


def reading_of(actor: Actor, signed: Signed, *, as_now: bool = False) -> readings.Reading:
    """The ledger of a signed period as known then, or ``as_now``; through the entities it was signed for."""
    known = None if as_now else signed.known
    return readings.open_reading(_narrowed(actor, signed.entities), on=signed.on, currency=signed.currency, known=known)


def report_of(reading: readings.Reading, signed: Signed) -> Report:
    """The protection report of a reading in the signed one's buckets."""
    return documents.protection_report(reading, scheme=_scheme(signed), policies=reading.policies)


def _narrowed(actor: Actor, entities: tuple[str, ...]) -> Actor:
    """The actor with these entities in sight only: the same report for whoever may see it, then and later."""
    return replace(actor, within=replace(actor.within, entities=frozenset(entities)))


def _opened(actor: Actor, on: dt.date, *, currency: str | None, entity: str) -> readings.Reading:
    currency = currency or about(actor).reporting_currency or None
    first = readings.open_reading(actor, on=on, currency=currency, entity=entity)
    if not first.currency:
        raise InputError("There are no facts yet.", hint="Import a ledger first.", code="empty")
    return readings.open_reading(_narrowed(actor, tuple(first.ledger.entities)), on=on, currency=first.currency)


def _frame(actor: Actor, lang: str) -> dict[str, Any]:
    """What the report says that may be otherwise later: written down, so that it can be said again."""
    facts = about(actor)
    return {
        "company": facts.name, "is_demo": facts.is_demo, "lang": Language.named(lang).code,
        "single_user": single_user.said(),
    }  # fmt: skip


def _made(reading: readings.Reading, scheme: Scheme, frame: Mapping[str, Any]) -> tuple[Report, dict[str, bytes]]:
    """The report and the bytes of its files."""
    report = documents.protection_report(reading, scheme=scheme, policies=reading.policies)
    mode = frame["single_user"]
    alone = mode and {"since": mode["since"], "by": mode["by"]}  # the database keeps no order of names
    basis = documents.Basis(
        batch=reading.as_of.known, company=frame["company"], is_demo=frame["is_demo"], single_user=alone
    )
    document = documents.protection(
        report, reading.ledger, basis=basis, policies=reading.policies, insured=insured.in_report(reading)
    )
    language, contents = Language(frame["lang"]), {}
    for kind in KINDS:
        content = rendered(document, protection, kind, language)
        contents[kind] = content.encode() if isinstance(content, str) else content
    return report, contents


def _scheme(signed: Signed) -> Scheme:
    return Scheme(tuple(signed.scheme["edges"]), signed.scheme["by"])


def _require_over(on: dt.date, today: dt.date) -> None:
    if month_end(on) != on:
        raise InputError("{day} is not the end of a month.", hint="Sign the report of a month end.", day=on)
    if on >= today:
        raise InputError("The month that ends on {day} is not over.", hint="Sign it from the day after.", day=on)


def _require_known(looked_at: int | None, newest: int) -> None:
    if looked_at is not None and looked_at != newest:
        raise StaleVersion(
            "Facts or policies came since you looked (batch {newest}).", hint="Look at the figures again.",
            newest=newest,
        )  # fmt: skip


def _require_tie(reading: readings.Reading) -> None:
    """Refuse a report that differs from the control account.

    Raises:
        Refused: it does; says where.
    """
    tie = documents.reconciliation(reading.ledger, reading.as_of)
    wrong = [
        f"{row['entity']} {row['difference']} {row['currency']}"
        for row in tie["rows"]
        if row["status"] == "different"
    ]  # fmt: skip
    if wrong:
        raise Refused(
            "The items differ from the control account: {differences}.",
            hint="Find the difference, or import the right balance; then sign.",
            code="control_account_differs", differences=", ".join(wrong),
        )  # fmt: skip


def _standing(reading: readings.Reading) -> PeriodSignature | None:
    rows = PeriodSignature.objects.every_entity().filter(
        on=reading.as_of.on, entities=reading.ledger.entities, currency=reading.currency
    )
    taken = PeriodWithdrawal.objects.every_entity().values("signature_id")
    return rows.exclude(pk__in=taken).first()


def _require_unsigned(reading: readings.Reading) -> None:
    before = _standing(reading)
    if before is not None:
        raise Refused(
            "{day} is signed already, by {who}.", hint="Take that signature back first, with a reason.",
            code="signed", day=before.on, who=before.signer,
        )  # fmt: skip


def _signed(row: PeriodSignature, taken: PeriodWithdrawal | None) -> Signed:
    return Signed(
        row.pk, row.on, row.known, row.currency, tuple(row.entities), row.scheme, row.frame, row.engine,
        row.policies_digest, row.figures_digest, tuple(SignedFile(**each) for each in row.files), row.signer,
        row.reason, row.recorded_at, taken.actor if taken else "", taken.reason if taken else "",
        taken.recorded_at if taken else None,
    )  # fmt: skip
