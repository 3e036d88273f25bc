"""The writer: what a transaction adds is known when it is committed, and not before or otherwise."""

from __future__ import annotations

import pytest

from features.event_rows import retraction_row, rows_of
from features.log import PARCEL
from features.parcel.problems import StoreError
from serving.office.office import Office
from serving.store import log as event_log
from tests.serving.office.test_skew import fresh_parcels, scored


def test_nothing_is_known_before_the_commit(office_with_past: Office) -> None:
    writer = office_with_past.writer
    before = writer.last_seq
    with writer.transaction() as transaction:
        with office_with_past.store.begin_read() as connection:
            events = event_log.read(connection).filter(kind=PARCEL).tail(1)
        transaction.append([retraction_row(event, office_with_past.clock()) for event in rows_of(events)])
        assert transaction.staging.last_seq == before + 1
        assert writer.last_seq == before
    assert writer.last_seq == before + 1


def test_a_commit_that_fails_leaves_nothing_in_memory(
    office_with_past: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = office_with_past.writer
    before, digest = writer.last_seq, writer.digest()
    with monkeypatch.context() as broken:
        broken.setattr("sqlalchemy.engine.default.DefaultDialect.do_commit", _fails)
        with pytest.raises(StoreError):
            scored(office_with_past, fresh_parcels(2))
    assert writer.digest() == digest
    scored(office_with_past, fresh_parcels(3))
    assert writer.last_seq == before + 3


def _fails(*_: object) -> None:
    raise StoreError("the disk is full.")


def test_a_log_that_ends_elsewhere_is_not_snapshotted(office_with_past: Office) -> None:
    from serving.office import recovery

    engine = office_with_past.writer._engine
    folder = office_with_past.store._file().parent / "others"  # type: ignore[union-attr]
    with office_with_past.store.begin() as connection:
        event = event_log.read(connection).tail(1)
        event_log.append(connection, rows_of(event.with_columns(event["seq"] + 1)))
        recovery.keep(connection, engine, folder)
    assert not folder.exists()
