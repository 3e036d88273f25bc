from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.catalogue import catalogue
from features.typical import LANE, MIN_PARCELS, TypicalValues, compared_with, lane_of


def three_lanes() -> TypicalValues:
    lanes = pl.Series(["A to B"] * MIN_PARCELS + ["C to D"] * MIN_PARCELS + ["rare"] * (MIN_PARCELS - 1))
    values = np.full((lanes.len(), 3), np.nan)
    values[:, 0] = np.arange(lanes.len())
    values[:MIN_PARCELS, 1] = [1.0] * 30 + [9.0] * 20
    return TypicalValues.of(lanes, values, ("gross_weight_g", "no_such_feature", "declared_value_eur"))


def test_the_typical_value_is_the_median_of_the_lane_and_nothing_where_nothing_is_known() -> None:
    lane, medians = three_lanes().on("A to B")
    assert lane == "A to B"
    assert medians[0] == (MIN_PARCELS - 1) / 2
    assert medians[1] == 1.0
    assert np.isnan(medians[2])


def test_medians_of_many_columns_are_those_of_each_by_itself() -> None:
    chance = np.random.default_rng(1)
    lanes = pl.Series(chance.choice(["A to B", "C to D"], 400))
    values = np.where(chance.random((400, 37)) < 0.2, np.nan, chance.normal(size=(400, 37)))
    values[:, 20] = np.nan
    typical = TypicalValues.of(lanes, values, tuple(str(column) for column in range(37)))
    of_lane = values[(lanes == "A to B").to_numpy()]
    for medians, rows in ((typical.medians[0], values), (typical.on("A to B")[1], of_lane)):
        known = [column for column in range(37) if column != 20]
        assert medians[known].tolist() == [np.nanmedian(rows[:, column]) for column in known]
        assert np.isnan(medians[20])


def test_a_rare_lane_is_compared_with_the_whole_population() -> None:
    lane, medians = three_lanes().on("rare")
    assert lane is None
    assert medians[0] == (3 * MIN_PARCELS - 2) / 2


def test_what_was_stored_is_read_back() -> None:
    again = TypicalValues.from_table(three_lanes().table())
    assert (again.lanes, again.names) == (three_lanes().lanes, three_lanes().names)
    assert np.array_equal(again.medians, three_lanes().medians, equal_nan=True)


def test_typical_values_find_their_feature_by_name_and_others_are_left_out() -> None:
    medians = three_lanes().aligned_to(catalogue()).medians
    assert medians.shape == (3, len(catalogue()))
    assert medians[1, catalogue().column("gross_weight_g")] == (MIN_PARCELS - 1) / 2
    assert np.isnan(np.delete(medians, catalogue().column("gross_weight_g"), axis=1)).all()


def test_a_population_that_nobody_saw_has_no_typical_values() -> None:
    nothing = TypicalValues.from_table(TypicalValues.nothing().table()).aligned_to(catalogue())
    lane, medians = nothing.on("A to B")
    assert lane is None
    assert np.isnan(medians).all()
    assert medians.shape == (len(catalogue()),)


@pytest.mark.parametrize("lanes", [[], ["A to B"], ["*", None], [1.0]])
def test_a_table_without_the_row_over_everything_is_refused(lanes: list[object]) -> None:
    with pytest.raises(ValueError, match="no row over everything"):
        TypicalValues.from_table(pl.DataFrame({"lane": lanes, "gross_weight_g": [1.0] * len(lanes)}))


def test_numbers_are_compared_with_what_is_typical_and_codes_are_not() -> None:
    assert compared_with(catalogue()["sender_n_7d"], 12.0, 1.0) == 1.0
    assert compared_with(catalogue()["gross_weight_g"], 12.0, 1.0) == 1.0
    assert compared_with(catalogue()["hs6_number"], 610910.0, 1.0) is None
    assert compared_with(catalogue()["sender_other_is_known"], 1.0, 0.0) is None
    assert compared_with(catalogue()["sender_n_7d"], 12.0, float("nan")) is None
    assert all(compared_with(one, float("nan"), 1.0) is None for one in catalogue().features)


OFFICES = ("origin_office", "dispatch_country", "sender_country", "destination_office", "recipient_country")


@given(st.lists(st.tuples(*(st.sampled_from([None, "", name]) for name in OFFICES)), min_size=1, max_size=20))
def test_the_lane_of_one_parcel_is_the_text_that_a_table_gives(given_offices: list[tuple[str | None, ...]]) -> None:
    table = pl.DataFrame(given_offices, schema=dict.fromkeys(OFFICES, pl.String), orient="row")
    assert [lane_of(parcel) for parcel in table.to_dicts()] == table.select(LANE.alias("lane"))["lane"].to_list()
    assert lane_of(dict.fromkeys(OFFICES)) == "?"
