"""Cut CSV into records, one row each; a record that is not well formed is rejected by its line.

A quoted cell may run over several lines. One whose quote never closes must not swallow the rest of the file: after
``MAX_LINES`` lines the record is given up and reading continues after its first line.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from features.parcel.problems import Rejection, SourceError
from features.sources.adapter import KEPT_CHARACTERS, MAX_RECORD_BYTES
from features.sources.syntax.lines import blocks

MAX_COLUMNS = 2_000
MAX_LINES = 100
"""Lines over which one quoted cell may run."""
DELIMITERS = (b",", b";", b"\t", b"|")
_SEPARATOR = re.compile(rb'"?sep=([,;\t|])"?[,;\t| ]*', re.IGNORECASE)
"""First line by which a spreadsheet says what separates the cells."""


_HEADER_LINES, _TITLE, _MANY = 20, 2, 5
"""Lines among which the header is looked for, most texts of a title above it, and fewest texts of such a header.

Above a header of many texts there may stand an address or the like, of up to a third as many.
"""


@dataclass(frozen=True, kw_only=True)
class Header:
    """Names of the columns, and what separates them."""

    names: list[str]
    delimiter: bytes


class CsvRecord(NamedTuple):
    """One row of a file: its first line and its text, or why it is none."""

    line: int
    text: bytes
    fault: Rejection | None = None
    is_cut_off: bool = False

    def shown(self) -> str:
        """Text for the quarantine."""
        return self.text.decode("utf-8", "replace")[:KEPT_CHARACTERS]


class CsvRecords:
    """Records of a CSV file, in order, behind its header.

    The delimiter is the one that a first line such as ``sep=;`` names, else the one of ``, ; tab |`` that occurs most
    often in the header.

    Raises
    ------
    SourceError
        When the file is empty, or its first line cannot be a header.
    """

    def __init__(self, text: Iterable[bytes]) -> None:
        """Read the header from the beginning of a text in UTF-8."""
        self._blocks = blocks(text)
        self._waiting: deque[tuple[int, bytes | None]] = deque()
        self._cut_off_line = 0
        self.header = self._header()
        self._quotes = _Quotes(self.header.delimiter)
        self._blank = self.header.delimiter + b" \t\r\n\v\f"  # a row without any content is none

    def __iter__(self) -> Iterator[CsvRecord]:
        """Go through the records once."""
        while (numbered := self._next()) is not None:
            number, line = numbered
            if line is None:
                yield _too_long(number)
            elif b'"' in line:
                yield self._quoted(number, line)
            elif line.strip(self._blank):
                yield CsvRecord(line=number, text=line, is_cut_off=number == self._cut_off_line)

    def _header(self) -> Header:
        delimiter: bytes | None = None
        self._pass_titles()
        while (numbered := self._next()) is not None:
            number, line = numbered
            if line is None:
                raise SourceError(
                    f"line {number} has more than {MAX_RECORD_BYTES:,} bytes, so it cannot be a header. "
                    "Check that the file is a manifest and that its line ends are there."
                )
            if delimiter is None and (named := _SEPARATOR.fullmatch(line)):
                delimiter = named[1]
            elif line.strip():
                return parse_header(self._whole_header(line), delimiter)
        raise SourceError("the file is empty. Send a CSV file whose first line names the columns.")

    def _whole_header(self, line: bytes) -> bytes:
        """The header with the lines over which its quoted names run, each name on one line."""
        lines = [line]
        while sum(one.count(b'"') for one in lines) % 2 and len(lines) < MAX_LINES:
            numbered = self._next()
            if numbered is None or numbered[1] is None:
                self._waiting.extendleft([numbered] if numbered else [])
                break
            lines.append(numbered[1])
        return b" ".join(one.strip(b"\r") for one in lines)

    def _pass_titles(self) -> None:
        """Pass over titles above the header: lines of one or two texts before one of many."""
        first = [numbered for _ in range(_HEADER_LINES) if (numbered := self._next()) is not None]
        counts = [_n_texts(line or b"") for _, line in first]
        many = max(counts, default=0)
        at = next((index for index, count in enumerate(counts) if 2 * count >= many), 0)
        is_title = many >= _MANY and all(count <= max(_TITLE, many // 3) for count in counts[:at])
        named = [numbered for numbered in first[:at] if _SEPARATOR.fullmatch(numbered[1] or b"")]
        self._waiting.extendleft(reversed([*named, *first[at:]] if is_title else first))

    def _next(self) -> tuple[int, bytes | None] | None:
        while not self._waiting:
            block = next(self._blocks, None)
            if block is None:
                return None
            self._waiting.extend(enumerate(block.lines, start=block.first))
            if block.is_cut_off:
                self._cut_off_line = block.first + len(block.lines) - 1
        return self._waiting.popleft()

    def _quoted(self, number: int, line: bytes) -> CsvRecord:
        """Collect the lines of a record with quotes; give it up when no quote closes it."""
        taken: list[tuple[int, bytes | None]] = []
        parts = [line]
        is_open = self._quotes.leave_open(line)
        while is_open and len(taken) < MAX_LINES and sum(map(len, parts)) < MAX_RECORD_BYTES:
            numbered = self._next()
            if numbered is None:
                break
            taken.append(numbered)
            if numbered[1] is None:
                break
            parts.append(numbered[1])
            is_open = self._quotes.leave_open(numbered[1], inside=True)
        if is_open:
            self._waiting.extendleft(reversed(taken))
            return _quote_open(number, line)
        return CsvRecord(line=number, text=b"\n".join(parts), is_cut_off=number + len(taken) == self._cut_off_line)


class _Quotes:
    """Where quoted cells begin and end; a quote in the middle of a cell means nothing."""

    def __init__(self, delimiter: bytes) -> None:
        mark = re.escape(delimiter)
        self._whole = re.compile(rb'(^|%s)"(?:[^"]|"")*+"(?=%s|$)' % (mark, mark))
        self._tail = re.compile(rb'^(?:[^"]|"")*+"(?=%s|$)' % mark)
        self._start = re.compile(rb'(?:^|%s)"' % mark)

    def leave_open(self, line: bytes, *, inside: bool = False) -> bool:
        """Whether a quoted cell is still open at the end of `line`; `inside` when it began in an earlier line."""
        if inside:
            line, closed = self._tail.subn(b"", line, count=1)
            if not closed:
                return True
        return self._start.search(self._whole.sub(rb"\1", line)) is not None


def parse_header(line: bytes, delimiter: bytes | None = None) -> Header:
    """Read the first line of a CSV file; `delimiter` is what a line before it named.

    Raises
    ------
    SourceError
        When it is not text, or names more than ``MAX_COLUMNS`` columns.
    """
    delimiter = delimiter or max(DELIMITERS, key=line.count)
    if line.count(delimiter) >= MAX_COLUMNS:
        raise SourceError(
            f"the first line names {line.count(delimiter) + 1:,} columns; at most {MAX_COLUMNS:,} are read. "
            "Check that the file is a manifest and that its line ends are there."
        )
    try:
        (cells,) = csv.reader([line.decode("utf-8")], delimiter=delimiter.decode(), strict=True)
    except (UnicodeDecodeError, ValueError, csv.Error) as error:
        raise SourceError(
            "the first line is not a CSV header in UTF-8. Save the file as CSV in UTF-8 with the column names on top."
        ) from error
    return Header(names=_distinguished(cells), delimiter=delimiter)


def _distinguished(cells: list[str]) -> list[str]:
    """Headers as they are; a duplicate gets a number, as Polars gives it."""
    seen: dict[str, int] = {}
    names = []
    for cell in cells:
        n = seen[cell] = seen.get(cell, -1) + 1
        names.append(f"{cell}_duplicated_{n - 1}" if n else cell)
    return names


def _n_texts(line: bytes) -> int:
    """Cells of a line that hold letters, by the delimiter that gives most."""
    counts = [0]
    for delimiter in DELIMITERS:
        try:
            cells = next(csv.reader([line.decode("utf-8", "replace")], delimiter=delimiter.decode()), [])
        except (csv.Error, ValueError):
            continue
        counts.append(sum(any(map(str.isalpha, cell)) for cell in cells))
    return max(counts)


def _too_long(number: int) -> CsvRecord:
    fault = Rejection(
        line=number,
        field="line",
        code="too_long",
        reason=f"the line has more than {MAX_RECORD_BYTES:,} bytes.",
        remedy="Check for a line end that is missing.",
    )
    return CsvRecord(line=number, text=b"", fault=fault)


def _quote_open(number: int, line: bytes) -> CsvRecord:
    fault = Rejection(
        line=number,
        field="line",
        code="quote_open",
        reason="a quote opens in this line and does not close.",
        remedy='Close it; write a quote within a quoted cell twice, as in "12"" pipe".',
    )
    return CsvRecord(line=number, text=line, fault=fault)
