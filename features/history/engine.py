"""The history engine: reads and updates the state of every entity, event by event, in the order of the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from features.history import kernel
from features.history.entities import ENTITIES, Entity
from features.log import OUTCOME, RETRACTION
from features.parcel.flags import QUALITY_FLAGS

Words = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
History = Mapping[str, Words]
"""For each entity name, what was read: one row per event, columns as in ``kernel.READ``."""


MEASURES: dict[str, pl.Expr] = {
    "value_eur_cents": pl.col("declared_value_eur_cents"),
    "weight_g": pl.col("gross_weight_g"),
    "n_doubts": pl.col(QUALITY_FLAGS).list.len(),
    "n_late": pl.col("lodged_at") > pl.col("due_at"),
}
"""What can be summed up over parcels, as integers; missing counts as 0."""


@dataclass(frozen=True, kw_only=True)
class _Events:
    """Columns of a stretch of log as the kernel takes them."""

    count: Words
    label: Words
    seq: Words
    at: Words
    counted_at: Words
    bits: Words
    measures: dict[str, Words]


@dataclass
class State:
    """State of all entities of one kind: a hash table of blocks in an arena, and ``kernel.META`` words about them."""

    table: Words = field(default_factory=lambda: np.full(1024, -1, dtype=np.int64))
    arena: Words = field(default_factory=lambda: np.zeros(16 * 1024, dtype=np.int64))
    meta: Words = field(
        default_factory=lambda: np.concatenate(
            [np.zeros(kernel.FREE, dtype=np.int64), np.full(kernel.N_CLASSES, -1, dtype=np.int64)]
        )
    )


class Engine:
    """History of all declared entities.

    Not safe for several threads: the single writer owns it.
    """

    def __init__(self, entities: tuple[Entity, ...] = ENTITIES) -> None:
        """Start without any history."""
        self.entities = entities
        self.last_seq = 0
        self._measures = {name: MEASURES[name] for entity in entities for name in (entity.value, entity.weight)}
        self.states = {entity.name: State() for entity in entities}

    def advance(self, log: pl.DataFrame) -> History:
        """Play a stretch of log and return what was known just before each of its events.

        Parameters
        ----------
        log:
            Events in log order, at least the columns ``seq``, ``kind``, ``known_at``, ``counted_at``, ``result``,
            ``cause``, those that ``MEASURES`` sums up, and the entity keys.

        Returns
        -------
        History
            One ``(n_events, 27)`` array per entity; rows of other events than parcels, and of parcels
            without that entity, are zero.

        Raises
        ------
        ValueError
            When the stretch does not follow what has been played before.
        """
        if log.height == 0:
            return {entity.name: np.zeros((0, kernel.N_READ), dtype=np.int64) for entity in self.entities}
        events = _events(log, self._measures)
        if events.seq[0] <= self.last_seq or bool((np.diff(events.seq) <= 0).any()):
            raise ValueError(f"events must follow seq {self.last_seq} in ascending order")
        history = {entity.name: self._advance(entity, log, events) for entity in self.entities}
        self.last_seq = int(events.seq[-1])
        return history

    def _advance(self, entity: Entity, log: pl.DataFrame, events: _Events) -> Words:
        state = self.states[entity.name]
        out = np.zeros((log.height, kernel.N_READ), dtype=np.int64)
        key, has_key = _nullable(log[entity.key])
        other, has_other = _nullable(log[entity.other])
        state.table, state.arena = kernel.advance(
            events.count,
            events.label,
            events.seq,
            events.at,
            events.counted_at,
            key,
            has_key,
            other,
            has_other,
            events.measures[entity.value],
            events.measures[entity.weight],
            events.bits,
            state.table,
            state.arena,
            state.meta,
            out,
        )
        return out

    def n_entities(self) -> dict[str, int]:
        """Count the entities known so far, by kind."""
        return {name: int(state.meta[kernel.ENTITIES_USED]) for name, state in self.states.items()}

    def n_bytes(self) -> int:
        """Bytes of state in use, free blocks and hash tables included, spare capacity of the arenas not."""
        return sum(8 * int(state.meta[kernel.WORDS_USED]) + state.table.nbytes for state in self.states.values())


def _events(log: pl.DataFrame, measures: Mapping[str, pl.Expr]) -> _Events:
    kind, taken_back = pl.col("kind"), pl.col("kind") == RETRACTION
    is_outcome = (kind == OUTCOME) | (taken_back & pl.col("result").is_not_null())
    sign = pl.when(taken_back).then(-1).otherwise(1)
    inspected = pl.col("result").is_in(["found", "nothing_found"])
    flags = (
        (inspected, kernel.INSPECTED_BIT),
        (pl.col("result") == "found", kernel.FOUND_BIT),
        (inspected & (pl.col("cause") == "random"), kernel.RANDOM_BIT),
    )
    bits = sum(pl.when(flag.fill_null(value=False)).then(bit).otherwise(0) for flag, bit in flags)
    count = pl.when(is_outcome).then(0).otherwise(sign).cast(pl.Int64)
    columns = log.select(
        count.alias("count"),
        pl.when(is_outcome).then(sign).otherwise(0).alias("label"),
        "seq",
        pl.col("known_at").dt.epoch("s").alias("at"),
        pl.coalesce("counted_at", "known_at").dt.epoch("s").alias("counted_at"),
        pl.when(is_outcome).then(bits).otherwise(0).alias("bits"),
        *((measure.cast(pl.Int64).fill_null(0) * count).alias(f"measure_{name}") for name, measure in measures.items()),
    )
    words = {name: _words(column) for name, column in columns.to_dict().items()}
    return _Events(measures={name: words.pop(f"measure_{name}") for name in measures}, **words)


def _words(column: pl.Series) -> Words:
    return column.cast(pl.Int64).to_numpy(writable=True)


def _nullable(column: pl.Series) -> tuple[Words, Flags]:
    return _words(column.fill_null(0)), column.is_not_null().to_numpy(writable=True)
