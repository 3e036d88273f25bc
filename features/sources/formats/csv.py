"""CSV, the project's own and couriers': pieces side by side, units in the headers, any of four delimiters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import polars as pl

from features.sources.adapter import EVERY_FIELD, EVERY_PIECE_FIELD, Batch, Content
from features.sources.columns.export import flat_parcels, safe
from features.sources.columns.tables import ParcelTable
from features.sources.syntax.csv_tables import csv_batches
from features.sources.syntax.lines import wide_encoding


class Csv:
    """CSV with the names of the record as headers, or common other names; see `features.sources.columns.headers`."""

    name = "csv"
    says = "CSV: field names or couriers' common headers, comma, semicolon, tab or | between the cells, any encoding."
    content = Content.PARCELS
    media_type = "text/csv"
    suffix = ".csv"
    carries = EVERY_FIELD
    carries_in_pieces = EVERY_PIECE_FIELD

    def __init__(self, *, encoding: str | None = None, currencies: frozenset[str] = frozenset()) -> None:
        """Read files in an encoding that is stated, else detected; headers may name `currencies` of the office."""
        self._encoding, self._currencies = encoding, currencies

    def knowing(self, currencies: frozenset[str]) -> Csv:
        """The same with the office's own currencies."""
        return Csv(encoding=self._encoding, currencies=currencies)

    def recognises(self, head: bytes) -> bool:
        """True for text that no other format claims."""
        is_text = b"\x00" not in head.rstrip(b"\x00") or wide_encoding(head) is not None
        return is_text and not head.replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(
            (b"{", b"[", b"<", b"UNA", b"UNB")
        )

    def read(self, file: BinaryIO) -> Iterator[Batch]:
        """Read parcels.

        Raises
        ------
        SourceError
            When the file is empty, has no usable header, or what its columns mean must be asked.
        """
        table = ParcelTable("csv", self._currencies)
        for raw in csv_batches(file, encoding=self._encoding):
            yield table.batch(raw)

    def write(self, rows: pl.DataFrame, file: BinaryIO) -> None:
        """Write parcels. Texts that a spreadsheet would run get an apostrophe in front, which reading takes away."""
        file.write(safe(flat_parcels(rows)).write_csv().encode())


ADAPTERS = (Csv(),)
