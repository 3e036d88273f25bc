"""Sealing changes nothing that is read, whenever it is interrupted; what is erased is gone, and replays the same."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, func, select

from features.event_rows import Row, rows_of
from features.facts.withheld import without_texts
from features.identity import DERIVATION
from features.log import PARCEL, WITHHELD
from features.parcel.problems import StoreError
from features.replay import joined, replay
from serving.store import Store, identifiers, log_changes, log_texts, sealing, segments
from serving.store import log as event_log
from serving.store.tables import events, tail, texts
from tests.serving.store.test_facts import EVENTS
from tests.worlds import eventful_log

N, SIZE = 120, 40


@cache
def log() -> pl.DataFrame:
    """Events with amendments, cancellations and corrections among them."""
    return eventful_log(1_000).head(N)


@contextmanager
def filled(url: str, folder: Path) -> Iterator[Store]:
    with Store(url, folder / "segments") as store:
        with store.begin() as connection:
            event_log.append(connection, rows_of(log()))
            identifiers.index(connection, rows_of(log()))
        yield store


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[Store]:
    """A store with the log, on either database."""
    with filled(url, tmp_path) as store:
        yield store


@pytest.fixture
def file_store(sqlite_url: str, tmp_path: Path) -> Iterator[Store]:
    """The same on SQLite, for what no database does otherwise."""
    with filled(sqlite_url, tmp_path) as store:
        yield store


def seal(store: Store, size: int = SIZE) -> segments.Segment | None:
    return sealing.seal(store.begin_read, store.begin, store.segments, size=size)


def replayed(connection: Connection) -> bytes:
    whole = pl.concat(list(event_log.parts(connection)))
    return joined(replay(whole)).values.tobytes()


def assert_all_is_as_it_was(store: Store) -> None:
    with store.begin_read() as connection:
        assert event_log.derivations_of(connection, [1, 50, N]) == dict.fromkeys([1, 50, N], DERIVATION)
    with store.begin_read() as connection:
        assert event_log.read(connection).equals(log())
        assert pl.concat(list(event_log.parts(connection))).equals(without_texts(log()))
        for after, limit in ((0, 7), (35, 10), (39, 1), (100, 50)):
            assert event_log.read(connection, after=after, limit=limit).equals(log().slice(after, limit))
        assert event_log.events_at(connection, range(1, N + 1)) == rows_of(log())
        numbers = log()["parcel_id"].unique()
        assert event_log.parcel_events_of(connection, numbers) == rows_of(log().filter(kind=PARCEL))
        outcomes = log().filter(kind="outcome")
        assert event_log.outcome_events_of(connection, outcomes["subject_seq"].unique()) == rows_of(outcomes)
        assert event_log.last_seq(connection) == N


def n_rows(store: Store) -> tuple[int, int]:
    with store.begin_read() as connection:
        n = [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in (tail, texts)]
    return n[0], n[1]


def test_sealed_or_not_everything_reads_the_same(store: Store) -> None:
    assert_all_is_as_it_was(store)
    for n in (1, 2, 3):
        assert seal(store) is not None
        assert_all_is_as_it_was(store)
        assert n_rows(store)[0] == N - n * SIZE
    assert seal(store) is None
    with store.begin_read() as connection:
        assert len(event_log.check_segments(connection)) == 3
        assert sealing.n_unsealed(connection) == 0


def test_the_store_is_the_same_when_it_is_opened_again(store: Store, tmp_path: Path) -> None:
    seal(store, 100)
    with Store(store.url.render_as_string(hide_password=False), tmp_path / "segments") as again:
        assert_all_is_as_it_was(again)


def test_a_store_without_its_segments_says_which_is_missing(file_store: Store, tmp_path: Path) -> None:
    seal(file_store)
    with Store(file_store.url.render_as_string(hide_password=False), tmp_path / "elsewhere") as other:
        with other.begin_read() as connection, pytest.raises(StoreError, match="events 1 to 40 of the log is missing"):
            event_log.read(connection)
        with other.begin_read() as connection, pytest.raises(StoreError, match="events 1 to 40 of the log is missing"):
            event_log.events_at(connection, [5])
        with other.begin_read() as connection:
            assert event_log.events_at(connection, [45])[0]["seq"] == 45


class Ended(Exception):
    """Instead of a process that is killed."""


STEPS = {
    "before the texts": ("serving.store.log_texts.put", 1),
    "between texts": ("serving.store.log_texts.put", 2),
    "before the file": ("serving.store.segment_folder.SegmentFolder.put", 1),
    "before its name": ("os.replace", 1),
    "before the folder": ("serving.store.segment_folder.sync", 1),
    "before the segment is known": ("serving.store.segments.add", 1),
    "before the tail is cleared": ("serving.store.sealing._clear", 1),
    "while the tail is cleared": ("serving.store.sealing._clear", 2),
}


@pytest.mark.parametrize("step", STEPS)
def test_whenever_it_is_interrupted_nothing_is_lost_or_doubled(
    file_store: Store, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "PORTION", 15)
    with monkeypatch.context() as broken:
        _ended_at(broken, *STEPS[step])
        with pytest.raises(Ended):
            seal(file_store)
    assert_all_is_as_it_was(file_store)
    with file_store.begin_read() as connection:
        known = {one.sha256 for one in segments.chain(connection)}
    assert file_store.segments.sweep(known) == (
        step in ("before its name", "before the folder", "before the segment is known")
    )
    sealing.clear(file_store.begin)
    while seal(file_store):
        continue
    assert_all_is_as_it_was(file_store)
    assert n_rows(file_store)[0] == 0
    with file_store.begin_read() as connection:
        assert len(event_log.check_segments(connection)) == 3


def _ended_at(broken: pytest.MonkeyPatch, name: str, call: int) -> None:
    from pydoc import locate

    real, n = locate(name), 0
    assert callable(real)

    def counted(*given: object, **more: object) -> object:
        nonlocal n
        n += 1
        if n == call:
            raise Ended
        return real(*given, **more)

    broken.setattr(name, counted)


def test_facts_that_change_meanwhile_are_not_sealed_as_they_were(
    file_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = {**rows_of(log())[4], "gross_weight_g": 4_711}

    @contextmanager
    def late() -> Iterator[Connection]:
        monkeypatch.undo()
        with file_store.begin() as connection:
            log_changes.replace_facts(connection, [event])
        with file_store.begin() as connection:
            yield connection

    assert sealing.seal(file_store.begin_read, late, file_store.segments, size=SIZE) is None
    assert seal(file_store) is not None
    with file_store.begin_read() as connection:
        assert event_log.events_at(connection, [5]) == [event]


def parcels_with_texts() -> list[Row]:
    return rows_of(log().filter(pl.col("kind") == PARCEL, pl.col("description").is_not_null()))


@pytest.mark.parametrize("n_sealed", [0, 1, 3])
def test_what_is_erased_is_gone_and_replays_as_before(store: Store, n_sealed: int) -> None:
    for _ in range(n_sealed):
        seal(store)
    numbers = {event["parcel_id"] for event in parcels_with_texts() if event["seq"] % 7 == 0}
    chosen = rows_of(log().filter(pl.col("kind") == PARCEL, pl.col("parcel_id").is_in(numbers)))
    with store.begin_read() as connection:
        before = replayed(connection)
    with store.begin() as connection:
        seqs = log_changes.about(connection, [event["seq"] for event in chosen])
        log_changes.erase_texts(connection, seqs)
    assert_is_gone(store, chosen, before)
    while seal(store):
        assert_is_gone(store, chosen, before)
    with store.begin() as connection:
        log_changes.unseal(connection, 60)
    assert_is_gone(store, chosen, before)
    with store.begin_read() as connection:
        left = event_log.read(connection).filter(~pl.col("seq").is_in(seqs))
    assert left.equals(log().filter(~pl.col("seq").is_in(seqs)))


def assert_is_gone(store: Store, chosen: list[Row], before: bytes) -> None:
    with store.begin_read() as connection:
        assert replayed(connection) == before
        assert event_log.parcel_events_of(connection, [event["parcel_id"] for event in chosen]) == []
        found = event_log.events_at(connection, [event["seq"] for event in chosen])
        assert not identifiers.identified(connection, [event["parcel_id"] for event in chosen])
    for event, was in zip(found, chosen, strict=True):
        for name in ("parcel_id", "manifest_id", "receptacle_id", "house_bill", "master_bill", "description"):
            assert event[name] is None
        assert [piece["description"] for piece in event["pieces"] or ()] == [None] * len(was["pieces"] or ())
        assert event["sender_key"] == was["sender_key"]


def test_an_erased_event_is_not_derived_anew(file_store: Store) -> None:
    event = parcels_with_texts()[0]
    with file_store.begin() as connection:
        log_changes.erase_texts(connection, [event["seq"]])
    with file_store.begin() as connection, pytest.raises(StoreError, match="was derived from was erased"):
        log_changes.replace_facts(connection, [event])


def test_facts_of_sealed_events_are_replaced(store: Store) -> None:
    while seal(store):
        continue
    changed = [{**event, "sender_key": 17} for event in rows_of(log()) if event["seq"] in (50, 100)]
    with store.begin() as connection:
        log_changes.replace_facts(connection, changed)
        assert segments.sealed_to(connection) == 40
    while seal(store):
        continue
    with store.begin_read() as connection:
        assert event_log.events_at(connection, [50, 100]) == changed
        others = ~pl.col("seq").is_in([50, 100])
        assert event_log.read(connection).filter(others).equals(log().filter(others))


@settings(max_examples=6, deadline=None)
@given(st.lists(EVENTS, min_size=1, max_size=30))
def test_any_events_come_back_from_a_segment(odd: list[Row]) -> None:
    log = [{**event, "seq": seq, "subject_seq": seq} for seq, event in enumerate(odd, start=1)]
    with tempfile.TemporaryDirectory() as folder, Store(f"sqlite:///{folder}/store.db") as store:
        with store.begin() as connection:
            event_log.append(connection, log)
        with store.begin_read() as connection:
            table = event_log.read(connection)
        assert seal(store, len(log)) is not None
        with store.begin_read() as connection:
            assert event_log.events_at(connection, range(1, len(log) + 1)) == log
            assert event_log.read(connection).equals(table)


def test_a_log_with_a_gap_is_not_sealed(file_store: Store) -> None:
    with file_store.begin() as connection:
        connection.execute(tail.delete().where(tail.c.seq == 30))
        connection.execute(events.delete().where(events.c.seq == 30))
    with pytest.raises(StoreError, match="missing between 1 and 40 of the log"):
        seal(file_store)


def test_every_withheld_column_has_its_place() -> None:
    assert {"parcel_id", *log_texts.TEXTS} == set(WITHHELD)
