"""Names of countries come from one module of the library, without what else is in its package."""

from __future__ import annotations

from phonenumbers.geodata.locale import LOCALE_DATA

from features.messages import places


def test_names_of_countries_are_those_of_the_library() -> None:
    assert places._named() == LOCALE_DATA
