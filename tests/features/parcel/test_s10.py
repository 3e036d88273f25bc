from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.parcel.s10 import check_digit, check_digit_is_wrong, country_of_s10, has_s10_form, is_s10, s10_country

PUBLISHED = ("EG230930844KR", "EM008463429KR", "RB473124829US")


def ask(expression: pl.Expr, *texts: str | None) -> list[object]:
    return pl.DataFrame({"parcel_id": texts}, schema={"parcel_id": pl.String}).select(expression).to_series().to_list()


@pytest.mark.parametrize("identifier", PUBLISHED)
def test_published_identifiers_have_the_right_check_digit(identifier: str):
    assert check_digit(identifier[2:10]) == int(identifier[10])
    assert not check_digit_is_wrong(identifier)


@pytest.mark.parametrize(("serial", "digit"), [("00000000", 5), ("00000008", 0), ("00000001", 4), ("00000030", 6)])
def test_remainders_of_ten_and_eleven_have_digits_of_their_own(serial: str, digit: int):
    assert check_digit(serial) == digit


@pytest.mark.parametrize("identifier", ["RB473124828US", "EG230930840KR"])
def test_another_digit_is_wrong(identifier: str):
    assert check_digit_is_wrong(identifier)


@given(st.from_regex(r"[0-9]{8}", fullmatch=True), st.integers(0, 7), st.integers(1, 9))
def test_one_mistyped_digit_is_noticed_unless_two_remainders_share_a_digit(serial: str, place: int, step: int):
    mistyped = serial[:place] + str((int(serial[place]) + step) % 10) + serial[place + 1 :]
    assert check_digit(serial) != check_digit(mistyped) or check_digit(serial) == 5


@pytest.mark.parametrize("other", ["P-1", "RB47312482US", "rb473124829us", "RB473124829USA", "R1473124829US", "", None])
def test_other_forms_have_neither_check_digit_nor_country(other: str | None):
    assert other is None or not check_digit_is_wrong(other)
    assert ask(s10_country(pl.col("parcel_id")), other) == [None]
    assert ask(has_s10_form(pl.col("parcel_id")), other) == [None if other is None else False]


def test_the_country_is_the_suffix():
    assert ask(s10_country(pl.col("parcel_id")), *PUBLISHED) == ["KR", "KR", "US"]


@given(st.one_of(st.from_regex(r"[A-Za-z]{2}[0-9]{9}[A-Z]{2}\n?", fullmatch=True), st.text("AZ09az ٣é\n", max_size=14)))
def test_one_identifier_is_told_as_a_column_of_them_is(text: str):
    assert [is_s10(text)] == ask(has_s10_form(pl.col("parcel_id")), text)
    assert [country_of_s10(text)] == ask(s10_country(pl.col("parcel_id")), text)
