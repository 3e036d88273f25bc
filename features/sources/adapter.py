"""What every format adapter has in common: the protocol, and the batches in which it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import BinaryIO, Protocol

import polars as pl

from features.parcel.fields import PARCEL_FIELDS, PIECE_FIELDS
from features.parcel.problems import Doubt, Rejection
from features.parcel.schema import PARCEL_SCHEMA, TIME

BATCH_ROWS = 5_000
"""Rows that are in memory at a time, whatever the size of the file."""
KEPT_CHARACTERS = 10_000
"""How much of a row that cannot be used is kept for the quarantine."""
MAX_RECORD_BYTES = 1 << 20
"""Longest row, item or document. A manifest row has a few hundred bytes; the limit keeps memory bounded."""


class Content(StrEnum):
    """What the rows of a format are about."""

    PARCELS = "parcels"
    RECEPTACLES = "receptacles"
    MOVEMENTS = "movements"


RECEPTACLE_SCHEMA = pl.Schema({"receptacle_id": pl.String(), "parcel_id": pl.String()})
"""A parcel in a receptacle."""
MOVEMENT_SCHEMA = pl.Schema(
    {"parcel_id": pl.String(), "code": pl.String(), "happened_at": TIME, "office": pl.String(), "reason": pl.String()}
)
"""Something that happened to a parcel on its way."""
SCHEMAS = {Content.PARCELS: PARCEL_SCHEMA, Content.RECEPTACLES: RECEPTACLE_SCHEMA, Content.MOVEMENTS: MOVEMENT_SCHEMA}
EVERY_FIELD = frozenset(declared.name for declared in PARCEL_FIELDS)
EVERY_PIECE_FIELD = frozenset(declared.name for declared in PIECE_FIELDS)


def nothing(_line: int) -> str:
    """Original text of a row in a batch without rows."""
    return ""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """One part of a file.

    Attributes
    ----------
    rows:
        Typed rows with ``line``, any subset of the columns of the content's schema; parcels are not validated yet.
    rejections:
        Why rows of this part, or all of the file behind it, cannot be used.
    n_rows:
        Rows in the part, used or not.
    ignored:
        Columns or elements that no field takes up.
    original:
        Text of a row as it was sent, by line, for the quarantine.
    more:
        Lines whose number an earlier part of the file had.
    doubts:
        Values of rows of this part that were changed, cut or dropped on reading.
    notes:
        What was guessed on reading the file, as sentences for the sender.
    """

    rows: pl.DataFrame
    rejections: tuple[Rejection, ...] = ()
    n_rows: int = 0
    ignored: tuple[str, ...] = ()
    original: Callable[[int], str] = field(default=nothing, repr=False)
    more: frozenset[int] = frozenset()
    doubts: tuple[Doubt, ...] = ()
    notes: tuple[str, ...] = ()


class Adapter(Protocol):
    """One format, in and out.

    ``read`` goes through a binary file from its beginning to its end, holds at most a batch in memory, and raises
    `SourceError` only where nothing of the file can be understood. A fault further down ends in rejections: of single
    rows where the format has a way to find the next one, else one of the rest of the file.
    """

    @property
    def name(self) -> str:
        """Short name, as on the command line."""

    @property
    def says(self) -> str:
        """One sentence on what the format is."""

    @property
    def content(self) -> Content:
        """What its rows are about."""

    @property
    def media_type(self) -> str:
        """Content type under which the API takes it."""

    @property
    def suffix(self) -> str:
        """Ending of its files."""

    @property
    def carries(self) -> frozenset[str]:
        """Fields of the row that survive a round trip."""

    @property
    def carries_in_pieces(self) -> frozenset[str]:
        """Fields of a piece that survive a round trip."""

    def recognises(self, head: bytes) -> bool:
        """Whether a file that begins with `head` looks like this format."""

    def read(self, file: BinaryIO) -> Iterator[Batch]:
        """Read a file batch by batch."""

    def write(self, rows: pl.DataFrame, file: BinaryIO) -> None:
        """Write rows; what the format cannot carry is left out."""
