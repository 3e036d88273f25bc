"""Words and letters of a description are those of Unicode, as other programs find them."""

from __future__ import annotations

import unicodedata

import polars as pl
import pytest

from features.facts.wording import LANGUAGES, SCRIPTS, WORDING, wording

CHARACTERS = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) not in ("Cn", "Cs")]
"""All that this Python knows: it may know fewer than a later Unicode has."""


def of(text: str) -> dict[str, float]:
    return dict(zip(WORDING, wording(text), strict=True))


def test_a_character_is_of_a_word_where_unicode_says_so():
    expected = pl.Series(CHARACTERS).str.contains(r"\w").to_list()
    assert [one for one, is_word in zip(CHARACTERS, expected, strict=True) if (wording(one)[1] == 1.0) != is_word] == []


def test_a_text_without_ascii_or_other_letters_has_no_letters():
    expected = pl.Series(CHARACTERS).str.contains(r"\p{L}").to_list()
    none = float(SCRIPTS.index("no letters"))
    assert [
        one for one, is_letter in zip(CHARACTERS, expected, strict=True) if is_letter and of_script(one) == none
    ] == []


def of_script(text: str) -> float:
    return wording(text)[WORDING.index("description_script")]


@pytest.mark.parametrize(
    ("text", "is_vague"),
    [("GIFT!", 1.0), ("ſample", 1.0), ("gıft", 0.0), ("GİFT", 0.0), ("gift\u0301", 0.0), ("gift²", 1.0)],
)
def test_case_is_folded_letter_by_letter(text: str, is_vague: float):
    assert of(text)["description_is_vague"] == is_vague


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("ẞ", "German"),
        ("Ersatzteilkatalog", "German"),
        ("teile", "another language"),
        ("BAWEŁNIANY", "Polish"),
        ("hračkami the", "Czech"),
        ("the libro", "Spanish"),
        ("theatre", "another language"),
        ("", "another language"),
    ],
)
def test_a_language_is_that_of_the_first_sign_in_the_order_of_languages(text: str, language: str):
    assert LANGUAGES[int(of(text)["description_language"])] == language


def test_a_model_number_is_of_plain_letters_and_digits():
    assert of("SM-G991B")["description_has_model_number"] == 1.0
    assert of("\u212a9")["description_has_model_number"] == 0.0
