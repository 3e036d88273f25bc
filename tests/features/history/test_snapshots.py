from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from features import snapshot_words
from features.facts.withheld import without_texts
from features.history import ENTITIES, Engine, kernel, mark_of, snapshots
from features.log import LOG_SCHEMA, WITHHELD
from features.parcel.problems import SnapshotError
from tests.worlds import eventful_log


@pytest.fixture
def engine() -> Engine:
    one = Engine()
    one.advance(eventful_log().head(3_000))
    return one


def test_a_restored_history_reads_on_as_if_nothing_had_happened(engine: Engine, tmp_path: Path) -> None:
    snapshot = snapshots.restore(snapshots.save(engine, tmp_path, mark="here"))
    assert snapshot.mark == "here"
    assert snapshot.engine.last_seq == engine.last_seq
    assert snapshot.engine.n_entities() == engine.n_entities()
    tail = eventful_log().slice(3_000, 500)
    one, other = engine.advance(tail), snapshot.engine.advance(tail)
    assert all(np.array_equal(one[entity.name], other[entity.name]) for entity in ENTITIES)


def test_a_snapshot_that_was_read_ahead_is_taken_over_and_one_written_meanwhile_is_read(
    engine: Engine, tmp_path: Path
) -> None:
    first = snapshots.save(engine, tmp_path, mark="here")
    snapshot_words.begin(tmp_path)
    begun = snapshot_words._begun[first][1].result()
    assert snapshots.restore(first).engine.states["sender"].table is begun[3 * _place("sender")]
    snapshot_words.begin(tmp_path)
    engine.advance(eventful_log().slice(3_000, 500))
    second = snapshots.save(engine, tmp_path, mark="there")
    assert snapshots.restore(second).engine.digest() == engine.digest()
    snapshot_words.begin(tmp_path)
    second.rename(tmp_path / "kept")
    (tmp_path / "copy").write_bytes((tmp_path / "kept").read_bytes()[:-8])
    (tmp_path / "copy").rename(second)
    with pytest.raises(SnapshotError):
        snapshots.restore(second)
    snapshot_words.begin(tmp_path / "nowhere")


def _place(name: str) -> int:
    return [entity.name for entity in ENTITIES].index(name)


@pytest.mark.parametrize("at", [-1, -50_000, 400])
def test_one_bit_changed_anywhere_is_noticed(engine: Engine, tmp_path: Path, at: int) -> None:
    path = snapshots.save(engine, tmp_path, mark="here")
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)
    with pytest.raises(SnapshotError):
        snapshots.restore(path)


@pytest.mark.parametrize("kept", [0, 10, 300, 90_000])
def test_a_snapshot_that_was_cut_short_is_refused(engine: Engine, tmp_path: Path, kept: int) -> None:
    path = snapshots.save(engine, tmp_path, mark="here")
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(SnapshotError):
        snapshots.restore(path)


def test_another_layout_and_other_entities_are_refused(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = snapshots.save(engine, tmp_path, mark="here")
    with pytest.raises(SnapshotError, match="other entities"):
        snapshots.restore(path, (replace(ENTITIES[0], other="lane_key"), *ENTITIES[1:]))
    monkeypatch.setattr(kernel, "LAYOUT", kernel.LAYOUT + 1)
    with pytest.raises(SnapshotError, match="layout"):
        snapshots.restore(path)


def test_other_words_for_the_officer_are_no_reason_to_refuse(engine: Engine, tmp_path: Path) -> None:
    path = snapshots.save(engine, tmp_path, mark="here")
    assert snapshots.restore(path, (replace(ENTITIES[0], noun="land"), *ENTITIES[1:]))


def test_the_newest_two_are_kept_and_a_damaged_one_comes_with_its_reason(tmp_path: Path) -> None:
    engine = Engine()
    for start in (0, 100, 200):
        engine.advance(eventful_log().slice(start, 100))
        path = snapshots.save(engine, tmp_path, mark=str(start))
    path.write_bytes(b"{}")
    newest, older = snapshots.usable(tmp_path)
    assert isinstance(newest, SnapshotError)
    assert not isinstance(older, SnapshotError)
    assert older.mark == "100"


def test_a_mark_tells_logs_and_places_apart() -> None:
    log = eventful_log()
    marks = {mark_of(log.head(n)) for n in (1, 2, 900)}
    assert len(marks) == 3
    assert all(mark is not None and len(mark) == 64 for mark in marks)
    assert mark_of(log.slice(5, 10)) == mark_of(log.slice(14, 1))


NOT_COVERED = {"quality_flags", "kind", "pieces", *WITHHELD}


def test_a_mark_does_not_change_when_numbers_and_texts_are_erased() -> None:
    log = eventful_log().head(1)
    erased = log.with_columns(pl.lit(None, dtype=LOG_SCHEMA[name]).alias(name) for name in (*WITHHELD, "pieces"))
    assert mark_of(erased) == mark_of(without_texts(log)) == mark_of(log)


@pytest.mark.parametrize("column", [name for name in LOG_SCHEMA if name not in NOT_COVERED])
def test_a_mark_changes_with_every_column_of_the_last_event(column: str) -> None:
    log = eventful_log().filter(pl.col(column).is_not_null()).head(1)
    if log.height == 0:
        log = eventful_log().head(1).with_columns(pl.lit(1).cast(LOG_SCHEMA[column]).alias(column))
    assert mark_of(log.with_columns(pl.lit(None, dtype=LOG_SCHEMA[column]).alias(column))) != mark_of(log)


def test_a_mark_does_not_depend_on_columns_that_say_nothing() -> None:
    log = eventful_log().head(7)
    silent = [column.name for column in log.tail(1) if column.null_count()]
    assert len(silent) > 3
    assert mark_of(log.drop(set(silent) - {"subject_seq"})) == mark_of(log)


def test_an_event_that_is_not_there_has_no_mark_and_no_snapshot_has_that_mark(engine: Engine, tmp_path: Path) -> None:
    """A history ran ahead of its log: both marks were "" and matched."""
    beyond = eventful_log().filter(pl.col("seq") > eventful_log().height)
    assert mark_of(beyond) is None
    for mark in (mark_of(beyond), ""):
        with pytest.raises(ValueError, match="seq 3000 without the mark"):
            snapshots.save(engine, tmp_path, mark=mark)
    path = snapshots.save(engine, tmp_path, mark="here")
    for nothing in (b'""', b"null"):
        path.write_bytes(path.read_bytes().replace(b'"here"', nothing).replace(b'""', nothing))
        with pytest.raises(SnapshotError, match="does not name the event"):
            snapshots.restore(path)


def test_a_frozen_history_is_saved_while_the_engine_goes_on(engine: Engine, tmp_path: Path) -> None:
    before, frozen = engine.digest(), engine.frozen()
    with ThreadPoolExecutor(1) as pool:
        saved = pool.submit(snapshots.save, frozen, tmp_path, mark="here")
        engine.advance(eventful_log().slice(3_000, 5_000))
    assert engine.digest() != before
    assert snapshots.restore(saved.result()).engine.digest() == frozen.digest() == before
