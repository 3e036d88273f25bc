"""A part of a file that is ready to be scored, in memory and as bytes on the way from the process that reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgpack
import polars as pl

from features.event_rows import Row
from features.identity import IdentityKey, derived_values
from features.parcel.flags import QUALITY_FLAGS
from features.parcel.joining import IS_MORE
from features.parcel.problems import Doubt, Rejection, Remark
from features.parcel.reference import Reference
from features.parcel.schema import LINE, PARCEL_SCHEMA
from features.sources.reading import Reading
from serving.office.content import Derived, content_of

_COLUMNS = (LINE, *PARCEL_SCHEMA, QUALITY_FLAGS)


@dataclass(frozen=True, kw_only=True)
class Ready:
    """Rows that can be used, of one operator, and why others cannot.

    Attributes
    ----------
    n_rows:
        Rows of the part, used or not.
    original:
        Text of a line as it was sent; of one that is used as it was sent only before it travels.
    numbers:
        Identifiers of lines that cannot be used, where they gave one.
    derived:
        What was made of rows already, by line.
    """

    rows: Sequence[Row]
    rejections: tuple[Rejection, ...]
    doubts: tuple[Doubt, ...]
    n_rows: int
    original: Callable[[int], str]
    numbers: Mapping[int, str]
    derived: Mapping[int, Derived] = field(default_factory=dict)

    @classmethod
    def of(cls, reading: Reading, operator: str | None) -> Ready:
        """A part as it was read; the operator is who lodges it, whatever it says."""
        return cls(
            rows=rows_with_more(reading.parcels.with_columns(pl.lit(operator).alias("operator")), reading.more),
            rejections=reading.rejections,
            doubts=reading.doubts,
            n_rows=reading.n_rows,
            original=reading.original,
            numbers=reading.numbers,
        )


def rows_with_more(parcels: pl.DataFrame, more: frozenset[int]) -> list[Row]:
    """Rows to be scored, those marked whose number an earlier part of the file had."""
    return _marked(parcels.to_dicts(), more)


def _marked(rows: list[Row], more: frozenset[int]) -> list[Row]:
    return [{**row, IS_MORE: True} if row[LINE] in more else row for row in rows] if more else rows


def packed(ready: Ready, *, identity: IdentityKey, digest: bytes, reference: Reference) -> bytes:
    """A part as bytes, with what is made of its rows under the keys `identity` and `digest`."""
    remarked = {one.line for one in (*ready.rejections, *ready.doubts)}
    content = {
        "rows": [[row[name] for name in _COLUMNS] for row in ready.rows],
        "more": [row[LINE] for row in ready.rows if IS_MORE in row],
        "contents": [content_of(row, digest) for row in ready.rows],
        "values": [derived_values(row, identity, reference) for row in ready.rows],
        "rejections": _plain(ready.rejections),
        "doubts": _plain(ready.doubts),
        "n_rows": ready.n_rows,
        "texts": {line: ready.original(line) for line in sorted(remarked)},
        "numbers": dict(ready.numbers),
    }
    return bytes(msgpack.packb(content, datetime=True, unicode_errors="surrogatepass"))


def unpacked(data: bytes) -> Ready:
    """The part again."""
    content: dict[str, Any] = msgpack.unpackb(
        data, timestamp=3, strict_map_key=False, unicode_errors="surrogatepass", use_list=True
    )
    more, texts = frozenset(content["more"]), content["texts"]
    rows = [dict(zip(_COLUMNS, values, strict=True)) for values in content["rows"]]
    derived = map(Derived, content["contents"], content["values"])
    return Ready(
        rows=_marked(rows, more),
        rejections=tuple(Rejection(**one) for one in content["rejections"]),
        doubts=tuple(Doubt(**one) for one in content["doubts"]),
        n_rows=content["n_rows"],
        original=lambda line: texts.get(line, ""),
        numbers=content["numbers"],
        derived=dict(zip((row[LINE] for row in rows), derived, strict=True)),
    )


def _plain(remarks: Iterable[Remark]) -> list[dict[str, object]]:
    return [one.as_dict() for one in remarks]
