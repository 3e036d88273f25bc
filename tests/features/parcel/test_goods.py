from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.parcel.goods import GOODS_SCHEMA, euro_cents, goods
from features.parcel.reference import shipped_reference
from tests.builders import a_parcel, a_piece, parcel_table


def summed_up(*pieces: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return goods(parcel_table([a_parcel(pieces=list(pieces), **changes)]), reference=shipped_reference()).row(
        0, named=True
    )


def test_the_pieces_are_summed():
    summed = summed_up(a_piece(), a_piece(quantity=3, net_weight_g=50, value_cents=100))
    assert summed["n_pieces"] == 2
    assert summed["n_units"] == 5
    assert summed["net_weight_g"] == 350
    assert summed["declared_value_eur_cents"] == 2500


def test_sums_are_null_and_not_zero_where_no_piece_gives_the_figure():
    summed = summed_up(a_piece(quantity=None, net_weight_g=None, value_cents=None))
    assert summed["n_pieces"] == 1
    assert [summed[name] for name in ("n_units", "net_weight_g", "declared_value_eur_cents")] == [None] * 3


def test_a_declared_zero_stays_a_zero():
    assert summed_up(a_piece(value_cents=0))["declared_value_eur_cents"] == 0


def test_a_figure_of_one_piece_is_not_lost_beside_a_piece_without_it():
    assert summed_up(a_piece(net_weight_g=None), a_piece(net_weight_g=70))["net_weight_g"] == 70


@pytest.mark.parametrize("pieces", [None, []])
def test_a_parcel_without_pieces_has_none_and_nothing_else_is_known(pieces: list[Any] | None):
    summed = goods(parcel_table([a_parcel(pieces=pieces, postage_cents=None)]), reference=shipped_reference()).row(
        0, named=True
    )
    assert summed.pop("n_pieces") == 0
    assert set(summed.values()) == {None}


def test_the_main_piece_is_the_dearest_in_euro():
    dear, cheap = a_piece(value_cents=5_000, hs_code="710812"), a_piece(value_cents=90_000, currency="JPY")
    assert summed_up(cheap, dear)["hs_code"] == "710812"
    assert summed_up(dear, cheap)["hs_code"] == "710812"


def test_of_pieces_of_equal_value_the_first_is_the_main_one():
    summed = summed_up(a_piece(hs_code="111111", origin_country="FR"), a_piece(hs_code="222222", origin_country="IT"))
    assert (summed["hs_code"], summed["goods_origin_country"]) == ("111111", "FR")


def test_a_piece_with_a_value_of_zero_goes_before_one_without_a_value():
    summed = summed_up(a_piece(value_cents=None, hs_code="111111"), a_piece(value_cents=0, hs_code="222222"))
    assert summed["hs_code"] == "222222"


def test_descriptions_are_joined_in_the_order_of_the_pieces():
    summed = summed_up(a_piece(description="tea"), a_piece(description=None), a_piece(description="pot"))
    assert summed["description"] == "tea / pot"


def test_parcels_keep_their_order_beside_ones_without_pieces():
    rows = goods(
        parcel_table([a_parcel(), a_parcel(pieces=None), a_parcel(pieces=[a_piece(), a_piece()])]),
        reference=shipped_reference(),
    )
    assert rows["n_pieces"].to_list() == [1, 0, 2]
    assert rows.schema == GOODS_SCHEMA


@pytest.mark.parametrize(("currency", "euro"), [("EUR", 10_000), (None, 10_000), ("USD", 9_626), ("JPY", 61)])
def test_hundredths_of_a_currency_become_euro_cents_at_the_rate_of_the_table(currency: str | None, euro: int):
    assert euro_cents(10_000, currency, shipped_reference().units_per_euro) == euro


def test_half_a_cent_goes_to_the_even_side():
    assert [euro_cents(cents, "XXX", {"XXX": 2.0}) for cents in (1, 3, 5)] == [0, 2, 2]


def test_a_currency_without_a_rate_gives_no_value_rather_than_a_wrong_one():
    assert summed_up(a_piece(currency="XXX"))["declared_value_eur_cents"] is None
    assert summed_up(a_piece(currency="XXX"), a_piece())["declared_value_eur_cents"] is None
    assert summed_up(a_piece(currency="XXX"), a_piece())["main_piece_value_eur_cents"] is None
    assert summed_up(a_piece(currency="XXX", value_cents=None), a_piece())["declared_value_eur_cents"] == 2400


def test_postage_and_insurance_have_currencies_of_their_own():
    summed = summed_up(
        a_piece(), postage_cents=1_000, postage_currency="USD", insured_value_cents=1_000, insured_currency="GBP"
    )
    assert summed["postage_eur_cents"] == round(1_000 / 1.0389)
    assert summed["insured_value_eur_cents"] == round(1_000 / 0.82918)


def test_every_rate_of_the_table_is_positive_and_the_euro_is_one():
    rates = shipped_reference().units_per_euro
    assert rates["EUR"] == 1.0
    assert all(rate > 0 and len(code) == 3 for code, rate in rates.items())


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.one_of(st.none(), st.integers(0, 10**11)), max_size=4), min_size=1, max_size=6))
def test_the_declared_value_is_the_sum_of_what_is_given(values: list[list[int | None]]):
    rows = [a_parcel(pieces=[a_piece(value_cents=value) for value in parcel]) for parcel in values]
    expected = [
        sum(given) if (given := [value for value in parcel if value is not None]) else None for parcel in values
    ]
    assert goods(parcel_table(rows), reference=shipped_reference())["declared_value_eur_cents"].to_list() == expected
