"""EMSEVT-like XML: what happened to postal items on their way."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

import polars as pl

from features.parcel.fields import Field, Kind
from features.sources.adapter import BATCH_ROWS, MOVEMENT_SCHEMA, Batch, Content
from features.sources.columns.assemble import assemble_items
from features.sources.columns.cells import PARCEL
from features.sources.columns.message_fields import MessageField, message_field, written
from features.sources.columns.required import with_required
from features.sources.syntax import xml_reader, xml_writer
from features.sources.syntax.identify import xml_root
from features.sources.syntax.xml_paths import Shape

SHAPE = Shape(root=("ItemEvents",), item="Event")
MOVEMENT_FIELDS = (
    PARCEL["parcel_id"],
    Field(
        name="code",
        says="What happened, as EMSEVT codes it.",
        required=True,
        pattern=r"[A-Z]{3}",
        max_length=3,
        example="EMD",
        source="UPU EMSEVT",
    ),
    Field(name="happened_at", says="When it happened.", kind=Kind.TIME, required=True),
    Field(name="office", says="Where it happened.", max_length=35, source="UPU S34"),
    Field(name="reason", says="Why, as the operator codes it.", max_length=10),
)
FIELDS: tuple[MessageField, ...] = tuple(
    message_field(path, target)
    for path, target in zip(
        ("ItemId", "EventCode", "EventDateTime", "EventOffice", "ReasonCode"), MOVEMENT_FIELDS, strict=True
    )
)


class Emsevt:
    """Events of items."""

    name = "emsevt"
    says = "EMSEVT-like XML: events of items, such as arrived, presented to customs, held, returned, gone."
    content = Content.MOVEMENTS
    media_type = "application/vnd.parcel-risk.emsevt+xml"
    suffix = ".xml"
    carries = frozenset(MOVEMENT_SCHEMA)
    carries_in_pieces: frozenset[str] = frozenset()

    def recognises(self, head: bytes) -> bool:
        """True for the root element, whatever its namespace."""
        return xml_root(head) in SHAPE.root

    def read(self, file: BinaryIO) -> Iterator[Batch]:
        """Read events."""
        events = xml_reader.items(file, SHAPE)
        first = True
        while (batch := list(islice(events, BATCH_ROWS))) or first:
            first = False
            yield with_required(assemble_items(batch, FIELDS), Content.MOVEMENTS, ("parcel_id", "code", "happened_at"))

    def write(self, rows: pl.DataFrame, file: BinaryIO) -> None:
        """Write events."""
        xml_writer.write_items(rows, file, SHAPE, written(FIELDS))


ADAPTERS = (Emsevt(),)
