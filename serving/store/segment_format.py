"""Format of a segment: events of the log as Parquet bytes, without item numbers and free texts.

Whatever says where a segment belongs is in the file itself, so that its digest covers it. Columns that are added to the
log later are null in segments of before; a segment is never written anew for them.
"""

from __future__ import annotations

import io
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from features.facts.withheld import WITHHELD_SCHEMA
from features.parcel.problems import StoreError

VERSION = 1
GROUP = 4_000
"""Events that are read at once where one is looked for: some five milliseconds. Smaller groups take more bytes."""
_LEVEL = 3
_HEADER = "parcel-risk segment"
DERIVED_BY = "derivation"
"""Column of the version of the derivation that made keys and facts of an event."""
SCHEMA = pl.Schema({**WITHHELD_SCHEMA, DERIVED_BY: pl.Int64()})
"""Columns of a segment."""


@dataclass(frozen=True, kw_only=True)
class Header:
    """What a segment says of itself.

    Attributes
    ----------
    first_seq, last_seq:
        Sequence numbers of its events, without gaps.
    previous:
        SHA-256 of the segment before, in hex; empty for the first one.
    derivations:
        Versions of the derivation that made keys and facts.
    version:
        Of the schema.
    """

    first_seq: int
    last_seq: int
    previous: str
    derivations: tuple[int, ...]
    version: int = VERSION


def written(events: pl.DataFrame, header: Header) -> bytes:
    """Content of a segment of `events` (``SCHEMA``): the same bytes for the same events and header."""
    content = io.BytesIO()
    events.write_parquet(
        content,
        compression="zstd",
        compression_level=_LEVEL,
        row_group_size=GROUP,
        metadata={_HEADER: json.dumps(asdict(header), sort_keys=True)},
    )
    return content.getvalue()


def header_of(path: Path) -> Header:
    """Read what a segment says of itself.

    Raises
    ------
    StoreError
        When it is no segment, or a newer program wrote it.
    """
    try:
        given = json.loads(pl.read_parquet_metadata(path)[_HEADER])
        header = Header(**{**given, "derivations": tuple(given["derivations"])})
    except (PolarsError, KeyError, TypeError, ValueError):
        raise StoreError(
            f"{path.name} is no segment of a log. Put the right file back from a backup of the segments."
        ) from None
    if header.version > VERSION:
        raise StoreError(
            f"the segment {path.name} has version {header.version}; this program reads versions up to {VERSION}. "
            "Install the program that wrote it."
        )
    return header


def scan(path: Path) -> pl.LazyFrame:
    """Events of a segment, columns of ``SCHEMA``; those that it lacks are null."""
    table = pl.scan_parquet(path)
    given = table.collect_schema()
    return table.select(
        pl.col(name) if given.get(name) == dtype else _made(name, dtype, is_there=name in given)
        for name, dtype in SCHEMA.items()
    )


def _made(name: str, dtype: pl.DataType, *, is_there: bool) -> pl.Expr:
    return pl.col(name).cast(dtype) if is_there else pl.lit(None, dtype=dtype).alias(name)
