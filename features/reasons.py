"""Why a parcel scores as it does, as facts that an officer can check; `features.messages` puts them into words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from features import words
from features.bundle import Bundle
from features.catalogue import Catalogue
from features.declared.declare import Floats
from features.declared.history import IS_HUB
from features.typical import LANE, compared_with

MAX_REASONS = 4


@dataclass(frozen=True, kw_only=True)
class Reason:
    """One family of features that raised the score.

    Attributes
    ----------
    family:
        Theme of the features, as in ``packaging`` or ``sender history``.
    feature:
        The feature of the family that contributed most.
    value:
        Its value; None when missing.
    weight:
        Contribution of the whole family to the raw score (log-odds).
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
    """Up to four reasons for each feature row, the weightiest first; only what raised the score.

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

    def of(self, column: int, value: float) -> dict[str, Any]:
        """Typical value with its lane, or the word; empty where there is neither."""
        feature = self.bundle.catalogue.features[column]
        if feature.name == words.FEATURE and self._description is not None:
            return {"word": self.bundle.words.riskiest(self._description)}
        typical = compared_with(feature, value, float(self._typical[column]))
        return {} if typical is None else {"typical": typical, "lane": self._lane}


def _of_row(row: Floats, contribution: Floats, facts: _Facts) -> list[Reason]:
    families = facts.bundle.families
    weighed = zip(families.weights(contribution), families.names, families.columns, strict=True)
    raised = sorted((item for item in weighed if item[0] > 0), key=lambda item: (-item[0], item[1]))
    return [
        _reason(family, int(columns[contribution[columns].argmax()]), weight, row, facts)
        for weight, family, columns in raised[:MAX_REASONS]
    ]


def _reason(family: str, column: int, weight: float, row: Floats, facts: _Facts) -> Reason:
    column = telling(facts.bundle.catalogue, column, row)
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
