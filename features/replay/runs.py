"""Replay a log of any size into feature rows: by one process in order, or by many over hash partitions.

History of one entity depends on the events of that entity alone, so any partition of the keys may be replayed by itself
(`played_partition`); afterwards the rows of each chunk are put together (`assembled`). Both give the same bits as the
replay in order. Whatever is finished stays when a replay is interrupted and is not done again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import polars as pl

from features.history import Engine, mark_of, snapshots
from features.parcel.problems import SnapshotError, SourceError
from features.replay.files import LogFiles, read_chunk, rows_path, write_rows
from features.replay.partitions import assembled, is_replayed, replayed_partition
from features.replay.rows import feature_rows

_STATE = "unfinished"
_SNAPSHOT_EVERY = 10
Progress = Callable[[int, int], None]
Task = tuple[Any, ...]
Runner = Callable[[Callable[..., int], list[Task]], Iterable[int]]
"""Runs a function on every task, in any order, and yields what it returns as it comes."""


def replay_files(
    log: LogFiles, out: Path, *, runner: Runner | None = None, n_partitions: int = 1, progress: Progress | None = None
) -> list[Path]:
    """Replay `log` into Parquet files of feature rows, one for each chunk.

    Parameters
    ----------
    out:
        Folder to write to; a replay that was interrupted there resumes.
    runner:
        How tasks are spread over workers, see `features.replay.runners`; None replays the log in order in this process.
    n_partitions:
        Parts into which keys are split by hash; at least the number of workers.
    progress:
        Called with the steps done and all steps.

    Raises
    ------
    SourceError
        When `out` holds a replay of another log or by another version, or a file cannot be read.
    """
    if any(chunk.path.parent.resolve() == out.resolve() for chunk in log.chunks):
        raise SourceError(f"{out}: the log itself is stored there. Give another folder for the rows.")
    out.mkdir(parents=True, exist_ok=True)
    _claim(out, log, n_partitions if runner else 0)
    report = progress or (lambda done, steps: None)
    done = _in_order(log, out, report) if runner is None else _in_parts(log, out, runner, n_partitions, report)
    for _ in done:
        pass
    shutil.rmtree(out / _STATE, ignore_errors=True)
    return [rows_path(out, chunk.number) for chunk in log.chunks]


def _claim(out: Path, log: LogFiles, n_partitions: int) -> None:
    note = out / "replay.json"
    said = {"log": log.digest, "n_partitions": n_partitions, "n_events": log.n_events}
    if not note.exists():
        note.write_text(json.dumps(said) + "\n", "utf-8")
    elif json.loads(note.read_text("utf-8")) != said:
        raise SourceError(
            f"{out}: holds a replay of another log, with another number of partitions, or by another version. "
            "Give an empty folder."
        )


def _in_order(log: LogFiles, out: Path, report: Progress) -> Iterator[int]:
    engine, first = _resumed(log, out)
    for chunk in log.chunks[first:]:
        events = read_chunk(chunk)
        write_rows(out, chunk.number, feature_rows(events, engine))
        mark = _mark(chunk.number, events)
        if mark is not None and (chunk.number + 1) % _SNAPSHOT_EVERY == 0:
            snapshots.save(engine, out / _STATE, mark=mark)
        report(chunk.number + 1, len(log.chunks))
        yield chunk.number


def _resumed(log: LogFiles, out: Path) -> tuple[Engine, int]:
    """Engine and first chunk to replay: behind the newest snapshot that can be trusted, else from the beginning."""
    if all(rows_path(out, chunk.number).exists() for chunk in log.chunks):
        return Engine(), len(log.chunks)
    for snapshot in snapshots.usable(out / _STATE):
        if isinstance(snapshot, SnapshotError):
            continue
        number = int(snapshot.mark.split("|")[0])
        if snapshot.mark == _mark(number, read_chunk(log.chunks[number])):
            return snapshot.engine, number + 1
    return Engine(), 0


def _mark(number: int, events: pl.DataFrame) -> str | None:
    mark = mark_of(events)
    return None if mark is None else f"{number}|{mark}"


def _in_parts(log: LogFiles, out: Path, runner: Runner, n_partitions: int, report: Progress) -> Iterator[int]:
    state = out / _STATE
    state.mkdir(exist_ok=True)
    steps = n_partitions + len(log.chunks)
    waiting = [chunk for chunk in log.chunks if not rows_path(out, chunk.number).exists()]
    pending: list[Task] = [
        (log, state, part, n_partitions) for part in range(n_partitions) if waiting and not is_replayed(state, part)
    ]
    done = n_partitions - len(pending)
    for _ in runner(replayed_partition, pending):
        done += 1
        report(done, steps)
    done += len(log.chunks) - len(waiting)
    for number in runner(assembled, [(chunk, state, out, n_partitions) for chunk in waiting]):
        done += 1
        report(done, steps)
        yield number
