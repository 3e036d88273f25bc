"""A segment of the log as the kernel takes it: contiguous columns of integers, checked before anything is counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from operator import itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from features.history import kernel
from features.history.entities import Entity
from features.log import EVENT_KIND, OUTCOME, RETRACTION, STAGE
from features.parcel.flags import QUALITY_FLAGS
from features.parcel.life_flags import SAME_GOODS

Words = npt.NDArray[np.int64]
_KINDS = EVENT_KIND.categories.to_list()

MEASURES: dict[str, pl.Expr] = {
    "value_eur_cents": pl.col("declared_value_eur_cents"),
    "weight_g": pl.col("gross_weight_g"),
    "n_doubts": pl.col(QUALITY_FLAGS).list.len(),
    "n_late": pl.col("lodged_at") > pl.col("due_at"),
}
"""What can be summed up over parcels, as integers; missing counts as 0."""
_MEASURES_OF_ROW: dict[str, Callable[[Mapping[str, Any]], int]] = {
    "value_eur_cents": lambda row: row["declared_value_eur_cents"] or 0,
    "weight_g": lambda row: row["gross_weight_g"] or 0,
    "n_doubts": lambda row: len(row[QUALITY_FLAGS] or ()),
    "n_late": lambda row: bool(row["lodged_at"] and row["due_at"] and row["lodged_at"] > row["due_at"]),
}
"""The same of one event."""
Log = pl.DataFrame | Sequence[Mapping[str, Any]]
"""A segment of the log: a table, or rows (see `features.event_rows`)."""
_ORDER = ("seq", "at", "counted_at", "count", "label", "bits", "nobody")
"""In the order of ``kernel.SEQ`` and those that follow."""
_SAME_GOODS = frozenset(SAME_GOODS)
_EPOCH, _SECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(seconds=1)


class Columns:
    """How a segment of log becomes words for the kernel, for the entities of an engine.

    Attributes
    ----------
    names:
        What the rows of the words are.
    of_kinds:
        Rows that each kind of entity takes, shape ``(n_entities, len(kernel.OF_KIND))``.
    """

    def __init__(self, entities: tuple[Entity, ...]) -> None:
        """Find the measures that are summed up, and the keys."""
        self._measures = list(dict.fromkeys(name for entity in entities for name in (entity.value, entity.weight)))
        self._keys = list(dict.fromkeys(name for entity in entities for name in entity.columns))
        self._keys_of = _taker(self._keys)
        measures, known = (f"measure_{name}" for name in self._measures), (f"known_{name}" for name in self._keys)
        self.names = (*_ORDER, *measures, *self._keys, *known)
        self.of_kinds = np.array([self._of(entity) for entity in entities], dtype=np.int64)

    @cached_property
    def read(self) -> tuple[str, ...]:
        """Columns of the log that words are made of; a table needs no others."""
        return tuple(dict.fromkeys(name for one in self._expressions for name in one.meta.root_names()))

    def _of(self, entity: Entity) -> list[int]:
        party = entity.parties
        of_party = (entity.key, "nobody") if party is None else (party, f"known_{party}")
        taken = (
            *(entity.key, f"known_{entity.key}", entity.other, f"known_{entity.other}", *of_party),
            *(f"measure_{entity.value}", f"measure_{entity.weight}"),
        )
        return [self.names.index(name) for name in taken]

    def words(self, log: Log, *, after: int) -> Words:
        """Words of `log`, at least one event: one row for each of `names`, one column for each event.

        Parameters
        ----------
        after:
            Sequence number that the events must follow.

        Raises
        ------
        ValueError
            When the events do not follow `after`, or have a time that the kernel cannot hold.
        """
        words = self._of_table(log) if isinstance(log, pl.DataFrame) else self._of_rows(log)
        wrong = kernel.first_wrong(words, after)
        if wrong >= 0:
            raise _refused(words, after, wrong)
        return words

    def _of_table(self, log: pl.DataFrame) -> Words:
        # Rows of one matrix: a single copy, each column contiguous.
        if QUALITY_FLAGS not in log.columns:  # of a log that holds no declarations, nothing is linked
            log = log.with_columns(pl.lit(None, dtype=pl.List(pl.String())).alias(QUALITY_FLAGS))
        words: Words = np.ascontiguousarray(log.select(self._expressions).to_numpy(order="fortran", writable=True).T)
        count = _counted(words)
        for row in range(len(_ORDER), len(_ORDER) + len(self._measures)):
            words[row] *= count
        return words

    def _of_rows(self, rows: Sequence[Mapping[str, Any]]) -> Words:
        return np.array([self._words_of(row) for row in rows], dtype=np.int64).T.copy()

    def _words_of(self, row: Mapping[str, Any]) -> list[int]:
        """Words of one event, then whether each key is known. One event costs numpy too much, and Polars more."""
        result = row["result"]
        sign = -1 if row["kind"] == RETRACTION else 1
        is_outcome = row["kind"] == OUTCOME or (sign < 0 and result is not None)
        bits = 0
        if is_outcome and result in ("found", "nothing_found"):
            bits = kernel.INSPECTED_BIT + (result == "found") * kernel.FOUND_BIT
            bits += (row["cause"] == "random") * kernel.RANDOM_BIT
        count = 0 if is_outcome or row["kind"] == STAGE else sign
        if count and not _SAME_GOODS.isdisjoint(row.get(QUALITY_FLAGS) or ()):
            count = kernel.READS if sign > 0 else kernel.PASSES
        keys = self._keys_of(row)
        once = count if abs(count) == 1 else 0
        # Lists: a generator is entered anew for each of its values.
        return [
            row["seq"],
            (row["known_at"] - _EPOCH) // _SECOND,
            ((row["counted_at"] or row["known_at"]) - _EPOCH) // _SECOND,
            count,
            sign if is_outcome else 0,
            bits,
            0,
            *[_MEASURES_OF_ROW[name](row) * once for name in self._measures],
            *[key or 0 for key in keys],
            *[key is not None for key in keys],
        ]

    @cached_property
    def _expressions(self) -> list[pl.Expr]:
        """Facts of an event, what is summed up, the keys, and whether each is known; all as integers."""
        result, is_random = pl.col("result"), (pl.col("cause") == "random").fill_null(value=False)
        is_found = (result == "found").fill_null(value=False)
        is_inspected = ((result == "found") | (result == "nothing_found")).fill_null(value=False)
        bits = (
            kernel.INSPECTED_BIT * is_inspected.cast(pl.Int64)
            + kernel.FOUND_BIT * is_found.cast(pl.Int64)
            + kernel.RANDOM_BIT * (is_inspected & is_random).cast(pl.Int64)
        )
        columns = {
            "seq": pl.col("seq"),
            "at": pl.col("known_at").dt.epoch("s"),
            "counted_at": pl.coalesce("counted_at", "known_at").dt.epoch("s"),
            "count": pl.col("kind").to_physical(),  # see `_counted`
            "label": result.is_not_null(),
            "bits": bits,
            "nobody": pl.col(QUALITY_FLAGS).list.eval(pl.element().is_in(SAME_GOODS)).list.any().fill_null(value=False),
            **{f"measure_{name}": MEASURES[name].cast(pl.Int64).fill_null(0) for name in self._measures},
            **{name: pl.col(name).fill_null(0) for name in self._keys},
            **{f"known_{name}": pl.col(name).is_not_null() for name in self._keys},
        }
        return [columns[name].cast(pl.Int64).alias(name) for name in self.names]


def _taker(names: Sequence[str]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    """What takes the values of `names`, however many there are, from a row."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda row: tuple([row[name] for name in names])


