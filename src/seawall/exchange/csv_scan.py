"""Look over a text table before it is parsed: where records end, how many cells each has, whether quotes close.

Works on bytes in blocks, so that a hostile file costs no more than reading it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seawall.engine.kernel.errors import FileRejected, Where
from seawall.exchange import limits

LF, CR, TAB, SPACE = 10, 13, 9, 32
BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Scan:
    """By record: where it ends (the byte of its line feed), how many cells it has, whether it is blank."""

    ends: NDArray[np.int64]
    widths: NDArray[np.int64]
    blank: NDArray[np.bool_]
    is_trimmed: bool
    """There are no quotes, and no ASCII blank stands at an end of a cell."""

    def start(self, record: int) -> int:
        """Where a record begins."""
        return int(self.ends[record - 1]) + 1 if record else 0


def scan(data: bytes, delimiter: str, quote: str, *, file: str) -> Scan:
    """Where the records of a text table are.

    Raises:
        FileRejected: a NUL or another control character, a line beyond the limit, a quote that does not close
            or stands inside a cell.
    """
    text = np.frombuffer(data, dtype=np.uint8)
    walker = _Walker(text, ord(delimiter), ord(quote) if quote and quote.encode() in data else None, file)
    for first in range(0, len(text), BLOCK):
        walker.block(first)
    return walker.finish()


class _Walker:
    """Carries what one block must tell the next: whether a quote is open, where the record began."""

    def __init__(self, text: NDArray[np.uint8], delimiter: int, quote: int | None, file: str) -> None:
        self.text, self.delimiter, self.quote, self.file = text, delimiter, quote, file
        self.open = False
        self.ends: list[NDArray[np.int64]] = []
        self.widths: list[NDArray[np.int64]] = []
        self.last_end, self.pending, self.records = -1, 0, 0
        self.is_trimmed = self.quote is None

    def block(self, first: int) -> None:
        part = self.text[first : first + BLOCK]
        self._refuse_controls(part, first)
        line_ends, edges = part == LF, part == self.delimiter
        edges |= line_ends
        inside = self._inside(part, first) if self.quote is not None else None
        if inside is not None:
            edges &= ~inside
        self._refuse_lone_returns(part, first, inside)
        if self.is_trimmed:
            self._look_for_blanks(part, first)
        # Between two line ends stand as many edges of cells as the record has cells.
        at = np.flatnonzero(edges)
        ends_at = np.flatnonzero(line_ends[at])
        ends = at[ends_at]
        self._refuse_long(ends + first, first + len(part))
        widths = np.diff(ends_at, prepend=-1)
        if len(widths):
            widths[0] += self.pending
            self.pending = 0
        self.ends.append(ends + first)
        self.widths.append(widths)
        self.pending += len(at) - (int(ends_at[-1]) + 1 if len(ends_at) else 0)
        self.records += len(ends)

    def finish(self) -> Scan:
        size = len(self.text)
        if self.open:
            raise self._refused(
                "unclosed_quote", "{file}: a quotation mark in row {row} is never closed.", self.records
            )
        if self.last_end < size - 1:
            self.ends.append(np.array([size]))
            self.widths.append(np.array([self.pending + 1]))
        ends = np.concatenate([np.empty(0, dtype=np.int64), *self.ends])
        widths = np.concatenate([np.empty(0, dtype=np.int64), *self.widths])
        starts = np.append(-1, ends[:-1]) + 1 if len(ends) else ends
        length = ends - starts
        blank = length == 0
        returns = length == 1
        blank[returns] = self.text[starts[returns]] == CR
        return Scan(ends, widths, blank, self.is_trimmed)

    def _look_for_blanks(self, part: NDArray[np.uint8], first: int) -> None:
        blanks = part == SPACE
        if self.delimiter != TAB:
            blanks |= part == TAB
        at = np.flatnonzero(blanks) + first
        if at.size:
            edges = np.array([self.delimiter, LF, CR], dtype=np.uint8)
            beside = np.concatenate(
                [self.text[np.maximum(at - 1, 0)], self.text[np.minimum(at + 1, len(self.text) - 1)]]
            )
            at_ends = at[0] == 0 or at[-1] == len(self.text) - 1
            self.is_trimmed = not (at_ends or np.isin(beside, edges).any())

    def _inside(self, part: NDArray[np.uint8], first: int) -> NDArray[np.bool_]:
        """Which bytes stand between quotes; refuses quotes that neither open nor close a cell."""
        at = np.flatnonzero(part == self.quote)
        opens = (np.arange(len(at)) % 2 == 0) ^ self.open
        position = at + first
        before = self.text[np.maximum(position - 1, 0)]
        after = self.text[np.minimum(position + 1, len(self.text) - 1)]
        edges = np.array([self.delimiter, LF, CR, self.quote], dtype=np.uint8)
        fits_open = np.isin(before, edges) | (position == 0)
        fits_close = np.isin(after, edges) | (position == len(self.text) - 1)
        wrong = np.flatnonzero(np.where(opens, ~fits_open, ~fits_close))
        marks = np.zeros(len(part), dtype=np.uint8)
        marks[at] = 1
        inside = (np.bitwise_xor.accumulate(marks) ^ self.open).astype(bool)
        if wrong.size:
            ended = int(((part[: at[wrong[0]]] == LF) & ~inside[: at[wrong[0]]]).sum())
            raise self._refused(
                "stray_quote",
                "{file}: in row {row} a quotation mark stands inside a cell, or the one before it is never closed.",
                self.records + ended,
            )
        self.open ^= bool(len(at) % 2)
        return inside

    def _refuse_controls(self, part: NDArray[np.uint8], first: int) -> None:
        low = part < 32  # noqa: PLR2004 - the first printable character
        if np.count_nonzero(low) == sum(np.count_nonzero(part == mark) for mark in (LF, CR, TAB)):
            return
        bad = np.flatnonzero(low & ~np.isin(part, [LF, CR, TAB]))[0]
        row = self.records + int((part[:bad] == LF).sum())
        message = "{file}: row {row} holds a character that no text has (code {value})."
        raise self._refused("control_character", message, row, value=int(self.text[first + bad]))

    def _refuse_lone_returns(self, part: NDArray[np.uint8], first: int, inside: NDArray[np.bool_] | None) -> None:
        """A carriage return ends a line only before a line feed; alone some programs read it as an end."""
        at = np.flatnonzero(part == CR)
        if not at.size:
            return
        last = len(self.text) - 1
        lone = (self.text[np.minimum(at + first + 1, last)] != LF) & (at + first < last)
        if inside is not None:
            lone &= ~inside[at]
        if lone.any():
            row = self.records + int((part[: at[lone.argmax()]] == LF).sum())
            raise self._refused("control_character", "{file}: in row {row} a line ends in two ways.", row)

    def _refuse_long(self, ends: NDArray[np.int64], upto: int) -> None:
        gaps = np.diff(np.concatenate([[self.last_end], ends, [upto - 1]]))
        if int(gaps.max()) > limits.LINE_BYTES:
            row = self.records + int(gaps.argmax())
            message = "{file}: row {row} is longer than {limit} bytes: a quotation mark may be missing."
            raise self._refused("line_too_long", message, row, limit=limits.LINE_BYTES)
        if len(ends):
            self.last_end = int(ends[-1])

    def _refused(self, code: str, message: str, record: int, **params: int) -> FileRejected:
        """A refusal that points at a record; record 0 is the header."""
        return FileRejected(
            message,
            hint="Put quotes around the whole cell and double those inside, or say quote: none in a mapping."
            if "quote" in code else "",
            where=Where(self.file, record), code=code, file=self.file, row=record, **params,
        )  # fmt: skip
