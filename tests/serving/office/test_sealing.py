"""The writer seals its log while it works, and everything goes on as before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
import structlog

from features.event_rows import rows_of
from features.log import PARCEL
from features.parcel.problems import StoreError
from features.replay import joined, replay
from parcel_risk.seal import seal_log
from serving.installation import Installation
from serving.office.office import Office
from serving.office.verifying import verify
from serving.office.writer import Writer
from serving.settings import Settings
from serving.store import Store, sealing, segments
from serving.store import log as event_log
from tests.worlds import eventful_log

N, SIZE = 150, 40


def log() -> pl.DataFrame:
    return eventful_log(1_000).head(N)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'store.db'}") as store:
        yield store


def recorded(writer: Writer, part: pl.DataFrame) -> None:
    with writer.transaction() as transaction:
        transaction.record(
            [{**event, "seq": None if event["kind"] != PARCEL else event["seq"]} for event in rows_of(part)]
        )


def test_it_seals_in_the_background_and_keeps_the_newest_events(store: Store, tmp_path: Path) -> None:
    writer = Writer(store, tmp_path / "history", n_segment=SIZE)
    for start in range(0, N, 10):
        recorded(writer, log().slice(start, 10))
    writer.sealing.after(writer.last_seq)
    digest = writer.digest()
    while writer.sealing._is_working():
        writer.sealing._thread.join()  # type: ignore[union-attr]
    with store.begin_read() as connection:
        assert N - 2 * SIZE < segments.sealed_to(connection) <= N - SIZE
        whole = pl.concat(list(event_log.parts(connection)))
        assert len(event_log.check_segments(connection)) == segments.sealed_to(connection) // SIZE
    assert whole.height == N
    assert writer.digest() == digest
    writer.close()
    again = Store(store.url.render_as_string(hide_password=False))
    for path in (tmp_path / "history").iterdir():
        path.unlink()
    restarted = Writer(again, tmp_path / "history", n_segment=SIZE)
    assert restarted.digest() == digest
    restarted.close()


def test_what_a_crash_has_left_is_gone_after_the_next_start(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = Writer(store, tmp_path / "history", n_segment=1_000)
    recorded(writer, log())
    with monkeypatch.context() as broken:
        broken.setattr(sealing, "clear", lambda _: None)
        assert sealing.seal(store.begin_read, store.begin, store.segments, size=SIZE) is not None
    writer.close()
    (tmp_path / "segments" / f"{'0' * 64}.parquet").write_bytes(b"half")
    again = Store(store.url.render_as_string(hide_password=False))
    with structlog.testing.capture_logs() as said:
        writer = Writer(again, tmp_path / "history", n_segment=1_000)
    assert {"event": "unknown segments set aside", "n": 1, "log_level": "warning"} in said
    with again.begin_read() as connection:
        assert event_log.tail_rows(connection, after=0, limit=1)[0].seq == SIZE + 1
    writer.close()


def test_a_failure_is_logged_and_stops_nobody(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> str:
        raise StoreError("the disk is full.")

    monkeypatch.setattr("serving.store.segment_folder.SegmentFolder.put", full)
    writer = Writer(store, tmp_path / "history", n_segment=SIZE)
    with structlog.testing.capture_logs() as said:
        recorded(writer, log())
        while writer.sealing._is_working():
            writer.sealing._thread.join()  # type: ignore[union-attr]
    assert [line["event"] for line in said] == ["log not sealed"]
    recorded(writer, log().head(3))
    assert writer.last_seq == N + 3
    writer.close()


def test_scores_are_those_of_the_replay_of_a_sealed_log(office_with_past: Office, settings: Settings) -> None:
    office_with_past.close()
    small = Settings(**{**settings.model_dump(), "segment_events": 1_000})
    with Installation.open(small).store() as store, store.begin_read() as connection:
        before = joined(replay(event_log.read(connection))).values.tobytes()
    assert seal_log(small) > 3
    with Installation.open(small).store() as store, store.begin_read() as connection:
        assert joined(replay(pl.concat(list(event_log.parts(connection))))).values.tobytes() == before
        *_, found = verify(connection)
        assert found.is_sound
