"""The truth about every worker and everything that answers depend on: what /readyz and the metrics say."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from features.parcel.problems import StoreError
from serving.office.ladder import Level
from serving.office.office import Office
from serving.store import log as event_log
from serving.store.stops import open_stops
from serving.store.times import microseconds

LEAST_FREE = 64 << 20
"""Bytes that are to be free where the store is: less lasts for minutes."""
LEAST_WRITABLE = 1 << 20
MOST_DRIFT_S = 30.0
"""Seconds by which the clock may jump against the one that never does."""
_PROBE_BYTES = 4096


@dataclass
class ClockWatch:
    """Notices that the clock of the host was set while the service ran; times of the log follow that clock."""

    wall: Callable[[], float] = time.time
    steady: Callable[[], float] = time.monotonic
    _offset: float = field(init=False)

    def __post_init__(self) -> None:
        """Remember how the two clocks stand to each other."""
        self._offset = self.wall() - self.steady()

    def problem(self) -> str | None:
        """By how much the clock jumped; None where it did not."""
        jumped = self.wall() - self.steady() - self._offset
        return f"the clock was set by {jumped:+.0f} s" if abs(jumped) > MOST_DRIFT_S else None


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """What works.

    Attributes
    ----------
    workers:
        Problem of each worker by its name; None where it runs.
    reading, writing:
        Why the store cannot be read or written; None where it can.
    degraded:
        What answers lack, or what will fail soon, by its subject.
    n_unlogged:
        Looks that are durable and not in the audit yet.
    age_s:
        Seconds since the newest event; None while there is none.
    """

    workers: Mapping[str, str | None]
    reading: str | None
    writing: str | None
    degraded: Mapping[str, str]
    n_unlogged: int
    age_s: float | None

    @property
    def stopped(self) -> dict[str, str]:
        """Workers that do not run, with the reason."""
        return {name: problem for name, problem in self.workers.items() if problem is not None}

    @property
    def status(self) -> str:
        """``ready``, ``degraded``: answers lack something, or ``not ready``: nothing can be lodged."""
        if self.reading or self.writing or "writer" in self.stopped:
            return "not ready"
        return "degraded" if self.degraded or self.stopped else "ready"


def readiness(office: Office, home: Path, workers: Mapping[str, str | None], clock: ClockWatch) -> Readiness:
    """Look at everything now; nothing that is written stays."""
    newest, reading = _newest(office)
    champion = office.champion
    degraded = {
        "model": champion.problem if champion.degraded else office.model.unusable,
        "champion": None if champion.degraded else champion.problem,
        "clock": clock.problem() or _behind(office, newest),
        "disk": _room(home),
        "audit": office.writer.reads.problem,
        "score": None if reading else _stop(office),
    }
    return Readiness(
        workers=workers,
        reading=reading,
        writing=office.writer.problem or _unwritable(home),
        degraded={name: problem for name, problem in degraded.items() if problem is not None},
        n_unlogged=office.writer.reads.n_pending,
        age_s=None if newest is None else max((office.clock() - newest).total_seconds(), 0.0),
    )


def causes_of(found: Readiness) -> dict[Level, str]:
    """What puts the service on a level of the ladder."""
    causes = {}
    if "model" in found.degraded:
        causes[Level.NO_MODEL] = found.degraded["model"]
    if found.reading or found.writing:
        causes[Level.NO_STORE] = found.reading or found.writing or ""
    return causes


def causes_now(office: Office, home: Path) -> dict[Level, str]:
    """The same, looked at now."""
    return causes_of(readiness(office, home, {}, ClockWatch()))


def _newest(office: Office) -> tuple[datetime | None, str | None]:
    """When the newest event became known, and why that cannot be read."""
    try:
        with office.store.begin_read() as connection:
            events = event_log.events_at(connection, [event_log.last_seq(connection)])
    except StoreError as error:
        return None, str(error)
    return (events[0]["known_at"] if events else None), None


def _stop(office: Office) -> str | None:
    """For how much a person has stopped the score: who asks here need not be known, so no line and no reason."""
    try:
        with office.store.begin_read() as connection:
            lines = [one["line"] for one in open_stops(connection)]
    except StoreError:
        return None
    if not lines:
        return None
    where = "all lines" if None in lines else "one line" if len(lines) == 1 else f"{len(lines)} lines"
    return f"a person has stopped the score for {where}; GET /v1/score-stops says why."


def _behind(office: Office, newest: datetime | None) -> str | None:
    if newest is None or microseconds(office.clock()) >= microseconds(newest):
        return None
    return "the clock is behind the newest event of the log"


def _room(home: Path) -> str | None:
    free = shutil.disk_usage(home).free
    return None if free >= LEAST_FREE else f"{free / 1e6:,.0f} MB are free where the store is"


def _unwritable(home: Path) -> str | None:
    """Why a file cannot be written where the store is; None where it can."""
    if shutil.disk_usage(home).free < LEAST_WRITABLE:
        return "the disk is full. Make room."
    try:
        with tempfile.TemporaryFile(dir=home) as file:
            file.write(bytes(_PROBE_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return f"the folder of the store cannot be written ({error.strerror})."
    return None


def of_workers(found: Iterable[tuple[str, bool, str | None]]) -> dict[str, str | None]:
    """Problem of each worker, from its name, whether its thread is alive, and why it failed last."""
    return {name: problem if is_alive else "stopped: restart the service" for name, is_alive, problem in found}
