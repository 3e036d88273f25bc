"""Feature rows and scores of one log by every way there is, compared to the bit: `python -m benchmarks.equality`.

A synthetic log with amendments, cancellations, corrections and late events (`--parcels`, `--seed`) is processed row by
row as serving does it, in batches of 1, 7 and 1,000 events and across a restart from a snapshot, and replayed as a
table, from Parquet files in order, over processes, on a Dask cluster, and from a store before and behind sealing.
Digests of the feature rows, and of the raw scores and probabilities of a bundle, are printed for each way; where the
bundle cannot be used here, those of the rows alone. The exit status is 1 when two differ. Batches of one cover the
first `--single` events.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from features import bundle as bundles
from features.bundle import Bundle
from features.declared.declare import Floats
from features.event_rows import rows_of
from features.facts.withheld import without_texts
from features.history import Engine, snapshots
from features.parcel.problems import BundleError
from features.replay import LogFiles, feature_rows, joined, replay, replay_files
from features.replay.files import write_whole
from features.replay.runners import cluster, processes
from serving.store import Store, sealing
from serving.store import log as event_log
from tests.worlds import eventful_log

REFERENCE = Path("models/reference")
N_WORKERS = 2
FILE = 50_000
Way = tuple[str, Floats]


def main() -> None:
    """Compute, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parcels", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--single", type=int, default=20_000)
    parser.add_argument("--segment", type=int, default=50_000)
    parser.add_argument("--bundle", type=Path, default=REFERENCE)
    asked = parser.parse_args()
    log = eventful_log(asked.parcels, asked.seed)
    print(f"{log.height:,} events: {dict(log['kind'].value_counts().iter_rows())}")
    with tempfile.TemporaryDirectory(prefix="parcel-risk-equality-") as folder:
        found = ways(log, Path(folder), n_single=asked.single, size=asked.segment)
        n_different = compared(found, _bundle(asked.bundle))
    print("all ways agree to the bit" if not n_different else f"{n_different} ways differ from the first")
    sys.exit(bool(n_different))


def _bundle(folder: Path) -> Bundle | None:
    try:
        return bundles.load(folder, trusted=None)
    except BundleError as error:
        print(f"no scores are compared: {error}")
        return None


def compared(found: Iterator[Way], bundle: Bundle | None = None) -> int:
    """Print the digests of each way; return how many differ from the first."""
    first, n_different, begun = None, 0, time.process_time()
    for name, values in found:
        first = values if first is None else first
        whole = first[: len(values)]
        is_same = _digests(bundle, values) == _digests(bundle, whole)
        n_different += not is_same
        rows, scores = _digests(bundle, values)
        spent = time.process_time() - begun
        print(f"{'same' if is_same else 'DIFFERENT'}  {rows}  {scores}  {len(values):9,} rows {spent:6.0f} s  {name}")
        begun = time.process_time()
    return n_different


def _digests(bundle: Bundle | None, values: Floats) -> tuple[str, str]:
    if bundle is None:
        return _digest(values), "-"
    raw = bundle.raw(values)
    return _digest(values), _digest(np.concatenate([raw, bundle.probability(raw)]))


def _digest(values: Floats) -> str:
    return hashlib.sha256(np.ascontiguousarray(values, dtype="<f8").tobytes()).hexdigest()[:12]


def ways(log: pl.DataFrame, folder: Path, *, n_single: int, size: int) -> Iterator[Way]:
    """Feature rows of the parcels of `log`, or of its first ones, by every way."""
    yield "replayed as a table", joined(replay(log)).values
    yield "without numbers and texts", joined(replay(without_texts(log))).values
    yield "row by row as served, batches of 1", _served(log.head(n_single), 1)
    yield "row by row as served, batches of 7", _served(log, 7)
    yield "row by row as served, batches of 1,000", _served(log, 1_000)
    yield "across a restart from a snapshot", _restarted(log, folder / "history")
    yield from _from_files(log, folder)
    yield from _from_a_store(log, folder, size)


def _served(log: pl.DataFrame, size: int, engine: Engine | None = None) -> Floats:
    engine, found = engine or Engine(), []
    for start in range(0, log.height, size):
        rows = rows_of(log.slice(start, size))
        staging = engine.staging()
        found.append(feature_rows(rows, staging).values)
        staging.publish()
    return np.concatenate(found)


def _restarted(log: pl.DataFrame, folder: Path) -> Floats:
    half, engine = log.height // 2, Engine()
    before = _served(log.head(half), 1_000, engine)
    snapshots.save(engine, folder, mark=snapshots.mark_of(log.head(half)))
    (again,) = (one for one in snapshots.usable(folder) if isinstance(one, snapshots.Snapshot))
    return np.concatenate([before, _served(log.slice(half), 1_000, again.engine)])


def _from_files(log: pl.DataFrame, folder: Path) -> Iterator[Way]:
    (folder / "log").mkdir()
    for number, start in enumerate(range(0, log.height, FILE)):
        write_whole(without_texts(log.slice(start, FILE)), folder / "log" / f"log-{number:06d}.parquet")
    files = LogFiles.of(folder / "log")
    yield "files in order", _read(replay_files(files, folder / "in-order"))
    runner = processes(N_WORKERS)
    yield "files on processes", _read(replay_files(files, folder / "processes", runner=runner, n_partitions=N_WORKERS))
    with cluster(None, N_WORKERS) as dask:
        yield "files on Dask", _read(replay_files(files, folder / "dask", runner=dask, n_partitions=N_WORKERS))


def _read(paths: Sequence[Path]) -> Floats:
    return np.concatenate([pl.read_parquet(path).drop("seq").to_numpy() for path in paths])


def _from_a_store(log: pl.DataFrame, folder: Path, size: int) -> Iterator[Way]:
    with Store(f"sqlite:///{folder / 'store.db'}") as store:
        for start in range(0, log.height, FILE):
            with store.begin() as connection:
                event_log.append(connection, rows_of(log.slice(start, FILE)))
        yield "a store, nothing sealed", _stored(store)
        sealing.seal(store.begin_read, store.begin, store.segments, size=size)
        yield "a store, one segment", _stored(store)
        while sealing.seal(store.begin_read, store.begin, store.segments, size=size):
            continue
        yield "a store, all whole segments", _stored(store)


def _stored(store: Store) -> Floats:
    engine, found = Engine(), []
    with store.begin_read() as connection:
        for part in event_log.parts(connection):
            found.append(joined(replay(part, engine)).values)
    return np.concatenate(found)


if __name__ == "__main__":
    main()
