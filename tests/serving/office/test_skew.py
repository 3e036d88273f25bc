"""The central promise: replaying the log gives, bit for bit, the feature rows that serving used."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
import pytest

from features.parcel.reference import shipped_reference
from features.parcel.schema import LINE, OUTCOME_SCHEMA, conform
from features.parcel.validation import validate_outcomes, validate_parcels
from features.replay import joined, replay
from serving.office.office import Office
from serving.office.outcomes import record
from serving.office.scoring import Answers
from serving.store import Client, Role
from serving.store import log as event_log
from serving.store.scores import all_scores
from tests.conftest import Clock
from tests.serving.office.lodging import lodge
from tests.worlds import small_world

OPERATOR = Client(client_id="post", role=Role.OPERATOR, operator="post-a")
OFFICER = Client(client_id="officer", role=Role.OFFICER, operator=None)


def fresh_parcels(n: int) -> pl.DataFrame:
    """Parcels of the same people as in the past, under numbers that are not in the log."""
    rows = (
        small_world()
        .parcels.tail(n)
        .with_columns(
            ("N" + pl.col("parcel_id")).alias("parcel_id"),
            pl.lit("post-a").alias("operator"),
            pl.lit(None).alias("lodged_at"),
        )
    )
    return validate_parcels(rows, reference=shipped_reference()).rows


def scored(office: Office, rows: pl.DataFrame) -> Answers:
    with office.writer.transaction() as transaction:
        return lodge(office, transaction, rows, OPERATOR)


def serve(office: Office, clock: Clock, rows: pl.DataFrame, size: int) -> None:
    """Lodge in batches; after each one an outcome of its first parcel becomes known."""
    for start in range(0, rows.height, size):
        batch = rows.slice(start, size)
        answers = scored(office, batch)
        assert len(answers) == batch.height
        clock.pass_by(hours=2, seconds=17)
        outcome = pl.DataFrame({"parcel_id": batch["parcel_id"][:1], "result": ["found"]})
        with office.writer.transaction() as transaction:
            record(office, transaction, validate_outcomes(conform(outcome, OUTCOME_SCHEMA)).rows, OFFICER)
        clock.pass_by(minutes=1)


def stored_rows(office: Office) -> dict[int, np.ndarray]:
    with office.store.begin_read() as connection:
        return {seq: scored.features for seq, scored in all_scores(connection).items()}


def replayed_rows(office: Office, *, chunk: int) -> dict[int, np.ndarray]:
    with office.store.begin_read() as connection:
        log = event_log.read(connection)
    rows = joined(replay(log, chunk=chunk))
    described = log.filter(pl.col("kind") == "parcel")["description"]
    model = office.champion.bundle
    values = model.completed(rows.values, described) if model else rows.values
    return dict(zip(rows.seq.tolist(), values, strict=True))


def assert_same_bits(served: dict[int, np.ndarray], replayed: dict[int, np.ndarray]) -> None:
    assert served
    for seq, row in served.items():
        assert row.tobytes() == replayed[seq].astype("<f8").tobytes(), f"row {seq} differs"


@pytest.mark.parametrize(("size", "n"), [(1, 12), (7, 84), (1000, 2000)])
def test_replay_finds_the_rows_that_serving_stored(office_with_past: Office, clock: Clock, size: int, n: int) -> None:
    serve(office_with_past, clock, fresh_parcels(n), size)
    served = stored_rows(office_with_past)
    assert len(served) == n
    for chunk in (50_000, 997):
        assert_same_bits(served, replayed_rows(office_with_past, chunk=chunk))


def test_replay_finds_them_across_a_restart(
    office_with_past: Office, clock: Clock, reopened: Callable[[Office], Office]
) -> None:
    rows = fresh_parcels(60)
    serve(office_with_past, clock, rows.head(30), 7)
    office = reopened(office_with_past)
    serve(office, clock, rows.tail(30), 7)
    served = stored_rows(office)
    assert len(served) == 60
    assert_same_bits(served, replayed_rows(office, chunk=50_000))
    office.store.close()


def test_batches_of_any_size_compute_the_same_rows_when_no_time_passes(
    office_with_past: Office, reopened: Callable[[Office], Office], clock: Clock
) -> None:
    rows = fresh_parcels(40)
    from features.history import Engine
    from features.identity import derive
    from features.log import number, parcel_events
    from features.replay import feature_rows

    with office_with_past.store.begin_read() as connection:
        past = event_log.read(connection)
    events = number(
        parcel_events(derive(rows, office_with_past.secrets.identity, reference=shipped_reference()), pl.lit(clock())),
        past["seq"].max() + 1,  # type: ignore[operator]
    )

    def computed(sizes: Sequence[int]) -> np.ndarray:
        engine = Engine()
        engine.advance(past)
        parts, start = [], 0
        for size in sizes:
            parts.append(feature_rows(events.slice(start, size), engine).values)
            start += size
        return np.vstack(parts)

    whole = computed([40])
    assert whole.tobytes() == computed([1] * 40).tobytes()
    assert whole.tobytes() == computed([7, 7, 7, 7, 7, 5]).tobytes()


def test_a_failed_transaction_leaves_history_and_log_as_they_were(
    office_with_past: Office, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = fresh_parcels(6)
    scored(office_with_past, rows.head(2))
    before = office_with_past.writer.last_seq

    def disk_full(*_: object, **__: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr("serving.office.appending.insert_scores", disk_full)
        with pytest.raises(OSError, match="disk full"):
            scored(office_with_past, rows.slice(2, 2))
    assert office_with_past.writer.last_seq == before
    clock.pass_by(minutes=5)
    scored(office_with_past, rows.tail(4))
    assert_same_bits(stored_rows(office_with_past), replayed_rows(office_with_past, chunk=50_000))
    assert len(stored_rows(office_with_past)) == 6
    assert rows[LINE].len() == 6
