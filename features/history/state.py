"""State of all entities of one kind: a hash table of blocks in an arena of words, read and written by the kernel.

A stage holds what one transaction changes of the states of all kinds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

import numpy as np

from features.history import kernel
from features.history.events import Words

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

    def advance(self, words: Words, of_kind: Words) -> Words:
        """Read and update every entity in turn; one row of ``kernel.READ`` per event."""
        out = np.zeros((words.shape[1], kernel.N_READ), dtype=np.int64)
        self.table, self.arena = kernel.advance(words, of_kind, self.table, self.arena, self.meta, out)
        return out

    def make_room(self, table: Words, arena: Words) -> None:
        """Have space for what is staged in `table` and `arena`; what the state says does not change."""
        self.table, self.arena = kernel.with_capacity(table, arena, self.table, self.arena, self.meta)

    def content(self) -> Iterator[Words]:
        """Yield all that is known of every entity, in the order of keys, wherever in the arena it is stored."""
        blocks = self.table[self.table >= 0]
        blocks = blocks[np.argsort(self.arena[blocks + kernel.KEY])]
        for start in range(0, blocks.size, _CONTENT_AT_ONCE):
            yield kernel.content(self.arena, blocks[start : start + _CONTENT_AT_ONCE])


class Stage:
    """Copies of the blocks that one transaction touches, of all kinds of entities.

    Attributes
    ----------
    tables, metas:
        One row for each kind.
    arena:
        Blocks of all kinds.
    """

    def __init__(self, n_kinds: int) -> None:
        """Begin with nothing, for `n_kinds` kinds of entities."""
        self.tables, self.metas = _TABLES[:n_kinds].copy(), _METAS[:n_kinds].copy()
        self.arena = _arena(256 * n_kinds)

    @property
    def n_entities(self) -> int:
        """Number of entities touched so far, of all kinds."""
        return int(self.metas[:, kernel.ENTITIES_USED].sum())

    def advance(self, bases: Sequence[State], words: Words, of_kinds: Words) -> Words:
        """Read and update every entity of every kind over `bases`, which stay as they are.

        Returns one row of ``kernel.READ`` per kind and event, shape ``(n_kinds, n_events, N_READ)``.
        """
        tables, arenas, _ = _arrays(bases)
        out = np.zeros((len(bases), words.shape[1], kernel.N_READ), dtype=np.int64)
        self.tables, self.arena = kernel.advance_staged(
            words, of_kinds, tables, arenas, self.tables, self.arena, self.metas, out
        )
        return out

    def publish(self, bases: Sequence[State]) -> None:
        """Write what was changed into `bases`; interrupted anywhere, it can be repeated.

        A compiled call runs to its end before an interrupt is seen, so the only steps are: space, which changes nothing
        that is said (table and arena may each be the old or the new one), and then all blocks of all kinds at once, in
        arrays that need not grow.
        """
        while (short := kernel.publish(self.tables, self.arena, *_arrays(bases))) >= 0:
            bases[short].make_room(self.tables[short], self.arena)


_Arrays = tuple[Words, ...]


def _arrays(states: Sequence[State]) -> tuple[_Arrays, _Arrays, _Arrays]:
    """Tables, arenas and metas of states, filled up to the number that the kernel takes."""
    rest = (_NOTHING,) * (kernel.MOST_KINDS - len(states))
    return ((*map(_TABLE, states), *rest), (*map(_ARENA, states), *rest), (*map(_META, states), *rest))


_TABLE, _ARENA, _META = attrgetter("table"), attrgetter("arena"), attrgetter("meta")
_NOTHING = _arena(0)
_TABLES = np.full((kernel.MOST_KINDS, 16), -1, dtype=np.int64)
_METAS = np.stack([_meta()] * kernel.MOST_KINDS)
