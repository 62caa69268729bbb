import numpy as np
import pytest
from factories import Book, day

from seawall.engine.kernel.calendar import period_ends
from seawall.engine.ledger.dilution import dilution_rate
from seawall.engine.ledger.flows import flows

ENDS = period_ends(day("2025-03-31"), 4)


def test_credit_notes_over_what_was_invoiced():
    book = Book().invoice("1", 300, "2025-01-10", "2025-02-10").invoice("2", 100, "2025-03-10", "2025-04-10")
    book.credit_note("CN", 20, "2025-02-05").item("write_off", "W", 50, "2025-03-01").receipt("R", 60, "2025-03-01")
    sums = flows(book.ledger(), ends=ENDS)
    assert dilution_rate(sums, 3, 3) == pytest.approx([20 / 400])
    assert dilution_rate(sums, 3, 1) == pytest.approx([0])
    assert np.isnan(dilution_rate(sums, 2, 1)).all()  # nothing invoiced in February
    assert np.isnan(dilution_rate(sums, 2, 3)).all()  # the history is shorter
