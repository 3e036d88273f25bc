from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from features.history import ENTITIES, Engine, kernel, mark_of, snapshots
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


@pytest.mark.parametrize("at", [-1, -50_000, 400])
def test_one_bit_changed_anywhere_is_noticed(engine: Engine, tmp_path: Path, at: int) -> None:
    path = snapshots.save(engine, tmp_path, mark="")
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)
    with pytest.raises(SnapshotError):
        snapshots.restore(path)


@pytest.mark.parametrize("kept", [0, 10, 300, 90_000])
def test_a_snapshot_that_was_cut_short_is_refused(engine: Engine, tmp_path: Path, kept: int) -> None:
    path = snapshots.save(engine, tmp_path, mark="")
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(SnapshotError):
        snapshots.restore(path)


def test_another_layout_and_other_entities_are_refused(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = snapshots.save(engine, tmp_path, mark="")
    with pytest.raises(SnapshotError, match="other entities"):
        snapshots.restore(path, (replace(ENTITIES[0], other="lane_key"), *ENTITIES[1:]))
    monkeypatch.setattr(kernel, "LAYOUT", kernel.LAYOUT + 1)
    with pytest.raises(SnapshotError, match="layout"):
        snapshots.restore(path)


def test_other_words_for_the_officer_are_no_reason_to_refuse(engine: Engine, tmp_path: Path) -> None:
    path = snapshots.save(engine, tmp_path, mark="")
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
    marks = {mark_of(log.head(n)) for n in (0, 1, 2, 900)}
    assert len(marks) == 4
    assert mark_of(log.slice(5, 10)) == mark_of(log.slice(14, 1))
