"""One error tree; doors map it to exit codes and HTTP statuses, and translate its sentences.

A message is a template with named parameters, so that a door can translate the template and
then fill it in: ``InputError("Unknown currency {currency}.", currency="XYZ")``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Where:
    """The place an error is about: a file, a row (1 = first line under the header), a column."""

    file: str = ""
    row: int | None = None
    column: str = ""

    def __str__(self) -> str:
        parts = [self.file, f"row {self.row}" if self.row is not None else "", self.column]
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence that is a parameter of another: a door says it in the reader's language too; as text it is English."""

    template: str
    params: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        return self.template.format(**self.params) if self.params else self.template


class Listed(tuple[object, ...]):
    """Names, or sentences, that a sentence has one after the other."""

    __slots__ = ()

    def __str__(self) -> str:
        return ", ".join(map(str, self))


def as_kept(value: Any) -> Any:
    """A parameter as JSON keeps it: a text; what is to be said in the reader's language keeps its template."""
    if isinstance(value, Sentence):
        return {"template": value.template, "params": {name: as_kept(one) for name, one in value.params.items()}}
    return [as_kept(one) for one in value] if isinstance(value, Listed) else str(value)


class Flaw(Exception):
    """What is wrong with a file that is read as a tree of names and values, and at which keys of it."""

    def __init__(self, path: tuple[object, ...], message: str, *, hint: str = "", **params: Any) -> None:
        """Keep the template and its parameters apart, as an error does."""
        self.path, self.hint, self.said = path, hint, Sentence(message, params)
        super().__init__(str(self.said))


class SeawallError(Exception):
    """Anything the product says no with. ``code`` is stable and documented."""

    code = "error"
    retryable = False

    def __init__(
        self, message: str, *, hint: str = "", where: Where | None = None, code: str = "", **params: Any
    ) -> None:
        """Keep the template and its parameters apart, so that a door can translate the template."""
        self.template, self.hint_template = message, hint
        self.where = where or Where()
        self.params = params
        self.code = code or type(self).code
        super().__init__(self.message)

    @property
    def kept(self) -> dict[str, Any]:
        """The parameters as JSON keeps them."""
        return {name: as_kept(value) for name, value in self.params.items()}

    @property
    def message(self) -> str:
        """The sentence in English, parameters filled in."""
        return self.template.format(**self.params) if self.params else self.template

    @property
    def hint(self) -> str:
        """What to do about it, in English."""
        return self.hint_template.format(**self.params) if self.params else self.hint_template


class UsageError(SeawallError):
    """The question itself is incomplete or contradicts itself."""

    code = "usage"


class InputError(SeawallError):
    """The input cannot be used as it is."""

    code = "bad_input"


class FileRejected(InputError):
    """A file cannot be read, or has rows that cannot be taken."""

    code = "file_rejected"


class CurrencyMismatch(InputError):
    """Amounts of different currencies would be added."""

    code = "currency_mismatch"


class UnknownCode(InputError):
    """A code that names nothing known."""

    code = "unknown_code"


class NotKnown(InputError):
    """The ledger holds nothing about that day: an unknown is never shown as zero."""

    code = "not_known"


class PolicyError(SeawallError):
    """A policy cannot answer."""

    code = "policy"


class PolicyGap(PolicyError):
    """No value is in force on the day asked for."""

    code = "policy_gap"


class PolicyOverlap(PolicyError):
    """Two values are in force on one day."""

    code = "policy_overlap"


class PolicyInvalid(PolicyError):
    """A policy file does not fit its schema; ``path``: at which of its keys."""

    code = "policy_invalid"
    path: tuple[object, ...] = ()


class Refused(SeawallError):
    """A rule of the house says no."""

    code = "refused"


class ApprovalRequired(Refused):
    """It takes another person."""

    code = "approval_required"


class Conflict(SeawallError):
    """Someone else was there first; often worth another try."""

    code = "conflict"
    retryable = True


class IdempotencyMismatch(Conflict):
    """The same key came with another request."""

    code = "idempotency_mismatch"
    retryable = False


class StaleVersion(Conflict):
    """What was looked at is not what is there now."""

    code = "stale_version"
    retryable = False


class RunInProgress(Conflict):
    """The same run is being done elsewhere."""

    code = "run_in_progress"


class LockTimeout(Conflict):
    """A lock was not free in time."""

    code = "lock_timeout"


class AccessError(SeawallError):
    """The caller may not do this."""

    code = "access"


class NotSignedIn(AccessError):
    """Nobody is signed in."""

    code = "not_signed_in"


class TooManyAttempts(AccessError):
    """So many attempts failed that nothing more is looked at for now."""

    code = "too_many_attempts"


class NotPermitted(AccessError):
    """The caller's role does not allow it."""

    code = "not_permitted"


class NotFound(AccessError):
    """No such thing, or it belongs to an entity the caller does not see."""

    code = "not_found"


class OutsideError(SeawallError):
    """Something outside the product failed."""

    code = "outside"
    retryable = True


class Broken(SeawallError):
    """A promise of the house is broken: a bug or tampering. Stop, write nothing."""

    code = "broken"
