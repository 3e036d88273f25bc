"""Why a parcel scores as it does, as facts that an officer can check; `features.messages` puts them into words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

import numpy as np
import polars as pl

from features import words
from features.bundle import Bundle
from features.bundle.model import Indices
from features.catalogue import Catalogue
from features.declared.declare import Floats, Kind
from features.declared.history import IS_HUB
from features.typical import LANE, compared_with

MAX_REASONS = 4
MAX_AGAINST = 2
LEAST_SHARE = 0.05
"""What moved the score by less than this share of all that moved it the same way explains nothing."""

_NEAR, _NEAR_AGAINST = 0.1, 0.5
"""A number that differs from the usual one by no more than this share of it says nothing to an officer."""


@dataclass(frozen=True, kw_only=True)
class Reason:
    """One family of features that raised the score, or lowered it.

    Attributes
    ----------
    family:
        Theme of the features, as in ``packaging`` or ``sender history``.
    feature:
        The feature of the family that contributed most, of those whose value is not the usual one.
    value:
        Its value; None when missing.
    weight:
        Contribution of the whole family to the raw score (log-odds); negative where it speaks against.
    typical:
        Median of the feature where the parcel's value is set against one; None for others.
    lane:
        Lane that the typical value is of; None where it is of the whole population.
    word:
        The word of the description that the feature speaks of; None for other features.
    """

    family: str
    feature: str
    value: float | None
    weight: float
    typical: float | None = None
    lane: str | None = None
    word: str | None = None

    def as_dict(self) -> dict[str, object]:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Reason:
        """Read what `as_dict` wrote, also where it had fewer facts; sentences of earlier versions are left out."""
        return cls(
            family=stored["family"],
            feature=stored["feature"],
            value=stored["value"],
            weight=stored["weight"],
            typical=stored.get("typical"),
            lane=stored.get("lane"),
            word=stored.get("word"),
        )


def reasons(
    bundle: Bundle, values: Floats, descriptions: Sequence[str | None], lanes: Sequence[str]
) -> list[list[Reason]]:
    """Up to four reasons for each feature row, and up to two that speak against, the weightiest of each first.

    A value that reads like the usual one says nothing, and is no reason; nor is what hardly moved the score.

    Parameters
    ----------
    values:
        Feature rows, completed by the bundle, shape ``(n, k)``.
    descriptions, lanes:
        Description and lane of each parcel: words and typical values are looked up by them. See `described`.
    """
    return [
        _of_row(row, contribution, _Facts(bundle, description, lane))
        for row, contribution, description, lane in zip(
            values, bundle.contributions(values), descriptions, lanes, strict=True
        )
    ]


def described(events: pl.DataFrame) -> tuple[list[str | None], list[str]]:
    """Descriptions and lanes of parcel events, as `reasons` reads them."""
    return events["description"].to_list(), events.select(LANE.alias("lane"))["lane"].to_list()


class _Facts:
    """What one parcel's values are set against."""

    def __init__(self, bundle: Bundle, description: str | None, lane: str) -> None:
        self.bundle, self._description = bundle, description
        self._lane, self._typical = bundle.typical.on(lane)
        self._is_known = not np.isnan(self._typical).all()

    def is_usual(self, column: int, value: float, near: float = _NEAR) -> bool:
        """Whether an officer would read the same of a usual parcel, on this lane or everywhere, or nearly so."""
        feature, median = self.bundle.catalogue.features[column], float(self._typical[column])
        if feature.kind is Kind.CATEGORY or feature.name == words.FEATURE:
            return False
        if math.isnan(value) or math.isnan(median):
            return math.isnan(value) and math.isnan(median) and self._is_known
        if feature.kind is Kind.NUMBER and abs(value - median) <= near * abs(median):
            return True
        return feature.sentence(value) == feature.sentence(median)

    def of(self, column: int, value: float) -> dict[str, Any]:
        """Typical value with its lane, or the word; empty where there is neither."""
        feature = self.bundle.catalogue.features[column]
        if feature.name == words.FEATURE and self._description is not None:
            return {"word": self.bundle.words.riskiest(self._description)}
        typical = compared_with(feature, value, float(self._typical[column]))
        return {} if typical is None else {"typical": typical, "lane": self._lane}


def _of_row(row: Floats, contribution: Floats, facts: _Facts) -> list[Reason]:
    families = facts.bundle.families
    weighed = list(zip(families.weights(contribution), families.names, families.columns, strict=True))
    found = []
    for sign, most in ((1.0, MAX_REASONS), (-1.0, MAX_AGAINST)):
        moved = sorted((item for item in weighed if sign * item[0] > 0), key=lambda item: (-sign * item[0], item[1]))
        least = LEAST_SHARE * sum(abs(weight) for weight, *_ in moved)
        told = (
            _reason(
                family,
                _telling(columns, sign * contribution, row, facts, least, is_against=sign < 0),
                weight,
                row,
                facts,
            )
            for weight, family, columns in moved
            if abs(weight) >= least
        )
        found += list(islice(filter(None, told), most))
    return found


def _telling(
    columns: Indices, moved: Floats, row: Floats, facts: _Facts, least: float, *, is_against: bool
) -> int | None:
    """Column of a family that moved the score most, of those whose value is not the usual one; None without any.

    That something is not known may raise doubts, but speaks for nobody; nor does a bare code.
    """
    near = _NEAR_AGAINST if is_against else _NEAR
    for column in columns[np.argsort(-moved[columns], kind="stable")].tolist():
        told = telling(facts.bundle.catalogue, column, row)
        if moved[column] < least or not moved[column] > 0:
            return None
        is_mute = is_against and (math.isnan(row[told]) or facts.bundle.catalogue.features[told].unit == "code")
        if not is_mute and not facts.is_usual(told, float(row[told]), near):
            return told
    return None


def _reason(family: str, column: int | None, weight: float, row: Floats, facts: _Facts) -> Reason | None:
    if column is None:
        return None
    value = float(row[column])
    return Reason(
        family=family,
        feature=facts.bundle.catalogue.features[column].name,
        value=None if math.isnan(value) else value,
        weight=weight,
        **facts.of(column, value),
    )


def telling(catalogue: Catalogue, column: int, row: Floats) -> int:
    """Column whose sentence says why a value is as it is: of a hub's history, which is missing, that it is a hub."""
    hub = f"{catalogue.features[column].entity}_{IS_HUB}"
    if math.isnan(row[column]) and hub in catalogue and row[catalogue.column(hub)] == 1.0:
        return catalogue.column(hub)
    return column
