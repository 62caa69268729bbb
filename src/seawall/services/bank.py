"""Bank statements on file: taken in once however often and in whatever overlap they come, and what they tell."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seawall.engine.kernel.errors import FileRejected, NotFound, UsageError, Where
from seawall.engine.ledger.references import Compact
from seawall.exchange.bank import columns, reading
from seawall.exchange.bank.reading import BankFile
from seawall.exchange.bank.statement import Entry, Statement
from seawall.services import access, bank_rule
from seawall.services.access import Actor
from seawall.services.command import Result, Write, execute
from seawall.store import files as kept_files
from seawall.store.models import BankAccount, BankEntry, BankStatement, Entity

LOCK = "bank"
"""Who brings statements holds it: entries are compared with what is on file under it."""


@dataclass(frozen=True)
class BankImport:
    """What an import of statements did, or would do; ``batch_no`` is None where nothing was new."""

    statements: list[dict[str, Any]]
    batch_no: int | None
    is_dry_run: bool

    @property
    def new_entries(self) -> int:
        """Entries that were not on file."""
        return sum(each["new"] for each in self.statements)

    def as_json(self) -> dict[str, Any]:
        """For doors."""
        return {"batch_no": self.batch_no, "is_dry_run": self.is_dry_run, "statements": self.statements}


def import_paths(
    actor: Actor, paths: Sequence[Path], *, entity: str = "", mapping: Path | None = None, dry_run: bool = False
) -> BankImport:
    """Take in statements from files; errors as of :func:`import_files`."""
    access.require(actor, access.BANK_IMPORT)
    headers = columns.load(mapping)
    return _commit(actor, [reading.read_file(path, headers) for path in paths], entity, dry_run=dry_run)


def import_files(
    actor: Actor, files: Sequence[tuple[str, bytes]], *, entity: str = "", dry_run: bool = False, key: str = ""
) -> BankImport:
    """Take in statements by name and bytes, wholly or not at all; the same ones again change nothing.

    ``entity`` is whose accounts they are, where an account is new and there are several entities.

    Raises:
        NotPermitted: the actor may not bring statements.
        NotFound: an account, or the entity, is not the actor's.
        FileRejected: a file is no statement, or one names no account or currency.
        UsageError: an account is new and it is not said whose it is.
        LockTimeout: somebody else is bringing statements.
    """
    access.require(actor, access.BANK_IMPORT)
    read = [reading.read_bytes(data, file=name) for name, data in files]
    return _commit(actor, read, entity, dry_run=dry_run, key=key)


def _commit(actor: Actor, files: Sequence[BankFile], entity: str, *, dry_run: bool, key: str = "") -> BankImport:
    intake = _Intake(actor, files, entity)
    asked = {"files": [[file.name, _sha256(file.data)] for file in files], "entity": entity}
    done = execute(actor, access.BANK_IMPORT, intake.effect, request=asked, key=key, lock=[LOCK], dry_run=dry_run)
    return BankImport(done.result["statements"], done.batch_no, dry_run)


@dataclass
class _Intake:
    """One import under way, inside its transaction."""

    actor: Actor
    files: Sequence[BankFile]
    entity: str
    told: list[dict[str, Any]] = field(default_factory=list)
    has_effect: bool = False
    entities: set[str] = field(default_factory=set)
    """Whose accounts have something new."""

    def effect(self, write: Write) -> Result:
        for file in self.files:
            kept_files.keep(file.data, _sha256(file.data))
            for place, statement in enumerate(file.statements):
                self._take(write, file, place, statement)
        if not self.has_effect:
            write.change_nothing()
        elif self.entities:
            bank_rule.follow(self.actor, on=write.at.date(), entities=self.entities)
        write.detail.update(statements=[{**each, "problems": len(each["problems"])} for each in self.told])
        return {"statements": self.told}

    def _take(self, write: Write, file: BankFile, place: int, statement: Statement) -> None:
        account = self._account(write, file.name, statement)
        told = {
            "file": file.name, "account": statement.account, "currency": statement.currency, "new": 0,
            "entries": len(statement.entries),
            "problems": [{"line": one.line, "code": one.code, **one.params} for one in statement.problems],
        }  # fmt: skip
        self.told.append(told)
        if statement.first_day is None or statement.last_day is None:
            return
        new = _new_entries(account, statement.entries)
        digest = _sha256(file.data)
        if not new and BankStatement.objects.scoped(self.actor).filter(account=account, sha256=digest, place=place):
            return
        self.has_effect = True
        told["new"] = len(new)
        self.entities |= {account.entity.code} if new else set()
        row = BankStatement.objects.create(
            account=account, write_no=write.write_no, file_name=file.name, sha256=digest, place=place,
            first_on=statement.first_day, last_on=statement.last_day, entries=len(statement.entries),
            opening_minor=statement.opening.amount_minor if statement.opening else None,
            closing_minor=statement.closing.amount_minor if statement.closing else None,
            new_entries=len(new), problems=told["problems"], recorded_at=write.at,
        )  # fmt: skip
        BankEntry.objects.bulk_create(_row(each, digest, count, row, write) for each, digest, count in new)

    def _account(self, write: Write, file: str, statement: Statement) -> BankAccount:
        number = re.sub(r"\s", "", statement.account).upper()
        if not number or not statement.currency:
            raise FileRejected(
                "{file}: the statement names no account or no currency.",
                hint="Ask the bank for a statement with both.",
                where=Where(file), code="no_account", file=file,
            )  # fmt: skip
        found = BankAccount.objects.every_entity().filter(number=number, currency=statement.currency).first()
        if found is not None:
            access.require(self.actor, access.BANK_IMPORT, [found.entity.code])
            return found
        entity = self._entity(number)
        self.has_effect = True
        return BankAccount.objects.create(
            entity=entity, number=number, currency=statement.currency, write_no=write.write_no
        )

    def _entity(self, number: str) -> Entity:
        mine = list(Entity.objects.scoped(self.actor).order_by("code"))
        if self.entity:
            access.require(self.actor, access.BANK_IMPORT, [self.entity])
            mine = [each for each in mine if each.code == self.entity]
            if not mine:
                raise NotFound("There is no entity {entity}.", entity=self.entity)
        if len(mine) != 1:
            raise UsageError(
                "The account {account} is new: say which entity it belongs to.",
                hint="Entities are: {known}.", account=number, known=", ".join(each.code for each in mine) or "-",
            )  # fmt: skip
        access.require(self.actor, access.BANK_IMPORT, [mine[0].code])
        return mine[0]


def _new_entries(account: BankAccount, entries: Iterable[Entry]) -> list[tuple[Entry, str, int]]:
    """Entries that are not on file, each with its digest and which of equal ones of its statement it is."""
    seen: Counter[str] = Counter()
    counted = []
    for entry in entries:
        digest = _digest(entry)
        seen[digest] += 1
        counted.append((entry, digest, seen[digest]))
    on_file = BankEntry.objects.every_entity().filter(account=account, digest__in=list(seen))
    have = set(on_file.values_list("digest", "occurrence"))
    return [each for each in counted if each[1:] not in have]


def _digest(entry: Entry) -> str:
    """What an entry is known by: day, amount, and the bank's reference; without one, who and what for."""
    if entry.bank_reference:
        said = ["bank", entry.bank_reference]
    else:
        said = ["text", Compact.of(entry.counterparty).text, Compact.of(entry.reference).text]
    text = "\x1f".join([entry.booked_on.isoformat(), str(entry.amount_minor), *said])
    return hashlib.sha256(text.encode()).hexdigest()


def _row(entry: Entry, digest: str, count: int, statement: BankStatement, write: Write) -> BankEntry:
    return BankEntry(
        account=statement.account, statement=statement, write_no=write.write_no, booked_on=entry.booked_on,
        amount_minor=entry.amount_minor, counterparty=entry.counterparty, reference=entry.reference,
        counterparty_account=entry.counterparty_account, bank_reference=entry.bank_reference, digest=digest,
        occurrence=count,
    )  # fmt: skip


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
