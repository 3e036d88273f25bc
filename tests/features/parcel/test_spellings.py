"""Countries as people write them: aliases however they are pointed, two names that agree, letters without umlauts."""

from __future__ import annotations

import pytest

from features.parcel.country_names import letters_of
from features.parcel.reference import shipped_reference
from features.parcel.spellings import read_country

COUNTRIES = shipped_reference().lists["country"]


@pytest.mark.parametrize("alias", [alias for alias in COUNTRIES.aliases if letters_of(alias) in COUNTRIES.by_letters])
def test_an_alias_is_read_in_any_case_and_however_it_is_pointed(alias: str) -> None:
    code = COUNTRIES.aliases[alias]
    words = alias.replace(".", ". ").split()
    for written in (alias, alias.lower(), alias.title(), alias.replace(".", ""), " ".join(words), "-".join(words)):
        assert read_country(written, COUNTRIES)[0] == code, written


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("P.R.C.", "CN"),
        ("P.R.China", "CN"),
        ("VR China", "CN"),
        ("China (PRC)", "CN"),
        ("S.Korea", "KR"),
        ("UK (Great Britain)", "GB"),
        ("Germany (France)", None),
        ("DE (Deutschland)", "DE"),
        ("Oesterreich", "AT"),
        ("Daenemark", "DK"),
        ("TUERKEI", "TR"),
        ("Großbritannien", "GB"),
        ("N.A.", None),
        ("n/a", None),
        ("C.N.", None),
        ("Congo Korea", None),
        ("()", None),
    ],
)
def test_a_country_is_read_where_its_name_means_one(text: str, code: str | None) -> None:
    assert read_country(text, COUNTRIES)[0] == code


def test_brackets_in_brackets_end() -> None:
    assert read_country("A (" * 2_000 + "B" + ")" * 2_000, COUNTRIES)[0] is None
