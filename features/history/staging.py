"""History of a transaction that is not committed yet: what it changes is kept apart from the engine until it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.history.events import Log, last_of
from features.history.state import Stage

if TYPE_CHECKING:
    from features.history.engine import Engine, History


class Staging:
    """Processes events over the engine's history without changing it.

    It holds copies of the entities that its events touch, and costs what these cost. Drop it when the transaction is
    rolled back: nothing is left of it. `publish` it when the transaction is committed. Like the engine it belongs to
    the single writer.
    """

    def __init__(self, engine: Engine) -> None:
        """Begin behind the last event of `engine`; see `Engine.staging`."""
        self.last_seq = self._after = self._bound_for = engine.last_seq
        self._engine = engine
        self._stage = Stage(len(engine.entities))

    def advance(self, log: Log) -> History:
        """Process a segment of the log over what the engine and earlier calls know, as `Engine.advance` does.

        Raises
        ------
        ValueError
            When the segment does not follow what has been processed before, or the engine has moved on since.
        """
        if self._engine.last_seq != self._after:
            raise ValueError(
                f"staged behind seq {self._after}, but the history is at {self._engine.last_seq}. Begin a new staging."
            )
        self._check_whole()
        if len(log) == 0:
            return self._engine.nothing_read()
        columns = self._engine.columns
        words = columns.words(log, after=self.last_seq)
        last_seq = self._bound_for = last_of(words)
        read = self._stage.advance(self._engine.bases, words, columns.of_kinds)
        self.last_seq = last_seq
        return dict(zip(self._engine.states, read, strict=True))

    def publish(self) -> None:
        """Make the engine know all that was staged, as if it had processed the same events itself.

        Call it after the commit. Interrupted anywhere, it is to be called again; once it is complete,
        calling it again does nothing.

        Raises
        ------
        ValueError
            When the engine has moved on since, or an `advance` of this staging was interrupted.
        """
        self._check_whole()
        self._engine.absorb(self._stage, after=self._after, last_seq=self.last_seq)

    def _check_whole(self) -> None:
        if self.last_seq != self._bound_for:
            raise ValueError(
                f"staging of the events up to seq {self._bound_for} was interrupted. Drop it and begin a new one."
            )
