"""Restart: snapshots are used, checked and never needed; another identity key is refused."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest
import structlog
from polars.testing import assert_frame_equal

from features.history import Engine
from features.parcel.problems import StoreError
from features.replay import replay
from serving.installation import Installation
from serving.office import recovery as history
from serving.office.office import Office
from serving.settings import Settings
from serving.store import log as event_log


def replayed(office: Office) -> Engine:
    engine = Engine()
    with office.store.begin_read() as connection:
        for _ in replay(event_log.read(connection), engine):
            pass
    return engine


def test_an_office_that_was_closed_opens_from_its_snapshot(
    office_with_past: Office, reopened: Callable[[Office], Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    before, last = office_with_past.writer.digest(), office_with_past.writer.last_seq
    played: list[int] = []
    advance = Engine.advance
    monkeypatch.setattr(Engine, "advance", lambda self, log: played.append(log.height) or advance(self, log))
    office = reopened(office_with_past)
    assert sum(played) == 0
    assert office.writer.last_seq == last
    assert office.writer.digest() == before
    office.close()


def test_some_columns_of_the_log_are_those_of_the_whole_log(office_with_past: Office) -> None:
    names = Engine().columns.read
    with office_with_past.store.begin_read() as connection:
        whole, some = event_log.parts(connection, after=1), event_log.columns(connection, names, after=1)
        assert_frame_equal(pl.concat(whole).select(names), pl.concat(some))
    office_with_past.close()


def test_a_damaged_snapshot_is_refused_and_the_log_rebuilds_the_history(
    office_with_past: Office, settings: Settings
) -> None:
    office_with_past.close()
    (path,) = (settings.home / "history").glob("*.history")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with structlog.testing.capture_logs() as said:
        office = Installation.open(settings).office()
    assert [line["event"] for line in said if "reason" in line] == ["snapshot refused"]
    assert office.writer.digest() == replayed(office).digest()
    office.close()


def test_a_snapshot_of_another_log_is_refused(office_with_past: Office, settings: Settings) -> None:
    office_with_past.close()
    (path,) = (settings.home / "history").glob("*.history")
    content = path.read_bytes().replace(b'"mark": "', b'"mark": "x', 1)
    path.write_bytes(content)
    with structlog.testing.capture_logs() as said:
        office = Installation.open(settings).office()
    assert "it belongs to another log" in [line.get("reason") for line in said]
    assert office.writer.digest() == replayed(office).digest()
    office.close()


def test_a_long_tail_is_kept_as_a_snapshot(
    office_with_past: Office, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not list((settings.home / "history").glob("*.history"))
    monkeypatch.setattr(history, "_LONG", 1_000)
    office_with_past.store.close()
    reopened = Installation.open(settings).office()
    assert len(list((settings.home / "history").glob("*.history"))) == 1
    reopened.store.close()


def test_a_log_written_under_another_identity_key_is_refused(office_with_past: Office, settings: Settings) -> None:
    office_with_past.store.close()
    other = settings.home / "other-keys"
    other.mkdir(parents=True)
    for path in settings.keys.iterdir():
        (other / path.name).write_bytes(path.read_bytes())
    (other / "identity.key").write_bytes(b"z" * 32)
    with pytest.raises(StoreError, match="written under the identity key"):
        Installation.open(settings.model_copy(update={"keys_dir": other})).office()
