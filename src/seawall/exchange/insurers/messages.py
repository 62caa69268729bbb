"""What is said to an insurer and by one: typed messages in the port's own words, and their form as JSON.

Amounts are whole minor units with their currency in here, and a decimal text beside the currency in JSON. Every
field that comes in is looked at; one that is not what it must be makes the whole message malformed, and no default
stands in for it.
"""

from __future__ import annotations

import datetime as dt
import re
import types
from dataclasses import MISSING, dataclass, fields, is_dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Annotated, Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints

from seawall.engine.kernel.errors import InputError
from seawall.engine.kernel.money import amount_text, exponent, minor_of

TEXT_CHARACTERS: Final = 2000

LINES: Final = 50_000
AMOUNT_MAX: Final = 10**17
_UNKEEPABLE: Final = re.compile(r"[\x00\ud800-\udfff]")
_DECIMAL: Final = re.compile(r"[0-9]{1,18}(\.[0-9]{1,4})?")


def noop(text: str) -> str:
    """A sentence that is translated where it is shown; the sandbox needs no settings of the product."""
    return text


REQUEST_TYPES: Final[dict[str, str]] = {
    "1": noop("Multi-currency cover"),
    "2": noop("New limit"),
    "3": noop("Increase"),
    "4": noop("Preliminary assessment"),
    "5": noop("New account only"),
    "6": noop("Cancellation"),
    "7": noop("Reduction"),
    "8": noop("Prolongation"),
}
"""What is asked of an insurer about a limit: the codes of UN/EDIFACT data element 4505."""

ACTIONS: Final = {"supersede": "3", "cancel": "6", "reduce": "7", "prolong": "8"}
"""What may be done to a limit that is there, with its code."""

LIMIT_KINDS: Final[dict[str, str]] = {
    "requested": noop("requested"), "referred": noop("referred"), "approved": noop("approved"),
    "partial": noop("approved in part"), "temporary": noop("temporary"),
    "discretionary": noop("self-set"), "lc": noop("on a letter of credit"),
    "refused": noop("refused"),
    "reduced": noop("reduced"), "cancelled": noop("cancelled"), "expired": noop("expired"),
}  # fmt: skip
"""What an insurer's decision on a limit may be."""

NOTICES: Final[dict[str, str]] = {
    "overdue": noop("Overdue"), "extension": noop("Extension of a due day"), "reschedule": noop("Repayment plan"),
}  # fmt: skip
DECLARED: Final[dict[str, str]] = {
    "turnover": noop("turnover"), "balances": noop("balances"), "shipments": noop("shipments"),
}  # fmt: skip
CAUSES: Final[dict[str, str]] = {
    "insolvency": noop("insolvency"), "protracted_default": noop("protracted default"),
    "political": noop("political risk"), "goods_refusal": noop("refusal of goods"),
}  # fmt: skip
ANSWERS: Final[dict[str, str]] = {
    "acknowledged": noop("acknowledged"), "rejected": noop("rejected"), "decided": noop("decided"),
    "paid": noop("paid"),
}  # fmt: skip


def keepable(text: str) -> str:
    """A text as the database and the log can hold it: NUL and half characters are replaced."""
    return _UNKEEPABLE.sub("\ufffd", text)


class Malformed(InputError):
    """A message is not what it must be."""

    code = "malformed_message"


@dataclass(frozen=True, slots=True)
class FindCompany:
    """Which of the insurer's companies is this customer?"""

    name: str = ""
    country: str = ""
    registration_id: str = ""


@dataclass(frozen=True, slots=True)
class Company:
    """A company as the insurer knows it."""

    company_ref: str
    name: str
    country: str = ""
    registration_id: str = ""


@dataclass(frozen=True, slots=True)
class RequestCover:
    """Please insure this buyer up to an amount."""

    company_ref: str
    policy: str
    request_type: Annotated[str, REQUEST_TYPES]
    amount_minor: int
    currency: str
    max_term_days: int | None = None
    payment_method: str = ""
    is_urgent: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class ChangeCover:
    """Please supersede, reduce, cancel or prolong what is insured of this buyer."""

    company_ref: str
    policy: str
    action: Annotated[str, ACTIONS]
    amount_minor: int
    currency: str
    until_on: dt.date | None = None
    note: str = ""

    @property
    def request_type(self) -> str:
        """Its code."""
        return ACTIONS[self.action]


