"""Any table or message through a mapping: the mapping says what is an item, and which column or path fills what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import BinaryIO

import polars as pl

from features.parcel.problems import SourceError
from features.sources.adapter import BATCH_ROWS, Batch, Content
from features.sources.columns.assemble import assemble_items
from features.sources.columns.cells import Assignment
from features.sources.columns.decimals import Decimals
from features.sources.columns.mapping import TABULAR, Mapping
from features.sources.columns.table_rows import TableRows
from features.sources.columns.tables import filled
from features.sources.item import Item, RawBatch
from features.sources.syntax import edifact_items, json_items, xml_reader
from features.sources.syntax.arrow_tables import parquet_batches
from features.sources.syntax.csv_tables import csv_batches
from features.sources.syntax.edifact import open_interchange
from features.sources.syntax.identify import edifact_message, xml_root
from features.sources.syntax.xlsx_tables import xlsx_batches
from features.sources.syntax.xml_paths import Shape

_SUFFIXES = {"csv": ".csv", "xlsx": ".xlsx", "parquet": ".parquet", "xml": ".xml", "json": ".json", "edifact": ".edi"}


@dataclass(frozen=True, kw_only=True)
class _Place:
    """Where a mapping finds a field in a message."""

    how: Assignment
    others: tuple[str, ...]

    @property
    def path(self) -> str:
        """Path of the text; empty for a constant."""
        return self.how.column or ""

    def assignment(self) -> Assignment:
        """How a table of texts fills the field."""
        return self.how


class Mapped:
    """A format that a mapping describes; it is read and never written."""

    content = Content.PARCELS

    def __init__(self, mapping: Mapping) -> None:
        """Take the format from the mapping."""
        self.mapping = mapping
        self.name = mapping.name
        self.says = mapping.says or f"Through the mapping {mapping.name}."
        self.suffix = _SUFFIXES[mapping.kind]
        self.media_type = f"application/vnd.parcel-risk.{mapping.name}+{mapping.kind}"
        self.carries = frozenset(one.target.name for one in mapping.parcels if not one.piece)
        self.carries_in_pieces = frozenset(one.target.name for one in mapping.parcels if one.piece)

    def recognises(self, head: bytes) -> bool:
        """True for the root element, the message or the keys that the mapping names."""
        wanted = self.mapping.recognise
        if not wanted:
            return False
        if self.mapping.kind == "xml":
            return xml_root(head) in wanted
        if self.mapping.kind == "edifact":
            message = edifact_message(head)
            return message is not None and message[0] in wanted
        is_json = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")
        return is_json and all(f'"{key}"'.encode() in head for key in wanted)

    def read(self, file: BinaryIO) -> Iterator[Batch]:
        """Read parcels.

        Raises
        ------
        SourceError
            When the file is not what the mapping describes.
        """
        if self.mapping.kind in TABULAR:
            table = MappedTable(self.mapping)
            for raw in table_batches(file, self.mapping):
                yield table.batch(raw)
            return
        yield from of_items(message_items(file, self.mapping), self.mapping)

    def write(self, rows: pl.DataFrame, file: BinaryIO) -> None:
        """Refuse: a mapping says how to read only.

        Raises
        ------
        SourceError
            Always.
        """
        raise SourceError(f"{self.name} is read through a mapping; it cannot be written. Choose another format.")


def of_items(found: Iterator[Item], mapping: Mapping) -> Iterator[Batch]:
    """Parcels of the items of a message."""
    in_pieces = [replace(one, piece=0) for one in mapping.parcels if one.piece and mapping.pieces]
    fields = _places([one for one in mapping.parcels if not (one.piece and mapping.pieces)], mapping)
    pieces = _places(in_pieces, mapping)
    decimals = Decimals(stated=mapping.decimal), Decimals(stated=mapping.decimal)
    first = True
    while (batch := list(islice(found, BATCH_ROWS))) or first:
        first = False
        yield _of_all(assemble_items(batch, fields, pieces, decimals), mapping.of_one)


def _places(assignments: list[Assignment], mapping: Mapping) -> list[_Place]:
    return [_Place(how=one, others=mapping.others.get(one.column or "", ())) for one in assignments]


class MappedTable:
    """Fills the record from the batches of one table through a mapping."""

    def __init__(self, mapping: Mapping) -> None:
        """Prepare to read a file."""
        self._mapping = mapping
        self._decimals = Decimals(stated=mapping.decimal)
        self._rows = TableRows()

    def batch(self, raw: RawBatch) -> Batch:
        """Fill the record from a batch."""
        table = raw.table
        for first, others in self._mapping.others.items():
            given = [pl.col(name).replace("", None) for name in (first, *others) if name in table.columns]
            if first in table.columns:
                table = table.with_columns(pl.coalesce(given).alias(first))
        raw = RawBatch(**(vars(raw) | {"table": table}))
        return _of_all(filled(raw, self._mapping.parcels, self._decimals, self._rows), self._mapping.of_one)


def table_batches(file: BinaryIO, mapping: Mapping) -> Iterator[RawBatch]:
    """Texts of a table in the format that a mapping names."""
    if mapping.kind == "xlsx":
        return xlsx_batches(file)
    return parquet_batches(file) if mapping.kind == "parquet" else csv_batches(file, encoding=mapping.encoding)


def message_items(file: BinaryIO, mapping: Mapping) -> Iterator[Item]:
    """Items of a message in the format and with the paths that a mapping names."""
    if mapping.kind == "xml":
        shape = Shape(root=mapping.recognise, item=mapping.item, piece=mapping.pieces)
        return xml_reader.items(file, shape, encoding=mapping.encoding)
    if mapping.kind == "json":
        return json_items.items(file, mapping.item, mapping.pieces, mapping.encoding)
    message = mapping.recognise[0] if mapping.recognise else ""
    edifact = edifact_items.EdifactShape(message=message, item=mapping.item, piece=mapping.pieces)
    return edifact_items.items(open_interchange(file, mapping.encoding), edifact)


def _of_all(batch: Batch, of_one: frozenset[str]) -> Batch:
    """Values of one unit times the quantity of their piece; without a quantity they are not known."""
    if not of_one or "pieces" not in batch.rows.columns:
        return batch
    element = pl.element().struct
    times = [(element.field(name) * element.field("quantity")).alias(name) for name in sorted(of_one)]
    rows = batch.rows.with_columns(pl.col("pieces").list.eval(pl.element().struct.with_fields(*times)))
    return Batch(**(vars(batch) | {"rows": rows}))
