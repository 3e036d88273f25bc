"""State of all entities of one kind: a hash table of blocks in an arena of words, read and written by the kernel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from features.history import kernel
from features.history.entities import Entity
from features.history.events import Events, Words

_CONTENT_AT_ONCE = 16_384
"""Entities whose content is put together at a time: about 2.5 MB."""


def _table(size: int = 1_024) -> Words:
    return np.full(size, -1, dtype=np.int64)


def _arena(size: int = 16 * 1_024) -> Words:
    return np.zeros(size, dtype=np.int64)


def _meta() -> Words:
    meta = np.full(kernel.META, -1, dtype=np.int64)
    meta[: kernel.FREE] = 0
    return meta


@dataclass
class State:
    """A table of where the blocks are, the arena that they are in, and ``kernel.META`` words about both."""

    table: Words = field(default_factory=_table)
    arena: Words = field(default_factory=_arena)
    meta: Words = field(default_factory=_meta)

    @classmethod
    def stage(cls) -> State:
        """Return a small empty state, for what one transaction touches."""
        return cls(table=_STAGE.table.copy(), arena=_STAGE.arena.copy(), meta=_STAGE.meta.copy())

    @property
    def n_entities(self) -> int:
        """Number of entities known so far."""
        return int(self.meta[kernel.ENTITIES_USED])

    @property
    def n_bytes(self) -> int:
        """Bytes in use, free blocks and the table included, spare capacity of the arena not."""
        return 8 * int(self.meta[kernel.WORDS_USED]) + self.table.nbytes

    def copied(self) -> State:
        """Return an independent copy."""
        arena = self.arena[: self.meta[kernel.WORDS_USED]]
        return State(table=self.table.copy(), arena=arena.copy(), meta=self.meta.copy())

    def advance(self, entity: Entity, events: Events) -> Words:
        """Read and update every entity in turn; one row of ``kernel.READ`` per event."""
        out = _rows(events)
        self.table, self.arena = kernel.advance(*events.of(entity), self.table, self.arena, self.meta, out)
        return out

    def advance_over(self, base: State, entity: Entity, events: Events) -> Words:
        """As `advance`, where this state holds what was changed of `base`, which stays as it is."""
        out = _rows(events)
        self.table, self.arena = kernel.advance_staged(
            *events.of(entity), base.table, base.arena, self.table, self.arena, self.meta, out
        )
        return out

    def absorb(self, stage: State) -> None:
        """Take over what `stage` changed; interrupted anywhere, it can be repeated.

        A compiled call runs to its end before an interrupt is seen, so the only steps are: space, which changes nothing
        that is said (table and arena may each be the old or the new one), and then all blocks at once, in arrays that
        need not grow.
        """
        self.table, self.arena = kernel.with_capacity(stage.table, stage.arena, self.table, self.arena, self.meta)
        kernel.publish(stage.table, stage.arena, self.table, self.arena, self.meta)

    def content(self) -> Iterator[Words]:
        """Yield all that is known of every entity, in the order of keys, wherever in the arena it is stored."""
        blocks = self.table[self.table >= 0]
        blocks = blocks[np.argsort(self.arena[blocks + kernel.KEY])]
        for start in range(0, blocks.size, _CONTENT_AT_ONCE):
            yield kernel.content(self.arena, blocks[start : start + _CONTENT_AT_ONCE])


def _rows(events: Events) -> Words:
    return np.zeros((events.words["seq"].size, kernel.N_READ), dtype=np.int64)


_STAGE = State(table=_table(16), arena=_arena(256))
"""Copied, because that takes a third of the time that filling does."""
