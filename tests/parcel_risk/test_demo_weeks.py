"""Weeks that the demonstration lives through: each parcel once, in its time, and only what was asked for is opened."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from data.synthetic import World
from features.event_rows import OUTCOME, PARCEL
from parcel_risk import demo_weeks
from parcel_risk.demo_weeks import simulate, split
from parcel_risk.worlds import make_world
from serving.settings import Settings
from serving.store import Store
from serving.store import log as event_log
from tests.serving.bare import bare_settings

ENDS = date(2026, 11, 26)
SINCE = datetime(2026, 11, 17, tzinfo=UTC)


@pytest.fixture(scope="module")
def world() -> World:
    return make_world("demo", n_parcels=1_500, n_days=20, seed=2, end_on=ENDS)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An office that opens a fifth of its mail by draw: without a model nothing else is asked for."""
    return bare_settings(tmp_path).model_copy(update={"random_share": 1.0, "capacity_share": 0.2})


def events_of(settings: Settings) -> pl.DataFrame:
    with Store(settings.database, settings.segments) as store, store.begin_read() as connection:
        return event_log.read(connection)


def test_a_world_is_cut_in_what_was_known_and_what_came_later(world: World) -> None:
    known, weeks = split(world, SINCE)
    assert known.parcels.height + weeks.height == world.parcels.height
    assert known.parcels["lodged_at"].max() < SINCE <= weeks["lodged_at"].min()  # type: ignore[operator]
    assert (known.outcomes["known_at"] < SINCE).all()
    held = world.truth["contains"].count()
    assert 0 < weeks["contains"].count() < held


def test_parcels_come_in_their_time_and_only_what_was_asked_for_is_opened(world: World, settings: Settings) -> None:
    _, weeks = split(world, SINCE)
    n_told: list[int] = []
    found = simulate(settings, weeks, "officer", n_told.append)
    assert sum(n_told) == weeks.height
    log = events_of(settings)
    parcels, outcomes = (log.filter(pl.col("kind") == kind) for kind in (PARCEL, OUTCOME))
    assert parcels.height == weeks.height
    assert log["known_at"].is_sorted()
    after = parcels["known_at"] - parcels["lodged_at"]
    assert (after >= timedelta(0)).all()
    assert (after <= demo_weeks._STEP).all()
    assert 0.1 < outcomes.height / parcels.height < 0.3, "drawn, and nothing else"
    key = ["operator", "parcel_id"]
    held = outcomes.join(weeks.select(*key, "contains"), on=key)
    assert (held.filter(pl.col("result") == "found")["contains"].is_not_null()).all()
    assert (held.filter(pl.col("result") == "nothing_found")["contains"].is_null()).all()
    assert sorted(found) == sorted(outcomes.filter(pl.col("result") == "found").select(key).iter_rows())


def test_what_was_interrupted_goes_through_the_rest(world: World, settings: Settings) -> None:
    _, weeks = split(world, SINCE)
    n_steps = iter(range(100))

    def stop(_: int) -> None:
        if next(n_steps) == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(settings, weeks, "officer", stop)
    begun = events_of(settings).filter(pl.col("kind") == PARCEL).height
    assert 0 < begun < weeks.height
    simulate(settings, weeks, "officer", lambda _: None)
    log = events_of(settings)
    numbers = log.filter(pl.col("kind") == PARCEL).select("operator", "parcel_id")
    assert numbers.height == numbers.unique().height == weeks.height
    assert log["known_at"].is_sorted()
