"""XLSX: the sheets of a workbook that hold parcels, read by its headers as CSV is."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import BinaryIO

import polars as pl

from features.sources.adapter import EVERY_FIELD, EVERY_PIECE_FIELD, Batch, Content
from features.sources.columns.export import flat_parcels, unmistakable
from features.sources.columns.headers import holds_parcels
from features.sources.columns.tables import ParcelTable
from features.sources.syntax.xlsx_tables import xlsx_batches
from features.sources.syntax.xlsx_writer import write_xlsx


class Xlsx:
    """Workbooks of spreadsheets."""

    name = "xlsx"
    says = "XLSX: the sheet of a workbook that holds parcels, and those with its header; headers as in CSV."
    content = Content.PARCELS
    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    suffix = ".xlsx"
    carries = EVERY_FIELD
    carries_in_pieces = EVERY_PIECE_FIELD

    def __init__(self, *, currencies: frozenset[str] = frozenset()) -> None:
        """Headers may name `currencies` of the office."""
        self._currencies = currencies

    def knowing(self, currencies: frozenset[str]) -> Xlsx:
        """The same with the office's own currencies."""
        return Xlsx(currencies=currencies)

    def recognises(self, head: bytes) -> bool:
        """True for the mark of a package; whether it is a workbook is seen on reading."""
        return head.startswith(b"PK\x03\x04")

    def read(self, file: BinaryIO) -> Iterator[Batch]:
        """Read parcels.

        Raises
        ------
        SourceError
            When it is no workbook, too large in memory, or what its columns mean must be asked.
        """
        table = ParcelTable("xlsx", self._currencies)
        for raw in xlsx_batches(file, is_wanted=partial(holds_parcels, currencies=self._currencies)):
            yield table.batch(raw)

    def write(self, rows: pl.DataFrame, file: BinaryIO) -> None:
        """Write parcels, every cell as text."""
        write_xlsx(unmistakable(flat_parcels(rows)), file)


ADAPTERS = (Xlsx(),)