def last_of(words: Words) -> int:
    """Sequence number of the last event."""
    return int(words[kernel.SEQ, -1])


def _counted(words: Words) -> Words:
    """Write what an event counts over its kind, and over whether it has a result; return by what its sums count."""
    count: Words = words[kernel.COUNTED]
    label, bits = words[kernel.LABEL], words[kernel.BITS]
    retracted = count == _KINDS.index(RETRACTION)
    is_outcome = (count == _KINDS.index(OUTCOME)) | (retracted & (label != 0))
    sign = np.where(retracted, -1, 1)
    is_stage = count == _KINDS.index(STAGE)
    bits *= is_outcome
    label[:] = sign * is_outcome
    count[:] = sign * ~(is_outcome | is_stage)
    is_same = words[kernel.NOBODY] * count
    words[kernel.NOBODY] = 0
    factor = count.copy()
    factor[is_same != 0] = 0
    count[is_same > 0], count[is_same < 0] = kernel.READS, kernel.PASSES
    return factor


def _refused(words: Words, after: int, wrong: int) -> ValueError:
    """Why the event in column `wrong` cannot be counted: for its time, or for its sequence number."""
    seq = words[kernel.SEQ]
    for at in (int(words[kernel.AT, wrong]), int(words[kernel.COUNTED_AT, wrong])):
        if not kernel.EPOCH_S < at <= kernel.LATEST_S:
            earliest, latest = (datetime.fromtimestamp(one, UTC) for one in (kernel.EPOCH_S, kernel.LATEST_S))
            return ValueError(
                f"seq {seq[wrong]}: {np.datetime64(at, 's')} is outside {earliest:%Y-%m-%d} to {latest:%Y-%m-%d}, the "
                "times that history can hold. Correct the time of the event."
            )
    return ValueError(f"events must follow seq {after} in ascending order, these begin with {seq[0]}")
