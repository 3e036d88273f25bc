"""The history engine: reads and updates the state of every entity, event by event, in the order of the log."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from features.history import kernel
from features.history.entities import ENTITIES, Entity, declared
from features.history.events import Columns, Log, Words, last_of
from features.history.staging import Staging
from features.history.state import Stage, State

History = Mapping[str, Words]
"""For each entity name, what was read: one row per event, columns as in ``kernel.READ``."""


class Advances(Protocol):
    """What processes a log: an `Engine`, or a `Staging` within a transaction."""

    last_seq: int

    def advance(self, log: Log) -> History:
        """Process a segment of the log and return what was known just before each of its events."""
        ...


class Engine:
    """History of all declared entities.

    Not safe for several threads: the single writer owns it.

    Attributes
    ----------
    last_seq:
        Sequence number of the last event processed, 0 before the first.
    states:
        State of each kind of entity, by name.
    """

    def __init__(
        self, entities: tuple[Entity, ...] = ENTITIES, *, states: Mapping[str, State] | None = None, last_seq: int = 0
    ) -> None:
        """Start without any history, or with `states` as they were behind event `last_seq`."""
        self.entities = entities
        self.columns = Columns(entities)
        self.states = {entity.name: states[entity.name] if states else State() for entity in entities}
        self.last_seq = self._bound_for = last_seq

    def advance(self, log: Log) -> History:
        """Process a segment of the log and return what was known just before each of its events.

        Interrupted, it leaves a history that is not whole, see `is_whole`; within a transaction process the log
        through `staging`.

        Parameters
        ----------
        log:
            Events in log order, at least the columns ``seq``, ``kind``, ``known_at``, ``counted_at``, ``result``,
            ``cause``, those that ``MEASURES`` sums up, and the entity keys.

        Returns
        -------
        History
            One ``(n_events, N_READ)`` array per entity; rows of other events than parcels, and of parcels
            without that entity, are zero.

        Raises
        ------
        ValueError
            When the segment does not follow what has been processed before, or has a time that history cannot hold.
        """
        self.check_whole()
        if len(log) == 0:
            return self.nothing_read()
        words = self.columns.words(log, after=self.last_seq)
        last_seq = self._bound_for = last_of(words)
        rows = zip(self.states.items(), self.columns.of_kinds, strict=True)
        history = {name: state.advance(words, of_kind) for (name, state), of_kind in rows}
        self.last_seq = last_seq
        return history

    def staging(self) -> Staging:
        """Begin to process events that are not committed yet."""
        self.check_whole()
        return Staging(self)

    @property
    def bases(self) -> Sequence[State]:
        """States of all kinds, in the order of `entities`."""
        return tuple(self.states.values())

    def absorb(self, stage: Stage, *, after: int, last_seq: int) -> None:
        """Take over what was staged behind event `after`; `Staging.publish` calls it, again if it was interrupted."""
        if self.last_seq == self._bound_for == last_seq:
            return
        if self.last_seq != after or self._bound_for not in (after, last_seq):
            raise ValueError(
                f"staged behind seq {after}, but the history is at {self.last_seq}. "
                "Begin a new staging and process the segment again."
            )
        self._bound_for = last_seq
        stage.publish(self.bases)
        self.last_seq = last_seq

    @property
    def is_whole(self) -> bool:
        """Whether every entity has seen the same events; false behind an interrupt in the middle of an update."""
        return self.last_seq == self._bound_for

    def check_whole(self) -> None:
        """Raise ValueError unless `is_whole`."""
        if not self.is_whole:
            raise ValueError(
                f"an update of the history from seq {self.last_seq} to {self._bound_for} was interrupted. "
                "Publish the staging again, or rebuild the history from the log."
            )

    def frozen(self) -> Engine:
        """Return an independent copy, to be saved by another thread while this engine continues."""
        self.check_whole()
        states = {name: state.copied() for name, state in self.states.items()}
        return Engine(self.entities, states=states, last_seq=self.last_seq)

    def digest(self) -> str:
        """Digest of all that is known of every entity: equal for equal histories, however they were arrived at."""
        self.check_whole()
        digest = hashlib.sha256(json.dumps([self.last_seq, declared(self.entities)]).encode())
        for state in self.states.values():
            digest.update(f"\x1e{state.n_entities}\x1e".encode())
            for words in state.content():
                digest.update(words.astype("<i8", copy=False).data)
        return digest.hexdigest()

    def nothing_read(self) -> History:
        """Return what is read for no events."""
        return {entity.name: np.zeros((0, kernel.N_READ), dtype=np.int64) for entity in self.entities}

    def n_entities(self) -> dict[str, int]:
        """Count the entities known so far, by kind."""
        return {name: state.n_entities for name, state in self.states.items()}

    def n_bytes(self) -> int:
        """Bytes of state in use, free blocks and hash tables included, spare capacity of the arenas not."""
        return sum(state.n_bytes for state in self.states.values())
