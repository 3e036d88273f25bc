"""Worlds of half-seen mail: undeclared letters show their label only, posts differ in what they present."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from data.synthetic import World, generate, load_scenario
from data.synthetic.event_log import event_log
from data.synthetic.handling import presented_by_country
from features.handling.direction import Direction, by_countries
from features.identity import IdentityKey
from features.log import PARCEL
from features.parcel.undeclared import UNDECLARED
from parcel_risk.periods import period_of, seen_by, with_prevalence

IS_UNDECLARED = pl.col("operator") == UNDECLARED


@pytest.fixture(scope="module")
def world() -> World:
    return generate(with_prevalence("half-undeclared", 0.05), n_parcels=1_500, n_days=40, seed=5)


def test_half_of_the_letters_are_undeclared_whatever_is_in_them(world: World) -> None:
    letters = world.parcels.filter(pl.col("stream") == "letter")
    assert 0.35 < (letters["operator"] == UNDECLARED).mean() < 0.5  # those that are still on the way are not known
    assert set(world.parcels.filter(IS_UNDECLARED)["stream"]) == {"letter"}
    truth = world.truth.filter(IS_UNDECLARED)
    assert 0 < truth["contains"].is_not_null().sum() < truth.height


def test_they_show_what_is_on_the_label_and_no_rule_reads_more(world: World) -> None:
    seen = world.parcels.filter(IS_UNDECLARED)
    assert seen["parcel_id"].str.starts_with("OBS").all()
    for name in ("pieces", "gross_weight_g", "category", "sender_phone", "manifest_id"):
        assert seen[name].null_count() == seen.height
    assert seen["measured_weight_g"].null_count() == 0
    assert set(world.policy.filter(IS_UNDECLARED)["rule_weight"]) == {0.0}
    assert world.parcels["lodged_at"].is_sorted()


def test_its_log_is_whole(world: World) -> None:
    events = event_log(world, IdentityKey(b"a key of a test, thirty-two bytes long"))
    assert events.filter(pl.col("kind") == PARCEL).height == world.parcels.height


def test_worlds_without_the_table_stay_as_they_were() -> None:
    assert load_scenario("baseline").handling is None
    assert set(load_scenario("half-undeclared").model_dump()) == set(load_scenario("baseline").model_dump())


def test_transit_mail_goes_to_third_countries() -> None:
    scenario = with_prevalence("half-undeclared", 0.05)
    assert scenario.handling is not None
    handling = scenario.handling.model_copy(update={"transit_share": 0.2})
    moved = generate(scenario.model_copy(update={"handling": handling}), n_parcels=800, n_days=30, seed=5)
    declared = moved.parcels.filter(~IS_UNDECLARED)
    third = declared.filter(~pl.col("recipient_country").is_in(list(scenario.destinations)))
    assert 0.1 < third.height / declared.height < 0.25
    ways = {by_countries(*pair, "DE") for pair in third.select("sender_country", "recipient_country").iter_rows()}
    assert Direction.TRANSIT in ways
    assert Direction.IMPORT not in ways
    event_log(moved, IdentityKey(b"a key of a test, thirty-two bytes long"))


def test_posts_present_between_the_ends_and_methods_see_their_share() -> None:
    scenario = with_prevalence("half-undeclared", 0.3)
    assert scenario.handling is not None
    shares = presented_by_country(scenario.handling)
    assert (shares.min(), shares.max()) == (0.6, 0.9)
    period = period_of(scenario, n_parcels=2_000, n_days=20, seed=2)
    assert period.method is not None
    assert 0.7 < period.is_presented.mean() < 0.85
    sees = seen_by(scenario.inspection)
    for method in np.unique(period.method[period.holds]):
        rows = period.holds & (period.method == method)
        assert period.would_be_found[rows].mean() == pytest.approx(sees[method], abs=0.12)
