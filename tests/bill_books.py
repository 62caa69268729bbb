"""Random ledgers with bills: invoices with retention money, advances, and bills with any possible history."""

from factories import Book
from hypothesis import strategies as st
from strategies import text

from seawall.engine.ledger.bills import NEXT


@st.composite
def histories(draw):
    """Invoices, perhaps an advance, and bills that settle parts of them and go through a possible history."""
    book, left = Book(), {}
    for number in range(draw(st.integers(1, 4))):
        minor = draw(st.integers(2, 10**6))
        cut = draw(st.integers(1, minor - 1))
        marks = ["retention"] if draw(st.booleans()) else []
        parts = [(text(40), cut / 100), (text(90), (minor - cut) / 100, *marks)] if draw(st.booleans()) else []
        book.customer("A1", group_code="A").customer("A2", group_code="A")
        book.invoice(
            f"I{number}", minor / 100, text(0), text(90), parts=parts, customer=draw(st.sampled_from(["A1", "A2"]))
        )
        left[f"I{number}"] = minor
    for number in range(draw(st.integers(1, 4))):
        last, on, events = "received", draw(st.integers(1, 60)), []
        received = on
        while NEXT[last] and draw(st.booleans()):
            on += draw(st.integers(1, 60))
            last = draw(st.sampled_from(NEXT[last]))
            events.append((last, text(on)))
        minor, debit = draw(st.integers(1, 10**6)), draw(st.sampled_from(sorted(left)))
        book.bill(f"B{number}", minor / 100, text(received), text(received + 180), events=events,
                  customer=draw(st.sampled_from(["A1", "A2"])))  # fmt: skip
        used = min(minor, left[debit])
        if used:
            book.allocate(debit, f"B{number}", used / 100, text(received))
            left[debit] -= used
    if draw(st.booleans()):
        book.receipt("A", draw(st.integers(1, 10**5)) / 100, text(draw(st.integers(0, 90))), payment_method="advance")
    return book
