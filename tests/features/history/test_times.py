"""History knows no year in which its numbers change: every world may be moved by whole weeks, over every seam."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.catalogue import catalogue
from features.declared.declare import PARCEL
from features.history import ENTITIES, Engine, kernel
from features.replay import feature_rows
from tests.features.history.test_engine import EVENT, Event, fast_rows, log_of, slow_rows
from tests.worlds import eventful_log

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SEAMS = {
    "1990, the first year that records may have": datetime(1990, 3, 20, tzinfo=UTC),
    "2^19 hours since 1970": datetime(2029, 10, 23, 8, tzinfo=UTC),
    "2^31 seconds since 1970": datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC),
    "2^19 hours since the kernel's epoch": datetime.fromtimestamp(kernel.EPOCH_S, UTC) + (1 << 19) * HOUR,
    "2^31 seconds since the kernel's epoch": datetime.fromtimestamp(kernel.EPOCH_S + (1 << 31), UTC),
    "2^20 hours since 1970": datetime(2089, 8, 14, 16, tzinfo=UTC),
    "2100, the last year that records may have": datetime(2100, 10, 20, tzinfo=UTC),
}
MIDDLE = datetime(2026, 9, 15, tzinfo=UTC)
PLACES = [kernel.READ.index(name) for name in ("first_at", "last_at")]


def moved(log: pl.DataFrame, days: int) -> pl.DataFrame:
    """The same log in another year."""
    times = [name for name, dtype in log.schema.items() if isinstance(dtype, pl.Datetime)]
    return log.with_columns(pl.col(name) + timedelta(days=days) for name in times)


def over(seam: datetime) -> int:
    """Days, in whole weeks, by which the eventful log must be moved so that the seam lies in its middle."""
    return (seam - MIDDLE).days // 7 * 7


def moved_back(rows: np.ndarray, days: int) -> np.ndarray:
    """What was read, with its absolute times as before the move."""
    back = rows.copy()
    for place in PLACES:
        back[:, place] -= np.where(rows[:, place] > 0, days * 86_400, 0)
    return back


def test_the_seams_lie_inside_the_moved_logs() -> None:
    for seam in SEAMS.values():
        times = moved(eventful_log(), over(seam))["known_at"]
        assert times.min() < seam < times.max()  # type: ignore[operator]


@pytest.mark.parametrize("seam", SEAMS.values(), ids=SEAMS)
def test_a_world_moved_by_whole_weeks_reads_the_same_numbers(seam: datetime) -> None:
    days = over(seam)
    read, again = Engine().advance(eventful_log()), Engine().advance(moved(eventful_log(), days))
    for entity in ENTITIES:
        np.testing.assert_array_equal(moved_back(again[entity.name], days), read[entity.name])


@pytest.mark.parametrize("seam", SEAMS.values(), ids=SEAMS)
def test_a_world_moved_by_whole_weeks_has_the_same_history_features(seam: datetime) -> None:
    log = eventful_log().head(2_000)
    of_history = [place for place, one in enumerate(catalogue().features) if one.entity != PARCEL]
    assert len(of_history) > 100
    rows, again = feature_rows(log, Engine()), feature_rows(moved(log, over(seam)), Engine())
    np.testing.assert_array_equal(again.values[:, of_history], rows.values[:, of_history])


@settings(max_examples=60, deadline=None)
@given(st.lists(EVENT, min_size=2, max_size=40), st.sampled_from(list(SEAMS.values())), st.integers(-100, 300))
def test_the_reference_agrees_on_both_sides_of_every_seam(events: list[Event], seam: datetime, hours: int) -> None:
    log = log_of(events)
    at = log["known_at"][log.height // 2]
    there = log.with_columns(pl.col(name) + (seam - at) + hours * HOUR for name in ("known_at", "counted_at"))
    inside = there.filter((pl.col("known_at").dt.year().is_between(1990, 2100)).all())
    np.testing.assert_array_equal(fast_rows(inside), slow_rows(inside).to_numpy().reshape(-1, kernel.N_READ))


@pytest.mark.parametrize("name", ["known_at", "counted_at"])
@pytest.mark.parametrize("at", [datetime(1989, 12, 31, tzinfo=UTC), datetime(2109, 8, 14, 16, tzinfo=UTC)])
def test_a_time_that_history_cannot_hold_is_refused_before_anything_is_counted(name: str, at: datetime) -> None:
    engine = Engine()
    engine.advance(eventful_log().head(10))
    next_one = eventful_log().slice(10, 1).with_columns(pl.lit(at).cast(pl.Datetime("us", "UTC")).alias(name))
    with pytest.raises(ValueError, match=f"seq 11: {at:%Y-%m-%d}.* is outside"):
        engine.advance(next_one)
    assert engine.last_seq == 10
    assert engine.n_entities() == one_after_ten()


def one_after_ten() -> dict[str, int]:
    engine = Engine()
    engine.advance(eventful_log().head(10))
    return engine.n_entities()
