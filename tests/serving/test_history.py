"""Restart: snapshots are used, checked and never needed; another identity key is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import structlog

from features.history import ENTITIES, Engine, snapshots
from features.parcel.problems import StoreError
from features.replay import replay
from serving import history
from serving.app import open_desk
from serving.scoring import Desk
from serving.settings import Settings
from serving.store import log as event_log


def same_history(one: Engine, other: Engine) -> bool:
    used = [
        (engine.states[entity.name].arena[: engine.states[entity.name].meta[1]], engine.states[entity.name].table)
        for engine in (one, other)
        for entity in ENTITIES
    ]
    half = len(used) // 2
    return all(
        np.array_equal(mine, theirs)
        for pair, twin in zip(used[:half], used[half:], strict=True)
        for mine, theirs in zip(pair, twin, strict=True)
    )


def replayed(desk: Desk) -> Engine:
    engine = Engine()
    with desk.store.begin() as connection:
        for _ in replay(event_log.read(connection), engine):
            pass
    return engine


def test_a_desk_that_was_closed_opens_from_its_snapshot(
    desk_with_past: Desk, reopened: Callable[[Desk], Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = desk_with_past.engine
    played: list[int] = []
    advance = Engine.advance
    monkeypatch.setattr(Engine, "advance", lambda self, log: played.append(log.height) or advance(self, log))
    desk = reopened(desk_with_past)
    assert sum(played) == 0
    assert desk.engine.last_seq == before.last_seq
    assert same_history(desk.engine, before)
    desk.close()


def test_a_damaged_snapshot_is_refused_and_the_log_rebuilds_the_history(
    desk_with_past: Desk, settings: Settings
) -> None:
    desk_with_past.close()
    (path,) = (settings.home / "history").glob("*.history")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with structlog.testing.capture_logs() as said:
        desk = open_desk(settings)
    assert [line["event"] for line in said if "reason" in line] == ["snapshot refused"]
    assert same_history(desk.engine, replayed(desk))
    desk.close()


def test_a_snapshot_of_another_log_is_refused(desk_with_past: Desk, settings: Settings) -> None:
    desk_with_past.close()
    (path,) = (settings.home / "history").glob("*.history")
    content = path.read_bytes().replace(b'"mark": "', b'"mark": "x', 1)
    path.write_bytes(content)
    with structlog.testing.capture_logs() as said:
        desk = open_desk(settings)
    assert "it belongs to another log" in [line.get("reason") for line in said]
    assert same_history(desk.engine, replayed(desk))
    desk.close()


def test_a_long_tail_is_kept_as_a_snapshot(
    desk_with_past: Desk, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not list((settings.home / "history").glob("*.history"))
    monkeypatch.setattr(history, "SNAPSHOT_AFTER", 1_000)
    desk_with_past.rebuild()
    assert len(list((settings.home / "history").glob("*.history"))) == 1


def test_a_log_written_under_another_identity_key_is_refused(desk_with_past: Desk, settings: Settings) -> None:
    desk_with_past.store.close()
    other = settings.home / "other-keys"
    other.mkdir(parents=True)
    for path in settings.keys.iterdir():
        (other / path.name).write_bytes(path.read_bytes())
    (other / "identity.key").write_bytes(b"z" * 32)
    with pytest.raises(StoreError, match="written under the identity key"):
        open_desk(settings.model_copy(update={"keys_dir": other}))


def test_a_history_that_is_ahead_of_its_log_is_neither_kept_nor_used(
    desk_with_past: Desk, settings: Settings, tmp_path: Path
) -> None:
    """An event that is not in the log had the mark "", and so did the snapshot that claimed to hold it."""
    folder = settings.home / "history"
    with desk_with_past.store.begin() as connection:
        log = event_log.read(connection)
        ahead = Engine()
        ahead.advance(pl.concat([log, log.with_columns(pl.col("seq") + log.height)]))
        with structlog.testing.capture_logs() as said:
            history.keep(connection, ahead, tmp_path)
        assert [line["event"] for line in said] == ["snapshot not written"]
        assert not list(tmp_path.glob("*"))
        snapshots.save(ahead, folder, mark="an event that is nowhere")
        again = history.rebuilt(connection, folder)
    assert again.digest() == replayed(desk_with_past).digest()
    desk_with_past.close()
