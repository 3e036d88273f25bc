"""EMSEVT-like XML: what happened to postal items on their way."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

import polars as pl

from features.parcel.fields import Field, Kind
from features.parcel.problems import Rejection
from features.parcel.s10 import tidy_parcel_id
from features.parcel.schema import LINE
from features.sources import elements, markup
from features.sources.adapter import BATCH_ROWS, MOVEMENT_SCHEMA, SCHEMAS, Batch, Content
from features.sources.cells import PARCEL
from features.sources.gathering import gather_items
from features.sources.leaves import Leaf, leaf

SHAPE = markup.Shape(root=("ItemEvents",), item="Event")
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
LEAVES: tuple[Leaf, ...] = tuple(
    leaf(path, target)
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
        """True for the root element."""
        return b"<ItemEvents" in head

    def read(self, file: BinaryIO) -> Iterator[Batch]:
        """Read events."""
        events = markup.items(file, SHAPE)
        first = True
        while (batch := list(islice(events, BATCH_ROWS))) or first:
            first = False
            yield checked(gather_items(batch, LEAVES), Content.MOVEMENTS, ("parcel_id", "code", "happened_at"))

    def write(self, rows: pl.DataFrame, file: BinaryIO) -> None:
        """Write events."""
        elements.write_items(rows, file, SHAPE, LEAVES)


def checked(batch: Batch, content: Content, needed: tuple[str, ...]) -> Batch:
    """Reject rows without a field in `needed`; bring the others to the schema of `content`."""
    schema = SCHEMAS[content]
    full = batch.rows.select(
        LINE,
        *(
            pl.col(name) if name in batch.rows.columns else pl.lit(None, dtype=kind).alias(name)
            for name, kind in schema.items()
        ),
    )
    missing = [
        Rejection(line=line, field=name, code="required", reason="the field is missing.", remedy="Give it.")
        for name in needed
        for line in full.filter(pl.col(name).is_null())[LINE]
    ]
    kept = full.filter(pl.all_horizontal(pl.col(name).is_not_null() for name in needed))
    return Batch(**(vars(batch) | {"rows": tidy_parcel_id(kept), "rejections": (*batch.rejections, *missing)}))


ADAPTERS = (Emsevt(),)
