from __future__ import annotations

import numpy as np
import polars as pl

from features.catalogue import catalogue
from features.usual import MIN_PARCELS, UsualValues, beside


def three_lanes() -> UsualValues:
    lanes = pl.Series(["A to B"] * MIN_PARCELS + ["C to D"] * MIN_PARCELS + ["rare"] * (MIN_PARCELS - 1))
    values = np.full((lanes.len(), 3), np.nan)
    values[:, 0] = np.arange(lanes.len())
    values[:MIN_PARCELS, 1] = [1.0] * 30 + [9.0] * 20
    return UsualValues.of(lanes, values)


def test_the_usual_value_is_the_median_of_the_lane_and_nothing_where_nothing_is_known() -> None:
    where, medians = three_lanes().beside("A to B")
    assert where == "on the lane A to B"
    assert medians[0] == (MIN_PARCELS - 1) / 2
    assert medians[1] == 1.0
    assert np.isnan(medians[2])


def test_a_rare_lane_is_set_beside_the_whole_flow() -> None:
    where, medians = three_lanes().beside("rare")
    assert where == "in the whole flow"
    assert medians[0] == (3 * MIN_PARCELS - 2) / 2


def test_what_was_stored_is_read_back() -> None:
    names = ("a", "b", "c")
    again = UsualValues.from_table(three_lanes().table(names))
    assert again.lanes == three_lanes().lanes
    assert np.array_equal(again.medians, three_lanes().medians, equal_nan=True)


def test_only_numbers_of_history_are_set_beside_what_is_usual() -> None:
    assert beside("sender_n_7d", 12.0, 1.0, "on the lane CN to DE") == "usually 1 on the lane CN to DE"
    assert beside("gross_weight_g", 12.0, 1.0, "") == ""
    assert beside("sender_other_is_known", 1.0, 0.0, "") == ""
    assert beside("sender_n_7d", 12.0, float("nan"), "") == ""
    assert all(beside(name, float("nan"), 1.0, "") == "" for name in catalogue().names)
