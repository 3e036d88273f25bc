"""A standby: it follows the log that another service writes, and takes over when that one ends, is killed or hangs.

Who writes is decided by the lease in the database that both share. History and model are in memory before they are
needed, so that a takeover costs what the last events cost.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from features.parcel.problems import StoreError
from serving.office.live_model import LiveModel
from serving.office.recovery import Followed
from serving.store import Store

_log = structlog.get_logger()
LOOK_S = 0.25
"""Seconds between two looks at the log and the lease."""
MODEL_S = 5.0


@dataclass(frozen=True, kw_only=True)
class Stand:
    """What a standby says of itself.

    Attributes
    ----------
    events:
        Events of the log that it has read.
    leader:
        Who holds the lease.
    lease_s:
        Seconds for which that one still holds it, at the last look.
    problem:
        Why the last look failed; None where it did not.
    """

    events: int = 0
    leader: str = ""
    lease_s: float = 0.0
    problem: str | None = None


class Standby:
    """Follows a log, and becomes its writer when nobody is.

    Parameters
    ----------
    folder:
        Of the snapshots of the history.
    """

    def __init__(self, store: Store, folder: Path, model: LiveModel) -> None:
        """Read the whole log.

        Raises
        ------
        StoreError
            When only one host can open the store.
        """
        if not store.is_shared:
            raise StoreError(
                "a standby needs a store that several hosts share. Set PARCEL_RISK_DATABASE_URL to a database of "
                "PostgreSQL."
            )
        self.store, self.model = store, model
        with store.begin_read() as connection:
            self.followed = Followed(connection, folder)
        self._next_model_at = time.monotonic() + MODEL_S
        self.stand = Stand()
        self._follow()

    def wait(self, is_stopped: Callable[[], bool]) -> bool:
        """Follow until this is the writer, or is stopped; say whether it is."""
        while not is_stopped():
            if self.look():
                return True
            time.sleep(LOOK_S)
        return False

    def look(self) -> bool:
        """Read what is new, and become the writer if nobody is; say whether this succeeded."""
        try:
            self._follow()
            if self.stand.lease_s > 0:
                return False
            self.store.become_writer()
        except StoreError as error:  # the database is away, or another standby was first
            self.stand = Stand(events=self.followed.engine.last_seq, leader=self.stand.leader, problem=str(error))
            return False
        _log.info("takes over", events=self.followed.engine.last_seq)
        return True

    def _follow(self) -> None:
        if time.monotonic() >= self._next_model_at:
            self.model.look()
            self._next_model_at = time.monotonic() + MODEL_S
        with self.store.begin_read() as connection:
            self.followed.follow(connection)
        leader, left_s = self.store.holder()
        self.stand = Stand(events=self.followed.engine.last_seq, leader=leader, lease_s=left_s)

    def close(self) -> None:
        """Close the store."""
        self.store.close()
