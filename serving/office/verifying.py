"""Compare every stored score with the replay of the log: the feature row of then against the one of now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from features.catalogue import FeatureRows, catalogue
from features.history import Engine
from features.identity import DERIVATION
from features.replay import feature_rows
from features.replay.rows import CHUNK
from serving.store import Connection
from serving.store import log as event_log
from serving.store.derivations import changed_to
from serving.store.rows import digests_of
from serving.store.scores import digests_between


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What the comparison found so far.

    Attributes
    ----------
    last_seq:
        Event up to which it went.
    n_compared, n_different:
        Rows that were compared, and those that differ from what was served.
    first_different:
        Sequence number of the first of these; None where there are none.
    n_other_version:
        Rows of another catalogue, or of another derivation of keys and facts, their own or that of what their history
        held then: there is nothing to compare them with.
    n_unmatched:
        Scores whose event is no parcel, or is not in the log.
    """

    last_seq: int = 0
    n_compared: int = 0
    n_different: int = 0
    first_different: int | None = None
    n_other_version: int = 0
    n_unmatched: int = 0

    @property
    def is_sound(self) -> bool:
        """Whether whatever could be compared is as it was served."""
        return not self.n_different and not self.n_unmatched


def verify(connection: Connection) -> Iterator[Verified]:
    """Replay the log chunk by chunk; give what was found so far after each, and at least once."""
    engine, found = Engine(), Verified()
    yield found
    for part in event_log.parts(connection):
        for start in range(0, part.height, CHUNK):
            chunk = part.slice(start, CHUNK)
            first, last = found.last_seq + 1, int(chunk["seq"][-1])
            found = replace(_compared(connection, feature_rows(chunk, engine), found, first, last), last_seq=last)
            yield found


def _compared(connection: Connection, rows: FeatureRows, found: Verified, first: int, last: int) -> Verified:
    stored = digests_between(connection, first, last)
    replayed = dict(zip(rows.seq.tolist(), digests_of(rows.values, catalogue().names), strict=True))
    now = catalogue().fingerprint, DERIVATION
    changed = changed_to(connection)
    same = {
        seq: one.digest for seq, one in stored.items() if (one.fingerprint, one.derivation) == now and seq > changed
    }
    known = sorted(same.keys() & replayed.keys())
    different = [seq for seq in known if same[seq] != replayed[seq]]
    return replace(
        found,
        n_compared=found.n_compared + len(known),
        n_different=found.n_different + len(different),
        first_different=found.first_different or next(iter(different), None),
        n_other_version=found.n_other_version + len(stored) - len(same),
        n_unmatched=found.n_unmatched + len(stored.keys() - replayed.keys()),
    )
