from __future__ import annotations

import pytest

from features.identity.numbered import tax_number_of


@pytest.mark.parametrize("text", ["EAPRJGG", "QLRUBN9", "7JD1S2X", "KRQQAFQ"])
def test_a_long_code_is_a_number_of_somebody_also_without_a_digit(text: str):
    assert tax_number_of(text, "KR") == f"KR|{text.lower()}"


@pytest.mark.parametrize("text", ["none", "n/a", "Exempt", "not applicable", "0000000", "11111", "abc", "-"])
def test_words_for_nothing_and_dummies_are_none(text: str):
    assert tax_number_of(text, "KR") == ""
