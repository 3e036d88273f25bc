"""Which way an item goes, seen from the office: what is stated decides, and what disagrees is unknown.

Four sources speak, the first that does decides: an officer who read the label; that it is a parcel on record on another
way (a return, a redirection); an event that says that it goes back, or the category *returned*; and the countries.
Countries are declared, and offices of exchange have theirs: where both are known and give two directions, none is
taken, and both are named. Without the country of the office (``gate.toml``) countries say nothing.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from features.parcel.flags import QUALITY_FLAGS
from features.parcel.life_flags import REDIRECTED, RETURNED


class Direction(StrEnum):
    """Way of an item."""

    IMPORT = "import"
    EXPORT = "export"
    TRANSIT = "transit"
    INTRA_UNION = "intra_union"
    DOMESTIC = "domestic"
    RETURN = "return"
    REDIRECTION = "redirection"
    UNKNOWN = "unknown"

    @property
    def words(self) -> str:
        """The direction as people read it."""
        return self.value.replace("_", " ")


_BACK = {RETURNED: Direction.RETURN, REDIRECTED: Direction.REDIRECTION}
_RETURNING_EVENTS = frozenset({"EDX"})
"""Codes of EMSEVT that say that an item goes back."""


@dataclass(frozen=True, kw_only=True)
class Directed:
    """Direction of an item and what it is known from.

    Attributes
    ----------
    sources:
        What says so: ``label``, ``link``, ``events``, ``category``, ``countries``, ``offices``; of an unknown one those
        that disagree, or nothing.
    said:
        What each source that speaks says.
    """

    direction: Direction
    sources: tuple[str, ...]
    said: Mapping[str, Direction]


def directed(
    event: Mapping[str, Any], country: str, *, label: str | None = None, codes: Collection[str] = ()
) -> Directed:
    """Direction of a parcel.

    Parameters
    ----------
    event:
        Columns of its parcel event.
    country:
        Country of the office; empty where it is not given.
    label:
        What an officer read from the label of an item that nobody had declared.
    codes:
        Codes of the events that its operator reported.
    """
    said = _said(event, country, label, codes)
    for source in ("label", "link", "events", "category"):
        if source in said:
            return Directed(direction=said[source], sources=(source,), said=said)
    ways = {said[source] for source in ("countries", "offices") if source in said}
    way = next(iter(ways)) if len(ways) == 1 else Direction.UNKNOWN
    return Directed(direction=way, sources=tuple(said), said=said)


def _said(event: Mapping[str, Any], country: str, label: str | None, codes: Collection[str]) -> dict[str, Direction]:
    flags = event[QUALITY_FLAGS] or ()
    declared = by_countries(
        event["dispatch_country"] or event["sender_country"], event["recipient_country"], country, union()
    )
    offices = by_countries(
        _country_of(event["origin_office"]), _country_of(event["destination_office"]), country, union()
    )
    said = {
        "label": Direction(label) if label else None,
        "link": next((_BACK[flag] for flag in flags if flag in _BACK), None),
        "events": Direction.RETURN if not _RETURNING_EVENTS.isdisjoint(codes) else None,
        "category": Direction.RETURN if event["category"] == "returned" else None,
        "countries": declared,
        "offices": offices,
    }
    return {source: way for source, way in said.items() if way is not None}


def by_countries(
    origin: str | None, destination: str | None, country: str, members: Collection[str] = ()
) -> Direction | None:
    """Direction between two countries as seen from `country`; None where one of the three is not known.

    `members` are the countries of its union, between which is neither import nor export.
    """
    if not country or origin is None or destination is None:
        return None
    if origin == destination == country:
        return Direction.DOMESTIC
    if country in (origin, destination):
        if origin in members and destination in members:
            return Direction.INTRA_UNION
        return Direction.IMPORT if destination == country else Direction.EXPORT
    return Direction.TRANSIT


def _country_of(office: str | None) -> str | None:
    """Country of an office of exchange, by the first two letters of its code of six."""
    return office[:2] if office is not None and len(office) == 6 and office[:2].isalpha() else None


@cache
def union() -> frozenset[str]:
    """Countries between which mail needs no customs declaration."""
    return frozenset(union_table()["members"])


@cache
def union_table() -> dict[str, Any]:
    """The dated table of the union."""
    return tomllib.loads(files("features.handling").joinpath("union.toml").read_text("utf-8"))
