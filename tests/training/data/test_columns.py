from __future__ import annotations

from features.catalogue import catalogue
from training.data.columns import columns_of, without_origin


def test_a_model_without_origin_reads_no_country_and_nothing_counted_by_country_office_or_lane() -> None:
    names = {catalogue().names[column] for column in without_origin(columns_of(()))}
    for left_out in (
        "dispatch_country",
        "sender_country",
        "goods_origin_country",
        "lane_others",
        "country_found_share",
    ):
        assert left_out in catalogue()
        assert left_out not in names
    assert not [name for name in names if name.startswith(("lane_", "office_n_", "country_"))]
    assert {"sender_n_28d", "gross_weight_g", "sender_country_differs", "n_countries", "recipient_country"} <= names
