"""A log from which item numbers and free texts are withheld: what features read of them is present as numbers.

Such a log can be kept for ever, and replays to the same bits as the log that it was made of: every fact of a withheld
column has a column of its own, ``fact_`` and its name.
"""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from features.facts.columns import GIVEN, TEXTS
from features.facts.reading import FACT, texts_as_facts
from features.log import LOG_SCHEMA, WITHHELD
from features.parcel.schema import PIECE_SCHEMA

PIECE_PROSE = "description"
"""Field of a piece that is withheld, too."""
_MADE = tuple(one for one in TEXTS if one.column in WITHHELD)
_GIVEN = tuple(name for name in GIVEN if name in WITHHELD)
FACTS_OF_WITHHELD = (
    *(f"{FACT}{name}_is_given" for name in _GIVEN),
    *(f"{FACT}{name}" for one in _MADE for name in one.names),
)
_PIECE = pl.Struct({name: dtype for name, dtype in PIECE_SCHEMA.to_schema().items() if name != PIECE_PROSE})
WITHHELD_SCHEMA = pl.Schema(
    {
        **{name: dtype for name, dtype in LOG_SCHEMA.items() if name not in WITHHELD},
        "pieces": pl.List(_PIECE),
        **dict.fromkeys(FACTS_OF_WITHHELD, pl.Float64()),
    }
)
"""Columns of a log without numbers and texts."""


def without_texts(log: pl.DataFrame) -> pl.DataFrame:
    """Segment of log (``LOG_SCHEMA``) without numbers and texts: ``WITHHELD_SCHEMA``, same events, same order."""
    given = log.select(pl.col(name).is_not_null().cast(pl.Float64).alias(f"{FACT}{name}_is_given") for name in _GIVEN)
    facts = [
        pl.Series(f"{FACT}{name}", column)
        for one in _MADE
        for name, column in zip(one.names, texts_as_facts(log[one.column], one).T, strict=True)
    ]
    kept = log.drop(WITHHELD).with_columns(_pieces_without_texts(log["pieces"]))
    return kept.hstack(given.get_columns()).hstack(facts).select(WITHHELD_SCHEMA.names())


def _pieces_without_texts(pieces: pl.Series) -> pl.Series:
    fields = [pl.element().struct.field(field.name) for field in _PIECE.fields]
    return pieces.to_frame().select(pl.col("pieces").list.eval(pl.struct(fields))).to_series().cast(pl.List(_PIECE))


def log_schema(columns: Collection[str]) -> pl.Schema:
    """Schema of a log that has `columns`: ``WITHHELD_SCHEMA`` where it holds facts of withheld texts."""
    return WITHHELD_SCHEMA if FACTS_OF_WITHHELD[0] in columns else LOG_SCHEMA
