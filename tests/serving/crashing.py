"""A real process that ends in the middle: a command with a failpoint armed before it.

Its arguments are PLACE WAY COMMAND...: WAY is what happens at the failpoint PLACE; PLACE ``-`` arms nothing, and the
process waits for a line on its input before it begins.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from sqlalchemy import event

from features.history import Engine
from features.log import PARCEL
from features.parcel.problems import StoreError
from features.replay import joined, replay
from serving.installation import Installation
from serving.office.audit_verifying import verify
from serving.office.office import Office
from serving.settings import Settings, environment_of
from serving.store import engines
from serving.store import log as event_log
from serving.store.database import noted
from serving.store.scores import all_scores
from tests.forked import Forked
from tests.serving.failpoints import FAILPOINTS, SEALING_FAILPOINTS

_LEASE_WAIT_S = 60.0
FULL_PAGES = 1
"""Pages that a full disk still has room for."""


def _disk_is_full() -> None:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    raise error


def _signalled(number: int) -> Callable[[], None]:
    return lambda: os.kill(os.getpid(), number)


WAYS: dict[str, Callable[[], None]] = {
    "sigint": _signalled(signal.SIGINT),
    "sigterm": _signalled(signal.SIGTERM),
    "kill": _signalled(signal.SIGKILL),
    "failure": _disk_is_full,
}


def fill_the_disk() -> None:
    """Let the database grow by no more than a few pages from now on."""
    real = engines.writing_engine

    def small(*args: object, **more: object) -> object:
        engine = real(*args, **more)  # type: ignore[arg-type]

        @event.listens_for(engine, "connect")
        def _limit(connection: sqlite3.Connection, _record: object) -> None:
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
            (free,) = connection.execute("PRAGMA freelist_count").fetchone()
            connection.execute(f"PRAGMA max_page_count={pages + max(0, FULL_PAGES - free)}")

        return engine

    import serving.store.database as database

    database.writing_engine = small  # type: ignore[assignment]


def main() -> None:
    """Run a command of parcel-risk, and end it at the failpoint."""
    from parcel_risk.cli import main as command

    # Children of background jobs inherit that interrupts are ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    place, way, *arguments = sys.argv[1:]
    sys.argv = ["parcel-risk", *arguments]
    if place == "-":
        if way == "full":
            fill_the_disk()
        else:
            sys.stdout.write("loaded\n")
            sys.stdout.flush()
            sys.stdin.readline()
    with nullcontext() if place == "-" else (FAILPOINTS | SEALING_FAILPOINTS)[place].armed(WAYS[way]):
        command()


def started(settings: Settings, place: str, way: str, *arguments: str) -> Forked:
    """Start the process for an installation; who starts it ends it."""
    environment = {**os.environ, **environment_of(settings), "OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}
    return Forked(main, (place, way, *arguments), environment, cwd=Path(__file__).parents[2])


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a restart finds; `faults` is empty when all of it agrees."""

    n_events: int
    n_scores: int
    faults: tuple[str, ...]
    n_segments: int = 0


def examined(settings: Settings) -> Found:
    """Restart, and compare history, feature rows, scores and audit with the replay of the log."""
    office = _opened(settings)
    try:
        with office.store.begin_read() as connection:
            log, stored = event_log.read(connection), all_scores(connection)
            n_segments = len(event_log.check_segments(connection))
            logged = noted(connection, "scored")
            audit_fault = verify(connection, []).fault
        engine = Engine()
        rows = joined(replay(log, engine))
        replayed = {seq: row.astype("<f8").tobytes() for seq, row in zip(rows.seq.tolist(), rows.values, strict=True)}
        parcels = set(log.filter(pl.col("kind") == PARCEL)["seq"])
        checks = {
            "the audit does not verify": audit_fault is None,
            "entities differ from those of the replay": office.writer.n_entities() == engine.n_entities(),
            "history differs from the replay": office.writer.digest() == engine.digest(),
            "a feature row differs from the replayed one": all(
                np.asarray(one.features).tobytes() == replayed.get(seq) for seq, one in stored.items()
            ),
            "a score has no parcel event": set(stored) <= parcels,
            "audit and scores differ": sorted(logged) == sorted(stored),
            "the log has gaps": log["seq"].to_list() == list(range(1, log.height + 1)),
        }
    finally:
        office.close()
    faults = tuple(words for words, is_so in checks.items() if not is_so)
    return Found(n_events=log.height, n_scores=len(stored), faults=faults, n_segments=n_segments)


def _opened(settings: Settings) -> Office:
    """The office, as soon as the lease of a service that was killed is over."""
    deadline = time.monotonic() + _LEASE_WAIT_S
    while True:
        try:
            return Installation.open(settings).office()
        except StoreError:
            if not settings.database_url or time.monotonic() > deadline:
                raise
            time.sleep(0.2)
