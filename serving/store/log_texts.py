"""Numbers and free texts of sealed events: apart from the segments, so that they can be erased.

A parcel's own number is in the table ``events``, by which it is found; everything else that segments withhold is here,
one compressed array for each event that has any: a format byte, then the descriptions of the pieces and the texts in
the order of ``TEXTS``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgpack
import polars as pl
import pyarrow as pa
import zstandard
from sqlalchemy import ColumnElement, Connection, select
from sqlalchemy import text as sql

from features.facts.withheld import PIECE_PROSE
from features.log import LOG_SCHEMA, empty_log
from features.parcel.problems import StoreError
from features.parcel.schema import PIECE_SCHEMA
from serving.store.facts import compressed, decompressed
from serving.store.statements import Statement
from serving.store.tables import events, texts

FORMAT = 1
TEXTS = (
    "manifest_id",
    "transit_offices",
    "receptacle_id",
    "house_bill",
    "master_bill",
    "postage_paid_by",
    "marketplace",
    "packaging",
    "description",
)
"""In the order in which they are stored; append only."""
PIECES = "pieces"
_AT_ONCE = 5_000
_NAMES = (PIECES, *TEXTS)
_NOTHING = dict.fromkeys(_NAMES)
Texts = dict[str, Any]
"""Texts of an event by name, and under ``pieces`` the description of each piece, where there are pieces."""


def put(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Keep the texts of events."""
    kept = [{"seq": event["seq"], "texts": packed} for event in rows if (packed := _packed(event)) is not None]
    if kept:
        _PUT.run(connection, kept)


_PUT = Statement(
    sql("INSERT INTO texts (seq, texts) VALUES (:seq, :texts) ON CONFLICT (seq) DO UPDATE SET texts = excluded.texts")
)


def _packed(event: Mapping[str, Any]) -> bytes | None:
    pieces = event[PIECES]
    described = [piece[PIECE_PROSE] for piece in pieces] if pieces else None
    values = [described, *(event[name] for name in TEXTS)]
    while values and values[-1] is None:
        values.pop()
    return bytes([FORMAT]) + compressed(values) if values else None


def of(connection: Connection, seqs: Iterable[int]) -> dict[int, Texts]:
    """Texts of those of the sealed events `seqs` that have any left."""
    wanted = list(seqs)
    found: dict[int, Texts] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        part = texts.c.seq.in_(wanted[start : start + _AT_ONCE])
        found.update((seq, _unpacked(packed, seq)) for seq, packed in connection.execute(select(texts).where(part)))
    return found


def erase(connection: Connection, seqs: Iterable[int]) -> None:
    """Erase the texts of sealed events."""
    wanted = list(seqs)
    for start in range(0, len(wanted), _AT_ONCE):
        connection.execute(texts.delete().where(texts.c.seq.in_(wanted[start : start + _AT_ONCE])))


def forget_behind(connection: Connection, seq: int) -> None:
    """Remove the texts of events behind sequence number `seq`, which are no longer sealed."""
    connection.execute(texts.delete().where(texts.c.seq > seq))


def with_texts(event: Mapping[str, Any], known: Texts | None) -> dict[str, Any]:
    """A sealed event with its texts, as far as they are left."""
    found = {**_NOTHING, **(known or {})}
    described = found.pop(PIECES) or ()
    pieces = event[PIECES]
    if pieces is not None:
        spread = [*described, *[None] * (len(pieces) - len(described))]
        found[PIECES] = [{PIECE_PROSE: text, **piece} for piece, text in zip(pieces, spread, strict=True)]
    return {**event, **found}


def joined(connection: Connection, sealed: pl.DataFrame) -> pl.DataFrame:
    """Sealed events, one behind the other, with numbers and texts as far as they are left: ``LOG_SCHEMA``."""
    if sealed.height == 0:
        return empty_log()
    known = _known(connection, sealed)
    columns = [*_numbers(connection, sealed), *_columns(known, TEXTS)]
    pieces = _pieces(sealed[PIECES], [one[PIECES] or () for one in known])
    return sealed.with_columns(*columns, pieces).select(LOG_SCHEMA.names())


def texts_of(connection: Connection, sealed: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Some columns of numbers and texts of sealed events, one behind the other, as far as they are left."""
    if sealed.height == 0:
        return empty_log().select(names)
    columns = _numbers(connection, sealed)
    wanted = [name for name in names if name in TEXTS]
    columns += _columns(_known(connection, sealed), wanted) if wanted else []
    return pl.DataFrame(columns).select(names)


def _between(column: ColumnElement[int], sealed: pl.DataFrame) -> ColumnElement[bool]:
    return column.between(int(sealed["seq"][0]), int(sealed["seq"][-1]))


def _numbers(connection: Connection, sealed: pl.DataFrame) -> list[pl.Series]:
    query = select(events.c.parcel_id).where(_between(events.c.seq, sealed)).order_by(events.c.seq)
    return [pl.Series("parcel_id", connection.execute(query).scalars().all(), dtype=pl.String)]


def _known(connection: Connection, sealed: pl.DataFrame) -> list[Texts]:
    rows = connection.execute(select(texts).where(_between(texts.c.seq, sealed)))
    found = {seq: _unpacked(packed, seq) for seq, packed in rows}
    return [found.get(seq, _NOTHING) for seq in sealed["seq"]]


def _columns(known: Sequence[Texts], names: Iterable[str]) -> list[pl.Series]:
    return [pl.Series(name, [one[name] for one in known], dtype=LOG_SCHEMA[name]) for name in names]


def _pieces(pieces: pl.Series, described: list[Any]) -> pl.Series:
    lengths = pieces.list.len().fill_null(0)
    spread = [text for one, n in zip(described, lengths, strict=True) for text in [*one, *[None] * (n - len(one))]]
    flat = pieces.filter(lengths > 0).explode().struct.unnest()
    fields = flat.with_columns(pl.Series(PIECE_PROSE, spread, dtype=pl.String))
    ends = pl.Series([0, *lengths.cum_sum()], dtype=pl.Int64).to_arrow()
    items = fields.select(list(PIECE_SCHEMA.to_schema())).to_struct().to_arrow()
    lists = pa.LargeListArray.from_arrays(ends, items, mask=pieces.is_null().to_arrow())
    return pl.Series(PIECES, pl.from_arrow(lists), dtype=LOG_SCHEMA[PIECES])


def _unpacked(packed: bytes, seq: int) -> Texts:
    if packed[:1] != bytes([FORMAT]):
        raise StoreError(
            f"the texts of event {seq} of the log are stored in a format that this program does not read (it reads "
            f"{FORMAT}). Install the program that wrote it."
        )
    try:
        values = decompressed(packed[1:])
    except (zstandard.ZstdError, ValueError, msgpack.UnpackException) as error:
        raise StoreError(
            f"the texts of event {seq} of the log are damaged ({type(error).__name__}). Restore a backup."
        ) from None
    return {**_NOTHING, **dict(zip(_NAMES, values, strict=False))}
