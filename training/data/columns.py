"""Which features a model reads: patterns over their names."""

from __future__ import annotations

import fnmatch

from features.catalogue import catalogue
from features.declared.declare import PARCEL
from features.parcel.problems import ParcelRiskError


def columns_of(patterns: tuple[str, ...]) -> list[int]:
    """Columns whose names match one of the shell-like `patterns` and none of those that begin with ``!``.

    Raises
    ------
    ParcelRiskError
        When a pattern matches no feature, or nothing is left.
    """
    names = catalogue().names
    for pattern in patterns:
        if not fnmatch.filter(names, pattern.removeprefix("!")):
            raise ParcelRiskError(f"no feature matches {pattern!r}; docs/features.md lists them all.")
    wanted = [pattern for pattern in patterns if not pattern.startswith("!")] or ["*"]
    unwanted = [pattern.removeprefix("!") for pattern in patterns if pattern.startswith("!")]
    chosen = [column for column, name in enumerate(names) if _like(name, wanted) and not _like(name, unwanted)]
    if not chosen:
        raise ParcelRiskError("the patterns leave no feature to train on.")
    return chosen


def _like(name: str, patterns: list[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def without_history(columns: list[int]) -> list[int]:
    """Those of `columns` that the parcel's own declaration gives."""
    return [column for column in columns if catalogue().features[column].entity == PARCEL]


_ORIGIN_ENTITIES = frozenset({"country", "lane", "lane_quality", "office"})
_ORIGIN_NAMES = frozenset({"dispatch_country", "sender_country", "goods_origin_country"})


def without_origin(columns: list[int]) -> list[int]:
    """Those of `columns` that would be the same from any other country.

    Left out are the countries of dispatch, sender and goods, and all history of countries, offices and lanes. That
    countries of one parcel contradict each other stays.
    """
    features = catalogue().features
    return [
        column
        for column in columns
        if features[column].entity not in _ORIGIN_ENTITIES and features[column].name not in _ORIGIN_NAMES
    ]
