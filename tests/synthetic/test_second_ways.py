"""A world of second ways: what is sent back or on, or declared twice, is counted once, as by the office."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from data.synthetic import World, generate
from data.synthetic.event_log import event_log
from features.history import Engine
from features.identity import PARTY_KEYS, IdentityKey
from features.log import PARCEL
from features.parcel.life_flags import DECLARED_AGAIN, REDIRECTED, RETURNED, SAME_GOODS
from features.parcel.reference import shipped_reference
from features.parcel.schema import LINE
from features.parcel.validation import validate_outcomes, validate_parcels
from features.sources.reading import Reading
from parcel_risk.periods import with_prevalence
from serving.intake.backfill import backfill
from serving.store import log as event_log_of
from tests.builders import outcome_table
from tests.conftest import Clock
from tests.serving.bare import bare_settings, opened
from tests.worlds import past_of

KEY = IdentityKey(b"a key of a test, thirty-two bytes long")


@pytest.fixture(scope="module")
def world() -> World:
    return generate(with_prevalence("sent-on", 0.05), n_parcels=1_200, n_days=60, seed=5)


def test_the_shares_are_those_of_the_scenario_and_what_they_hold_is_counted_once(world: World) -> None:
    assert set(world.second["how"]) == set(SAME_GOODS)
    n_first = world.parcels.height - world.second.height
    assert 0.04 < world.second.height / n_first < 0.1
    assert world.parcels["lodged_at"].is_sorted()
    of_second = world.truth.join(world.second, on=["operator", "parcel_id"], how="semi")
    assert (of_second.height, of_second["contains"].null_count()) == (world.second.height, world.second.height)
    assert world.truth.select("operator", "parcel_id").equals(world.parcels.select("operator", "parcel_id"))


def test_a_dog_run_is_a_label_of_the_dog_and_no_selection(world: World) -> None:
    runs = world.outcomes.filter(pl.col("station") == "station-5")
    assert runs.height > 100
    assert set(runs["method"]) == {"dog"}
    assert runs["cause"].null_count() == runs["propensity"].null_count() == runs.height
    holds = runs.join(world.truth, on=["operator", "parcel_id"], how="left")
    assert set(holds.filter(pl.col("contains").is_null())["result"]) == {"nothing_found"}
    assert world.outcomes.select("operator", "parcel_id").is_unique().all()


def test_its_log_counts_each_item_once(world: World) -> None:
    log = event_log(world, KEY).filter(pl.col("kind") == PARCEL)
    flags = log.select("operator", "parcel_id", pl.col("quality_flags").list.set_intersection(list(SAME_GOODS)))
    linked = flags.filter(pl.col("quality_flags").list.len() > 0).explode("quality_flags")
    expected = world.second.rename({"how": "quality_flags"})
    order = ["operator", "parcel_id"]
    assert linked.sort(order).equals(expected.select(linked.columns).sort(order))
    back = linked.filter(pl.col("quality_flags") == RETURNED)["parcel_id"]
    pairs = (
        log.filter(pl.col("parcel_id").is_in(back.implode()))
        .group_by("parcel_id")
        .agg(pl.col(name).n_unique() for name in PARTY_KEYS)
    )
    assert pairs.height == back.len() > 5
    assert set(pairs.select(PARTY_KEYS).to_numpy().ravel().tolist()) == {1}, "a return has the parties of the first"
    assert {DECLARED_AGAIN, REDIRECTED} <= set(linked["quality_flags"])


def test_the_office_links_them_as_the_world_says(world: World, tmp_path: Path) -> None:
    accepted = validate_parcels(world.parcels, reference=shipped_reference())
    parcels = accepted.rows.with_columns(pl.int_range(2, 2 + accepted.rows.height, dtype=pl.Int64).alias(LINE))
    none = validate_outcomes(outcome_table([])).rows
    reading = Reading(parcels=parcels, outcomes=none, rejections=(), ignored=(), n_rows=parcels.height)
    with opened(bare_settings(tmp_path), Clock(datetime(2026, 11, 20, tzinfo=UTC))) as office:
        backfill(office, past_of([reading], name="world"), folder=tmp_path / "work")
        with office.store.begin_read() as connection:
            log = event_log_of.read(connection)
        of_world = event_log(world, office.secrets.identity).filter(pl.col("kind") == PARCEL)
        assert log.height == of_world.height
        same = log.select("operator", "parcel_id", *PARTY_KEYS).equals(
            of_world.select("operator", "parcel_id", *PARTY_KEYS)
        )
        assert same
        engine = Engine()
        engine.advance(of_world.with_columns(seq=pl.Series(np.arange(1, log.height + 1))))
        assert office.writer.digest() == engine.digest()
