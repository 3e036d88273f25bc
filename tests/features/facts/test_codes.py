"""Numbers for texts that are codes, worked out by hand."""

from __future__ import annotations

import math

import pytest

from features.facts import codes
from features.parcel.s10 import country_of_s10, is_s10


def test_a_text_that_is_not_listed_is_neither_a_listed_one_nor_missing():
    number = codes.choice(("letter", "ems"))
    assert [number(text) for text in ("letter", "ems", "EMS", "")] == [(0.0,), (1.0,), (2.0,), (2.0,)]
    assert math.isnan(number(None)[0])
    assert codes.choice_in_any_case(("box",))("BOX") == (0.0,)


def test_a_country_is_its_place_and_other_texts_are_numbers_above_told_apart():
    known = [codes.country(text)[0] for text in codes.COUNTRIES]
    assert known == [float(place) for place in range(676)]
    others = [codes.country(text)[0] for text in ("", "D", "de", "1A", "A1", "茶館", "éZ")]
    assert min(others) >= 676.0
    assert len(set(others)) == len(others)
    assert codes.country_of_office("DEFRAA") == codes.country("DE")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RB473124829US", (float(codes.COUNTRIES.index("US")), 2.0)),
        ("XB473124829US", (float(codes.COUNTRIES.index("US")), 9.0)),
        ("RB473124829US\n", None),
        ("rb473124829us", None),
        ("RB47312482١US", None),
        ("X-1", None),
    ],
)
def test_an_item_number_names_country_and_service_in_the_form_of_s10_alone(text: str, expected: tuple[float] | None):
    numbers = codes.item_number(text)
    assert numbers == expected if expected else all(math.isnan(one) for one in numbers)
    assert is_s10(text) is (expected is not None)
    assert country_of_s10(text) == ("US" if expected else None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0902200010", (90_220.0, 9.0, 10.0, 0.0)),
        ("610999", (610_999.0, 61.0, 6.0, 1.0)),
        ("392690", (392_690.0, 39.0, 6.0, 1.0)),
        ("+12", (12.0, 1.0, 3.0, 0.0)),
    ],
)
def test_an_hs_code_is_read_as_numbers(text: str, expected: tuple[float, ...]):
    assert codes.hs_code(text) == expected


def test_digits_of_other_scripts_are_no_hs_code():
    assert [math.isnan(one) for one in codes.hs_code("٣٠٠٤٩٠")] == [True, True, False, False]


def test_offices_are_separated_by_white_space_of_unicode_which_separators_of_files_are_not():
    counted = [codes.n_offices(text)[0] for text in (None, "", " A  B ", "A\u3000B", "A\x1cB")]
    assert counted == [0.0, 0.0, 2.0, 2.0, 1.0]
