"""Skew is zero: however a log is replayed, every feature row has the same bits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from features.catalogue import catalogue
from features.history import Engine, mark_of, snapshots
from features.parcel.problems import SourceError
from features.replay import LogFiles, feature_rows, joined, replay, replay_files
from features.replay.files import read_chunk, rows_path
from features.replay.runners import cluster, processes
from tests.worlds import eventful_log


@pytest.fixture(scope="module")
def log() -> pl.DataFrame:
    return eventful_log()


@pytest.fixture(scope="module")
def batch(log: pl.DataFrame) -> np.ndarray:
    """Rows of the whole log played at once."""
    return feature_rows(log, Engine()).values


@pytest.fixture(scope="module")
def folder(log: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(log, tmp_path_factory.mktemp("log"), 3)


def written(log: pl.DataFrame, folder: Path, n_files: int) -> Path:
    """Write a log as several Parquet files."""
    size = -(-log.height // n_files)
    for place in range(n_files):
        log.slice(place * size, size).write_parquet(folder / f"log-{place}.parquet")
    return folder


def read_back(paths: list[Path]) -> np.ndarray:
    return pl.concat([pl.read_parquet(path) for path in paths]).drop("seq").to_numpy()


def same(one: np.ndarray, other: np.ndarray) -> bool:
    return np.array_equal(one, other, equal_nan=True)


def sizes() -> Iterator[int]:
    """Micro-batches of 1 for a while, then of 7, then of 1,000."""
    yield from [1] * 400
    yield from [7] * 400
    while True:
        yield 1_000


@pytest.mark.slow
def test_micro_batches_of_any_size_give_the_same_rows(log: pl.DataFrame, batch: np.ndarray) -> None:
    engine, parts, start = Engine(), [], 0
    for size in sizes():
        parts.append(feature_rows(log.slice(start, size), engine))
        start += size
        if start >= log.height:
            break
    assert same(joined(iter(parts)).values, batch)


@pytest.mark.slow
def test_a_restart_in_the_middle_with_snapshot_and_tail_gives_the_same_rows(
    log: pl.DataFrame, batch: np.ndarray, tmp_path: Path
) -> None:
    cut = log.height // 2
    engine = Engine()
    before = feature_rows(log.head(cut), engine).values
    path = snapshots.save(engine, tmp_path, mark=mark_of(log.head(cut)))
    again = snapshots.restore(path).engine
    after = joined(replay(log.slice(cut), again)).values
    assert same(np.vstack([before, after]), batch)


@pytest.mark.slow
def test_files_played_in_order_give_the_same_rows(folder: Path, batch: np.ndarray, tmp_path: Path) -> None:
    assert same(read_back(replay_files(LogFiles.of(folder, 30_000), tmp_path / "rows")), batch)


@pytest.mark.slow
def test_partitions_over_processes_give_the_same_rows(folder: Path, batch: np.ndarray, tmp_path: Path) -> None:
    paths = replay_files(LogFiles.of(folder), tmp_path / "rows", runner=processes(2), n_partitions=3)
    assert same(read_back(paths), batch)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_dask_cluster_gives_the_same_rows(folder: Path, batch: np.ndarray, tmp_path: Path) -> None:
    with cluster(None, 2) as runner:
        paths = replay_files(LogFiles.of(folder), tmp_path / "rows", runner=runner, n_partitions=2)
    assert same(read_back(paths), batch)


@pytest.fixture
def small(tmp_path: Path) -> LogFiles:
    log = tmp_path / "log"
    log.mkdir()
    return LogFiles.of(written(eventful_log(), log, 2), 500)


def test_a_replay_that_was_broken_off_goes_on_where_it_was(small: LogFiles, batch: np.ndarray, tmp_path: Path) -> None:
    done: list[int] = []

    def stop(step: int, steps: int) -> None:
        done.append(step)
        if step == 13:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replay_files(small, tmp_path / "rows", progress=stop)
    paths = replay_files(small, tmp_path / "rows", progress=lambda step, steps: done.append(step))
    assert done[:13] == list(range(1, 14))
    assert done[13] == 11, "the chunks behind the newest snapshot, taken after ten, are played again"
    assert same(read_back(paths), batch)


def test_a_partitioned_replay_does_not_repeat_what_is_done(small: LogFiles, batch: np.ndarray, tmp_path: Path) -> None:
    ran: list[tuple[str, int]] = []

    def runner(function, tasks):  # type: ignore[no-untyped-def]
        for task in tasks:
            ran.append((function.__name__, len(ran)))
            yield function(*task)
            if len(ran) == 5:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replay_files(small, tmp_path / "rows", runner=runner, n_partitions=2)
    paths = replay_files(small, tmp_path / "rows", runner=runner, n_partitions=2)
    assert [name for name, _ in ran].count("replayed_partition") == 2
    assert len(ran) == 2 + len(small.chunks), "nothing that was finished is done twice"
    assert same(read_back(paths), batch)


def test_a_damaged_snapshot_is_not_trusted_and_the_rows_are_the_same(
    small: LogFiles, batch: np.ndarray, tmp_path: Path
) -> None:
    def stop(step: int, steps: int) -> None:
        if step == 13:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replay_files(small, tmp_path / "rows", progress=stop)
    snapshot = next((tmp_path / "rows").rglob("*.history"))
    content = bytearray(snapshot.read_bytes())
    content[-4_000] ^= 1
    snapshot.write_bytes(content)
    paths = replay_files(small, tmp_path / "rows")
    assert same(read_back(paths), batch)


def test_rows_of_another_log_are_not_mixed(small: LogFiles, tmp_path: Path) -> None:
    replay_files(small, tmp_path / "rows")
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(SourceError, match="another log"):
        replay_files(LogFiles.of(written(eventful_log().head(900), other, 1), 500), tmp_path / "rows")


def test_a_finished_replay_leaves_rows_and_nothing_else(small: LogFiles, tmp_path: Path) -> None:
    out = tmp_path / "rows"
    replay_files(small, out, runner=processes(1), n_partitions=1)
    assert {path.name for path in out.iterdir()} == {
        "replay.json",
        *(rows_path(out, chunk.number).name for chunk in small.chunks),
    }
    assert pl.read_parquet_schema(rows_path(out, 0)).names() == ["seq", *catalogue().names]


def test_what_is_not_a_log_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no Parquet files"):
        LogFiles.of(tmp_path)
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(SourceError, match="no column seq"):
        LogFiles.of(tmp_path)
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and nothing more")
    with pytest.raises(SourceError, match="not readable as Parquet"):
        LogFiles.of(tmp_path)


def test_a_file_of_an_older_log_lacks_columns_and_is_read_all_the_same(tmp_path: Path) -> None:
    log = eventful_log().filter(pl.col("kind") != "retraction").head(300)
    log.drop("counted_at").write_parquet(tmp_path / "old.parquet")
    assert read_chunk(LogFiles.of(tmp_path).chunks[0]).drop("counted_at").equals(log.drop("counted_at"))
