"""Events of the tail as a table: column by column, which is what makes reading many of them quick."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, repeat
from typing import Any

import polars as pl
import pyarrow as pa

from features.facts.withheld import FACTS_OF_WITHHELD, WITHHELD_SCHEMA, without_texts
from features.log import LOG_SCHEMA, empty_log
from features.parcel.schema import PIECE_SCHEMA, TIME
from serving.store.facts import COLUMNS, PIECE, unpacked_rows, withheld_facts

_PIECES, _TEXTS = LOG_SCHEMA["pieces"], pl.List(pl.String())
_PIECE_TYPES = PIECE_SCHEMA.to_schema()
_AT_ONCE = 1_000
"""Events whose values are unpacked at a time: those of many more do not stay in the processor's cache."""


def table_of(rows: Sequence[Sequence[Any]], names: Sequence[str] = tuple(LOG_SCHEMA)) -> pl.DataFrame:
    """Columns `names` of the log, of rows of ``seq, kind, known_at, subject_seq, operator, parcel_id, facts``."""
    if not rows:
        return empty_log().select(names)
    starts = range(0, len(rows), _AT_ONCE)
    return pl.concat([_part(rows[start : start + _AT_ONCE], names) for start in starts], rechunk=True)


def withheld_table_of(rows: Sequence[Sequence[Any]], texts: Sequence[str] = ()) -> pl.DataFrame:
    """The same as segments hold events, ``WITHHELD_SCHEMA``, and behind it some columns of numbers and `texts`."""
    whole = table_of(rows)
    return _as_stored(without_texts(whole), rows).hstack(whole.select(texts))


def _as_stored(table: pl.DataFrame, rows: Sequence[Sequence[Any]]) -> pl.DataFrame:
    known = {row[0]: facts for row in rows if (facts := withheld_facts(row[-1], row[0])) is not None}
    if not known:
        return table
    # What features read of numbers and texts that were erased in the tail is stored instead.
    stored = pl.DataFrame(
        [(seq, *facts) for seq, facts in known.items()],
        schema={"seq": pl.Int64, **dict.fromkeys(FACTS_OF_WITHHELD, pl.Float64)},
        orient="row",
    )
    return table.update(stored, on="seq").select(WITHHELD_SCHEMA.names())


def _part(rows: Sequence[Sequence[Any]], names: Sequence[str]) -> pl.DataFrame:
    seq, kind, known_at, subject_seq, operator, parcel_id, facts = zip(*rows, strict=True)
    given: dict[str, Sequence[Any]] = dict(zip(COLUMNS, zip(*unpacked_rows(facts, seq), strict=True), strict=True))
    given |= {"seq": seq, "kind": kind, "operator": operator, "parcel_id": parcel_id}
    table = {name: _column(given[name], dtype) for name, dtype in LOG_SCHEMA.items() if name in names and name in given}
    table["known_at"] = pl.Series(known_at, dtype=pl.Int64).cast(TIME)
    subject = pl.Series(subject_seq, dtype=pl.Int64)
    table["subject_seq"] = subject.zip_with(subject.is_not_null(), pl.Series(seq, dtype=pl.Int64))
    return pl.DataFrame({name: table[name] for name in names})


def _column(values: Sequence[Any], dtype: pl.DataType) -> pl.Series:
    if dtype == TIME:
        # Divided here: nanoseconds of years behind 2262 are no 64-bit integers.
        return pl.Series([None if at is None else at // 1_000 for at in values], dtype=pl.Int64).cast(TIME)
    if dtype == _PIECES:
        return _lists(values, _pieces([piece for pieces in values for piece in pieces or ()]), dtype)
    if dtype == _TEXTS:
        return _lists(values, pl.Series([text for texts in values for text in texts or ()], dtype=pl.String), dtype)
    return pl.Series(values, dtype=dtype)


def _pieces(pieces: Sequence[Sequence[Any]]) -> pl.Series:
    # A piece that was stored before a column was added is shorter.
    whole = ((*piece, *repeat(None, len(PIECE) - len(piece))) for piece in pieces)
    columns = list(zip(*whole, strict=True)) or [()] * len(PIECE)
    fields = zip(PIECE, columns, strict=True)
    return pl.DataFrame({name: pl.Series(column, dtype=_PIECE_TYPES[name]) for name, column in fields}).to_struct()


def _lists(values: Sequence[list[Any] | None], flat: pl.Series, dtype: pl.DataType) -> pl.Series:
    """Lists of what lies one behind the other in `flat`: Polars takes long to do that by itself.

    Arrow gets arrays of Polars: of anything else it asks whether Pandas made it, and imports that for .4 s.
    """
    is_null = pl.Series([one is None for one in values], dtype=pl.Boolean)
    ends = pl.Series(list(accumulate((len(one or ()) for one in values), initial=0)), dtype=pl.Int64)
    lists = pa.LargeListArray.from_arrays(ends.to_arrow(), flat.to_arrow(), mask=is_null.to_arrow())
    return pl.Series(pl.from_arrow(lists), dtype=dtype)
