"""Facts of a table of the log, and of plain rows: the same functions, the same bits.

In a table each distinct text is worked out once; of rows, the costly functions remember what they have seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from struct import Struct
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from features.facts.codes import NAN
from features.facts.columns import FACTS, FLAGS, GIVEN, KNOWN_AT, NUMBERS, TEXTS, TIMES, TextFacts

Facts = npt.NDArray[np.float64]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND, _MICROSECOND = timedelta(seconds=1), timedelta(microseconds=1)
_PACK = Struct(f"{len(FACTS)}d").pack_into  # a third of the time of an assignment to a row
_NUMBERS, _GIVEN, _TIMES = itemgetter(*NUMBERS), itemgetter(*GIVEN), itemgetter(*TIMES)
_TEXTS = [(one.column, one.of) for one in TEXTS]
_SEPARATOR = "\x1f"  # in no flag

FACT = "fact_"
"""Beginning of the columns of a log that hold a fact of a withheld text, see `features.facts.withheld`."""
_NUMBER_COLUMNS = [pl.col(name).cast(pl.Float64).fill_null(float("nan")) for name in NUMBERS]
_TIME_COLUMNS = [
    pl.col("known_at").dt.epoch("s").cast(pl.Float64).alias(KNOWN_AT),
    *(pl.col(name).dt.epoch("us").cast(pl.Float64).fill_null(float("nan")).alias(f"{name}_us") for name in TIMES),
]
_JOINED = TextFacts(
    column=FLAGS.column, names=FLAGS.names, of=lambda text: FLAGS.of(tuple(text.split(_SEPARATOR)) if text else ())
)


def facts_of_rows(rows: Sequence[Mapping[str, Any]]) -> Facts:
    """Facts of parcel events that are plain rows.

    Parameters
    ----------
    rows:
        At least the columns of ``LOG_SCHEMA`` that are facts of a parcel, with times aware and in UTC, flags as a
        list, and None where a value is missing.

    Returns
    -------
    Shape ``(n, m)``, one column for each of ``FACTS``; NaN where a value is missing.

    Raises
    ------
    KeyError
        When a row lacks a column.
    """
    facts = np.empty((len(rows), len(FACTS)), dtype=np.float64)
    buffer, width = facts.data, facts.strides[0]
    for index, row in enumerate(rows):
        _PACK(buffer, index * width, *_of_row(row))
    return facts


def _of_row(row: Mapping[str, Any]) -> list[float]:
    facts: list[float] = [NAN if value is None else value for value in _NUMBERS(row)]
    facts += [text is not None for text in _GIVEN(row)]
    facts.append((row["known_at"] - _EPOCH) // _SECOND)
    facts += [NAN if at is None else (at - _EPOCH) // _MICROSECOND for at in _TIMES(row)]
    for column, of in _TEXTS:
        facts += of(row[column])
    facts += FLAGS.of(tuple(row[FLAGS.column] or ()))
    return facts


def facts_of_log(log: pl.DataFrame) -> Facts:
    """Facts of a table of parcel events; see `facts_of_rows`.

    Parameters
    ----------
    log:
        Columns of ``LOG_SCHEMA``; where one that is a text may be withheld, the columns of its facts, which then count.
    """
    facts = np.empty((log.height, len(FACTS)), dtype=np.float64)
    plain = [*_NUMBER_COLUMNS, *(_is_given(name, log) for name in GIVEN), *_TIME_COLUMNS]
    facts[:, : len(plain)] = log.select(plain).to_numpy()
    column = len(plain)
    for one in TEXTS:
        width = len(one.names)
        facts[:, column : column + width] = _of_column(log, one)
        column += width
    facts[:, column:] = texts_as_facts(log.select(pl.col(FLAGS.column).list.join(_SEPARATOR)).to_series(), _JOINED)
    return facts


def _is_given(name: str, log: pl.DataFrame) -> pl.Expr:
    fact = f"{name}_is_given"
    is_stated = f"{FACT}{fact}" in log.columns
    return _stated(fact) if is_stated else pl.col(name).is_not_null().cast(pl.Float64).alias(fact)


def _stated(fact: str) -> pl.Expr:
    return pl.col(f"{FACT}{fact}").fill_null(float("nan"))


def _of_column(log: pl.DataFrame, one: TextFacts) -> Facts:
    if f"{FACT}{one.names[0]}" in log.columns:
        return log.select(map(_stated, one.names)).to_numpy()
    return texts_as_facts(log[one.column], one)


def texts_as_facts(texts: pl.Series, one: TextFacts) -> Facts:
    """Facts of texts, shape ``(n, m)``; each distinct text is worked out once."""
    encoded = texts.to_arrow().dictionary_encode(null_encoding="encode")
    each = [one.of(text) for text in encoded.dictionary.to_pylist()]
    known = np.array(each, dtype=np.float64).reshape(-1, len(one.names))
    numbers: Facts = known[pl.Series(pl.from_arrow(encoded.indices)).to_numpy()]
    return numbers
