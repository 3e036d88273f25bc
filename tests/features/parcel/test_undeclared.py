"""Labels of undeclared items, and the numbers that an office issues."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.parcel.numbers import Verdict, candidates
from features.parcel.undeclared import LABEL_FIELDS, issued_number, parcel_facts

EMPTY = dict.fromkeys(field.name for field in LABEL_FIELDS)


@given(st.integers(1, 10**9 - 1))
def test_an_issued_number_is_recognised_by_its_check_digit_as_a_scanner_delivers_it(serial: int) -> None:
    number = issued_number(serial)
    best = next(one for one in candidates(f"*{number.lower()}*\r\n") if one.number == number)
    assert (best.number, best.form, best.verdict) == (number, "office_issued", Verdict.RIGHT)


def test_one_wrong_digit_is_noticed() -> None:
    number = issued_number(4_711)
    wrong = number.replace("4", "5")
    assert candidates(wrong)[0].verdict is Verdict.WRONG


@pytest.mark.parametrize(
    ("written", "name", "street"),
    [
        ("Example Trading; Mill Lane 4; 60601", "Example Trading", "Mill Lane 4, 60601"),
        ("Example Trading\r\nMill Lane 4\n", "Example Trading", "Mill Lane 4"),
        ("Example Trading", "Example Trading", None),
        (" ; ", None, None),
        (None, None, None),
    ],
)
def test_a_party_as_written_is_a_name_and_an_address(written: str | None, name: str | None, street: str | None) -> None:
    facts = parcel_facts({**EMPTY, "sender": written, "weight_g": 18})
    assert (facts["sender_name"], facts["sender_street"]) == (name, street)
    assert facts["measured_weight_g"] == 18
    assert "gross_weight_g" not in facts


def test_a_label_has_up_to_ten_facts_and_a_number() -> None:
    assert len(LABEL_FIELDS) == 11
    assert not any(field.required for field in LABEL_FIELDS)
