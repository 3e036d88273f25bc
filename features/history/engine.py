"""The history engine: reads and updates the state of every entity, event by event, in the order of the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from features.history import kernel
from features.history.entities import ENTITIES, Entity
from features.log import OUTCOME, PARCEL

Words = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
History = Mapping[str, Words]
"""For each entity name, what was read: one row per event, columns as in ``kernel.READ``."""


@dataclass(frozen=True, kw_only=True)
class _Events:
    """Columns of a stretch of log as the kernel takes them."""

    is_parcel: Flags
    seq: Words
    at: Words
    value: Words
    weight: Words
    label: Words


@dataclass
class _State:
    """State of all entities of one kind."""

    table_key: Words = field(default_factory=lambda: np.zeros(1024, dtype=np.int64))
    table_at: Words = field(default_factory=lambda: np.full(1024, -1, dtype=np.int64))
    arena: Words = field(default_factory=lambda: np.zeros(20 * 1024, dtype=np.int64))
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
        self._states = {entity.name: _State() for entity in entities}

    def advance(self, log: pl.DataFrame) -> History:
        """Play a stretch of log and return what was known just before each of its events.

        Parameters
        ----------
        log:
            Events in log order, at least the columns ``seq``, ``kind``, ``known_at``, ``result``, ``cause``,
            ``declared_value_eur_cents``, ``gross_weight_g`` and the entity keys.

        Returns
        -------
        History
            One ``(n_events, 27)`` array per entity; rows of outcomes, and of parcels without that entity, are zero.

        Raises
        ------
        ValueError
            When the stretch does not follow what has been played before.
        """
        if log.height == 0:
            return {entity.name: np.zeros((0, kernel.N_READ), dtype=np.int64) for entity in self.entities}
        events = _events(log)
        if events.seq[0] <= self.last_seq or bool((np.diff(events.seq) <= 0).any()):
            raise ValueError(f"events must follow seq {self.last_seq} in ascending order")
        history = {entity.name: self._advance(entity, log, events) for entity in self.entities}
        self.last_seq = int(events.seq[-1])
        return history

    def _advance(self, entity: Entity, log: pl.DataFrame, events: _Events) -> Words:
        state = self._states[entity.name]
        out = np.zeros((log.height, kernel.N_READ), dtype=np.int64)
        key, has_key = _nullable(log[entity.key])
        other, has_other = _nullable(log[entity.other])
        state.table_key, state.table_at, state.arena = kernel.advance(
            events.is_parcel, events.seq, events.at, key, has_key, other, has_other,
            events.value, events.weight, events.label,
            state.table_key, state.table_at, state.arena, state.meta, out,
        )  # fmt: skip
        return out

    def n_entities(self) -> dict[str, int]:
        """Count the entities known so far, by kind."""
        return {name: int(state.meta[kernel.ENTITIES_USED]) for name, state in self._states.items()}

    def n_bytes(self) -> int:
        """Bytes of state in use, free blocks and hash tables included, spare capacity of the arenas not."""
        return sum(
            8 * int(state.meta[kernel.WORDS_USED]) + state.table_key.nbytes + state.table_at.nbytes
            for state in self._states.values()
        )


def _events(log: pl.DataFrame) -> _Events:
    is_parcel = pl.col("kind") == PARCEL
    inspected = pl.col("result").is_in(["found", "nothing_found"])
    found = pl.col("result") == "found"
    random = inspected & (pl.col("cause") == "random")
    bits = sum(
        pl.when(condition.fill_null(value=False)).then(bit).otherwise(0)
        for condition, bit in (
            (inspected, kernel.INSPECTED_BIT),
            (found, kernel.FOUND_BIT),
            (random, kernel.RANDOM_BIT),
        )
    )
    columns = log.select(
        is_parcel.alias("is_parcel"),
        pl.col("seq"),
        pl.col("known_at").dt.epoch("s").alias("at"),
        pl.when(is_parcel).then(pl.col("declared_value_eur_cents").fill_null(0)).otherwise(0).alias("value"),
        pl.when(is_parcel).then(pl.col("gross_weight_g").fill_null(0)).otherwise(0).alias("weight"),
        pl.when(pl.col("kind") == OUTCOME).then(bits).otherwise(0).cast(pl.Int64).alias("label"),
    )
    return _Events(
        is_parcel=columns["is_parcel"].to_numpy(writable=True),
        **{name: _words(columns[name]) for name in ("seq", "at", "value", "weight", "label")},
    )


def _words(column: pl.Series) -> Words:
    return column.cast(pl.Int64).to_numpy(writable=True)


def _nullable(column: pl.Series) -> tuple[Words, Flags]:
    return _words(column.fill_null(0)), column.is_not_null().to_numpy(writable=True)
