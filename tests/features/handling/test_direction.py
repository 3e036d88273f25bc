"""Directions are learned from what is stated, and never guessed."""

from __future__ import annotations

from typing import Any

import pytest

from features.handling.direction import Direction, by_countries, directed, union
from features.log import LOG_SCHEMA

NOTHING: dict[str, Any] = dict.fromkeys(LOG_SCHEMA)


@pytest.mark.parametrize(
    ("origin", "destination", "way"),
    [
        ("CN", "DE", Direction.IMPORT),
        ("DE", "CN", Direction.EXPORT),
        ("CN", "PL", Direction.TRANSIT),
        ("FR", "DE", Direction.INTRA_UNION),
        ("DE", "FR", Direction.INTRA_UNION),
        ("DE", "DE", Direction.DOMESTIC),
        ("CN", None, None),
        (None, "DE", None),
    ],
)
def test_two_countries_say_which_way(origin: str | None, destination: str | None, way: Direction | None) -> None:
    assert by_countries(origin, destination, "DE", union()) is way
    assert by_countries(origin, destination, "", union()) is None, "without a country of the office nothing is known"


def test_without_a_union_a_member_is_a_country_like_others() -> None:
    assert by_countries("FR", "DE", "DE") is Direction.IMPORT


def test_an_item_of_which_nothing_is_stated_has_no_direction() -> None:
    way = directed(NOTHING, "DE")
    assert (way.direction, way.sources, dict(way.said)) == (Direction.UNKNOWN, (), {})


def test_countries_and_offices_that_disagree_are_both_named() -> None:
    event = NOTHING | {"dispatch_country": "CN", "recipient_country": "DE", "origin_office": "CNSHAA"}
    assert directed(event, "DE").direction is Direction.IMPORT
    way = directed(event | {"destination_office": "PLWAWA"}, "DE")
    assert way.direction is Direction.UNKNOWN
    assert way.said == {"countries": Direction.IMPORT, "offices": Direction.TRANSIT}


def test_the_stronger_source_decides() -> None:
    event = NOTHING | {"dispatch_country": "CN", "recipient_country": "DE"}
    assert directed(event, "DE", codes={"EMD"}).direction is Direction.IMPORT
    assert directed(event, "DE", codes={"EDX"}).sources == ("events",)
    assert directed(event | {"category": "returned"}, "DE").direction is Direction.RETURN
    linked = event | {"quality_flags": ["redirected"], "category": "returned"}
    assert directed(linked, "DE").direction is Direction.REDIRECTION
    assert directed(linked, "DE", label="transit").direction is Direction.TRANSIT


def test_there_are_as_many_members_as_the_table_says() -> None:
    assert len(union()) == 27
    assert "GB" not in union()
