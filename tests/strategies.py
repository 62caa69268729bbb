"""Random ledgers for property tests: customers in groups, currencies, instalments, disputes, part payments."""

from __future__ import annotations

import datetime as dt

from factories import Book
from hypothesis import strategies as st

START = dt.date(2024, 1, 1)
DAYS = st.integers(0, 500)
CURRENCIES = ("CNY", "EUR", "JPY", "KWD")
MINOR = st.integers(1, 10**9)


def text(days: int) -> str:
    return str(START + dt.timedelta(days=days))


def major(minor: int, currency: str) -> str:
    from seawall.engine.kernel.money import amount_text

    return amount_text(minor, currency)


@st.composite
def books(draw, max_items: int = 12, currencies: tuple[str, ...] = CURRENCIES) -> Book:
    """A lawful ledger: nothing is settled or used beyond its amount."""
    book = Book()
    for code in ("A1", "A2", "B1"):
        book.customer(code, group_code=code[0], sector=draw(st.sampled_from([None, "steel"])))
    left: dict[str, int] = {}
    for number in range(draw(st.integers(0, max_items))):
        left |= _add_item(draw, book, f"N{number}", currencies)
    debits = [n for n in left if book.items[n]["is_debit"]]
    credits_ = [n for n in left if not book.items[n]["is_debit"]]
    for _ in range(draw(st.integers(0, max_items)) if debits and credits_ else 0):
        _allocate(draw, book, left, draw(st.sampled_from(debits)), draw(st.sampled_from(credits_)))
    return book


def _add_item(draw, book: Book, number: str, currencies: tuple[str, ...]) -> dict[str, int]:
    kind = draw(st.sampled_from(["invoice", "invoice", "debit_note", "refund", "receipt", "credit_note", "write_off"]))
    currency, minor, issued = draw(st.sampled_from(currencies)), draw(MINOR), draw(DAYS)
    due, parts = issued + draw(st.integers(-5, 120)), []
    if kind == "invoice" and minor > 3 and draw(st.booleans()):
        cuts = sorted(draw(st.sets(st.integers(1, minor - 1), min_size=1, max_size=3)))
        sizes = [high - low for low, high in zip([0, *cuts], [*cuts, minor], strict=True)]
        parts = [(text(due + 30 * draw(st.integers(0, 3))), major(size, currency)) for size in sizes]
    book.item(
        kind, number, major(minor, currency), text(issued), text(due), parts=parts,
        customer=draw(st.sampled_from(["A1", "A2", "B1"])), entity=draw(st.sampled_from(["E1", "E2"])),
        currency=currency, disputed=major(draw(st.integers(0, minor)), currency) if kind == "invoice" else 0,
    )  # fmt: skip
    if kind == "invoice" and draw(st.booleans()):
        opened = issued + draw(st.integers(0, 60))
        closed = draw(st.none() | st.integers(1, 90))
        dispute = major(draw(st.integers(1, minor)), currency)
        book.dispute(number, dispute, text(opened), text(opened + closed) if closed else None)
    return {number: minor}


def _allocate(draw, book: Book, left: dict[str, int], debit: str, credit: str) -> None:
    """Within one entity; across currencies the two amounts are drawn apart."""
    one, other = book.items[debit], book.items[credit]
    if one["entity"] != other["entity"]:
        return
    same = one["currency"] == other["currency"]
    room = min(left[debit], left[credit]) if same else left[debit]
    if room < 1 or left[credit] < 1:
        return
    minor = draw(st.integers(1, room))
    credit_minor = minor if same else draw(st.integers(1, left[credit]))
    left[debit] -= minor
    left[credit] -= credit_minor
    book.allocate(
        debit, credit, major(minor, one["currency"]), text(draw(DAYS)),
        credit_amount=major(credit_minor, other["currency"]),
    )  # fmt: skip