@dataclass(frozen=True, slots=True)
class Part:
    """A day and an amount: a rate of a repayment plan."""

    due_on: dt.date
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Notify:
    """This buyer's invoice is overdue, was given longer, or is to be paid by a plan."""

    company_ref: str
    policy: str
    notice: Annotated[str, NOTICES]
    item_number: str
    issued_on: dt.date
    due_on: dt.date
    amount_minor: int
    currency: str
    on: dt.date
    extended_to: dt.date | None = None
    plan: tuple[Part, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ReportAdverse:
    """Something was learnt that speaks against this buyer."""

    company_ref: str
    policy: str
    on: dt.date
    text: str


@dataclass(frozen=True, slots=True)
class DeclaredLine:
    """One line of a declaration: of a buyer, a country, an item."""

    amount_minor: int
    currency: str
    company_ref: str = ""
    country: str = ""
    item_number: str = ""
    shipped_on: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Declare:
    """What was sold, is owed, or was shipped within days."""

    policy: str
    basis: Annotated[str, DECLARED]
    from_on: dt.date
    to_on: dt.date
    lines: tuple[DeclaredLine, ...]


@dataclass(frozen=True, slots=True)
class ClaimedItem:
    """One item of a claim."""

    item_number: str
    due_on: dt.date
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class FileClaim:
    """This loss is claimed."""

    company_ref: str
    policy: str
    cause: Annotated[str, CAUSES]
    date_of_loss: dt.date
    amount_minor: int
    currency: str
    items: tuple[ClaimedItem, ...]
    documents: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class ReportRecovery:
    """So much came in after a claim."""

    company_ref: str
    policy: str
    claim_ref: str
    on: dt.date
    amount_minor: int
    currency: str
    costs_minor: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """What the insurer decided on a limit: one layer of it, from a day on."""

    decision_id: str
    company_ref: str
    policy: str
    kind: Annotated[str, LIMIT_KINDS]
    amount_minor: int
    currency: str
    decided_on: dt.date
    effective_from: dt.date
    sequence: int
    layer: str = "1"
    expires_on: dt.date | None = None
    notice_days: int | None = None
    max_term_days: int | None = None
    insured_rate: Decimal | None = None
    payment_method: str = ""
    bank: str = ""
    conditions: str = ""


@dataclass(frozen=True, slots=True)
class Grade:
    """The insurer grades a buyer otherwise."""

    company_ref: str
    grade: str
    decided_on: dt.date


@dataclass(frozen=True, slots=True)
class Reply:
    """What the insurer says to a notice, a declaration, a claim or a recovery, by the key it was sent under."""

    message_key: str
    answer: Annotated[str, ANSWERS]
    on: dt.date
    ref: str = ""
    text: str = ""
    amount_minor: int | None = None
    currency: str = ""


OUTGOING: Final[dict[str, tuple[str, type]]] = {
    "find_company": (noop("Company search"), FindCompany),
    "request_cover": (noop("Request for cover"), RequestCover),
    "change_cover": (noop("Change of cover"), ChangeCover),
    "notify": (noop("Notice"), Notify),
    "report_adverse": (noop("Adverse information"), ReportAdverse),
    "declare": (noop("Declaration"), Declare),
    "file_claim": (noop("Claim"), FileClaim),
    "report_recovery": (noop("Recovery"), ReportRecovery),
}
"""What may be said to an insurer: the sentence people read, and the message."""

INCOMING: Final[dict[str, tuple[str, type]]] = {
    "decision": (noop("Decision on a limit"), Decision),
    "grade": (noop("Grade of a company"), Grade),
    "reply": (noop("Answer to a message"), Reply),
}
"""What an insurer may say."""

_M = TypeVar("_M")


def to_json(message: Any) -> dict[str, Any]:
    """A message as plain JSON; what is not said is left out."""
    made: dict[str, Any] = {}
    for each in fields(message):
        value = getattr(message, each.name)
        if value in (None, "", ()):
            continue
        if each.name.endswith("_minor"):
            made[each.name.removesuffix("_minor")] = amount_text(value, message.currency)
        else:
            made[each.name] = _plain(value)
    return made


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if is_dataclass(value):
        return to_json(value)
    return value.isoformat() if isinstance(value, dt.date) else str(value) if isinstance(value, Decimal) else value


def of_json(kind: type[_M], said: Any) -> _M:
    """A message from JSON; fields it does not know are passed over.

    Raises:
        Malformed: a field is missing or is not what it must be.
    """
    if not isinstance(said, dict):
        raise Malformed("A message is a table of names and values.")
    known: Any = kind
    hints, made = _hints_of(known), dict[str, Any]()
    for each in fields(kind):  # type: ignore[arg-type]
        name = each.name.removesuffix("_minor")
        given = said.get(name)
        if given is None or given == "":
            if each.default is MISSING and each.default_factory is MISSING:
                raise Malformed("{field} is missing.", field=name, column=name)
            continue
        made[each.name] = _read(hints[each.name], each.name, given, said)
    return kind(**made)


@cache
def _hints_of(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


def _read(hint: Any, name: str, given: Any, said: dict[str, Any]) -> Any:
    """One value as its field has it."""
    if get_origin(hint) is Annotated:
        if not isinstance(given, str) or given not in hint.__metadata__[0]:
            raise _wrong(name, given)
        return given
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(each for each in get_args(hint) if each is not type(None))
    if get_origin(hint) is tuple:
        return _several(get_args(hint)[0], name, given)
    if name.endswith("_minor"):
        return _amount(name.removesuffix("_minor"), given, said.get("currency"))
    return _READERS[hint](name, given)


def _several(hint: Any, name: str, given: Any) -> tuple[Any, ...]:
    if not isinstance(given, list) or len(given) > LINES:
        raise _wrong(name, given)
    read: Any = of_json
    return tuple(read(hint, each) if is_dataclass(hint) else _READERS[hint](name, each) for each in given)


def _wrong(name: str, given: Any) -> Malformed:
    return Malformed("{text} cannot stand in {field}.", text=str(given)[:40], field=name, column=name)


def _amount(name: str, given: Any, currency: Any) -> int:
    if not isinstance(given, str) or not _DECIMAL.fullmatch(given):
        raise _wrong(name, given)
    if not currency:
        raise Malformed("{field} is missing.", field="currency", column="currency")
    try:
        exponent(currency if isinstance(currency, str) else "")
    except InputError:
        raise _wrong("currency", currency) from None
    try:
        minor = minor_of(given, currency)
    except (InputError, ArithmeticError):
        raise _wrong(name, f"{given} {currency}") from None
    if not 0 <= minor <= AMOUNT_MAX:
        raise _wrong(name, given)
    return minor


def _text(name: str, given: Any) -> str:
    if not isinstance(given, str) or len(given) > TEXT_CHARACTERS or keepable(given) != given:
        raise _wrong(name, given)
    return given


def _day(name: str, given: Any) -> dt.date:
    try:
        return dt.date.fromisoformat(_text(name, given))
    except ValueError:
        raise _wrong(name, given) from None


def _whole(name: str, given: Any) -> int:
    if not isinstance(given, int) or isinstance(given, bool) or not 0 <= given < 2**53:
        raise _wrong(name, given)
    return given


def _yes_or_no(name: str, given: Any) -> bool:
    if not isinstance(given, bool):
        raise _wrong(name, given)
    return given


def _rate(name: str, given: Any) -> Decimal:
    try:
        rate = Decimal(str(given))
    except InvalidOperation:
        raise _wrong(name, given) from None
    if isinstance(given, bool) or not rate.is_finite() or not 0 <= rate <= 1:
        raise _wrong(name, given)
    return rate


_READERS: Final[dict[Any, Any]] = {str: _text, dt.date: _day, int: _whole, bool: _yes_or_no, Decimal: _rate}
