"""A segment of the log as the kernel takes it: contiguous columns of integers, checked before anything is counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from features.history import kernel
from features.history.entities import Entity
from features.log import EVENT_KIND, OUTCOME, RETRACTION, STAGE
from features.parcel.flags import QUALITY_FLAGS

Words = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
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
_ORDER = ("seq", "at", "counted_at", "count", "label", "bits")
_EPOCH, _SECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(seconds=1)


@dataclass(frozen=True, kw_only=True)
class Events:
    """Columns of a segment of log, by name: integers, and which keys are known."""

    words: Mapping[str, Words]
    known: Mapping[str, Flags]

    @cached_property
    def nobody(self) -> Flags:
        """What is known of parties that nobody counts."""
        return np.zeros(self.words["seq"].size, dtype=np.bool_)

    @property
    def last_seq(self) -> int:
        """Sequence number of the last event."""
        return int(self.words["seq"][-1])

    def of(self, entity: Entity) -> tuple[Words | Flags, ...]:
        """Arguments of ``kernel.advance`` that the events give for one kind of entity."""
        words, known = self.words, self.known
        party = entity.key if entity.parties is None else entity.parties
        return (
            words["count"],
            words["label"],
            words["seq"],
            words["at"],
            words["counted_at"],
            words[entity.key],
            known[entity.key],
            words[entity.other],
            known[entity.other],
            words[party],
            known[party] if entity.parties is not None else self.nobody,
            words[f"measure_{entity.value}"],
            words[f"measure_{entity.weight}"],
            words["bits"],
        )


class Columns:
    """How a segment of log becomes columns for the kernel, for the entities of an engine."""

    def __init__(self, entities: tuple[Entity, ...]) -> None:
        """Find the measures that are summed up, and the keys."""
        self._measures = list(dict.fromkeys(name for entity in entities for name in (entity.value, entity.weight)))
        self._keys = list(dict.fromkeys(name for entity in entities for name in entity.columns))

    def events(self, log: Log, *, after: int) -> Events:
        """Columns of `log`, at least one event.

        Parameters
        ----------
        after:
            Sequence number that the events must follow.

        Raises
        ------
        ValueError
            When the events do not follow `after`, or have a time that the kernel cannot hold.
        """
        words, known = self._of_table(log) if isinstance(log, pl.DataFrame) else self._of_rows(log)
        events = Events(words=words, known=dict(zip(self._keys, known, strict=True)))
        seq = events.words["seq"]
        if seq[0] <= after or bool((seq[1:] <= seq[:-1]).any()):
            raise ValueError(f"events must follow seq {after} in ascending order, these begin with {seq[0]}")
        _check_times(events)
        return events

    def _of_table(self, log: pl.DataFrame) -> tuple[dict[str, Words], Flags]:
        # Rows of one matrix: a single copy, each column contiguous.
        columns = log.select(self._expressions)
        matrix = columns.to_numpy(order="fortran", writable=True).T
        words = dict(zip(columns.columns, matrix, strict=True))
        count = _counted(words)
        for name in self._measures:
            words[f"measure_{name}"] *= count
        return words, matrix[-len(self._keys) :] != 0

    def _of_rows(self, rows: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Words], Flags]:
        matrix = np.array([self._words_of(row) for row in rows], dtype=np.int64).T.copy()
        names = (*_ORDER, *(f"measure_{name}" for name in self._measures), *self._keys)
        return dict(zip(names, matrix, strict=False)), matrix[len(names) :] != 0

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
        keys = [row[name] for name in self._keys]
        return [
            row["seq"],
            (row["known_at"] - _EPOCH) // _SECOND,
            ((row["counted_at"] or row["known_at"]) - _EPOCH) // _SECOND,
            count,
            sign if is_outcome else 0,
            bits,
            *(_MEASURES_OF_ROW[name](row) * count for name in self._measures),
            *(key or 0 for key in keys),
            *(key is not None for key in keys),
        ]

    @cached_property
    def _expressions(self) -> list[pl.Expr]:
        """Facts of an event, what is summed up, the keys, and whether each is known; all as integers."""
        result = pl.col("result")
        columns = {
            "seq": pl.col("seq"),
            "kind": pl.col("kind").to_physical(),
            "at": pl.col("known_at").dt.epoch("s"),
            "counted_at": pl.coalesce("counted_at", "known_at").dt.epoch("s"),
            "has_result": result.is_not_null(),
            "inspected": ((result == "found") | (result == "nothing_found")).fill_null(value=False),
            "found": (result == "found").fill_null(value=False),
            "random": (pl.col("cause") == "random").fill_null(value=False),
            **{f"measure_{name}": MEASURES[name].cast(pl.Int64).fill_null(0) for name in self._measures},
            **{name: pl.col(name).fill_null(0) for name in self._keys},
            **{f"known_{name}": pl.col(name).is_not_null() for name in self._keys},
        }
        return [column.cast(pl.Int64).alias(name) for name, column in columns.items()]


def _counted(words: dict[str, Words]) -> Words:
    """Add ``count``, ``label`` and ``bits`` and return the first; numpy, because one event costs Polars too much."""
    retracted = words["kind"] == _KINDS.index(RETRACTION)
    is_outcome = (words["kind"] == _KINDS.index(OUTCOME)) | (retracted & (words["has_result"] != 0))
    sign = np.where(retracted, -1, 1)
    inspected, found = words["inspected"], words["found"]
    random = inspected * words["random"]
    bits = kernel.INSPECTED_BIT * inspected + kernel.FOUND_BIT * found + kernel.RANDOM_BIT * random
    words["bits"] = bits * is_outcome
    words["label"] = sign * is_outcome
    words["count"] = sign * ~(is_outcome | (words["kind"] == _KINDS.index(STAGE)))
    return words["count"]


def _check_times(events: Events) -> None:
    for name in ("at", "counted_at"):
        times = events.words[name]
        if times.min() > kernel.EPOCH_S and times.max() <= kernel.LATEST_S:
            continue
        wrong = int(np.argmax((times <= kernel.EPOCH_S) | (times > kernel.LATEST_S)))
        earliest, latest = (datetime.fromtimestamp(at, UTC) for at in (kernel.EPOCH_S, kernel.LATEST_S))
        raise ValueError(
            f"seq {events.words['seq'][wrong]}: {np.datetime64(int(times[wrong]), 's')} is outside "
            f"{earliest:%Y-%m-%d} to {latest:%Y-%m-%d}, the times that history can hold. Correct the time of the event."
        )
