"""Why a parcel scores as it does, as facts that an officer can check; `features.messages` puts them into words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from features import words
from features.bundle import Bundle
from features.declared.declare import Floats
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


def reasons(bundle: Bundle, values: Floats, events: pl.DataFrame) -> list[list[Reason]]:
    """Up to four reasons for each feature row, the weightiest first; only what raised the score.

    Parameters
    ----------
    values:
        Feature rows, completed by the bundle, shape ``(n, k)``.
    events:
        The parcel events that they belong to: words and typical values are looked up by them.
    """
    described = events.select("description", LANE.alias("lane")).iter_rows()
    return [
        _of_row(row, contribution, _Facts(bundle, description, lane))
        for row, contribution, (description, lane) in zip(values, bundle.contributions(values), described, strict=True)
    ]


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
    features = facts.bundle.catalogue.features
    families: dict[str, list[int]] = {}
    # Only what the model reads is summed, in its order: a feature more in the catalogue changes no bit of a weight.
    for column in facts.bundle.columns:
        families.setdefault(features[column].family, []).append(column)
    weighed = sorted(
        ((float(contribution[columns].sum()), family, columns) for family, columns in families.items()),
        key=lambda item: (-item[0], item[1]),
    )
    return [
        _reason(family, max(columns, key=lambda column: contribution[column]), weight, row, facts)
        for weight, family, columns in weighed[:MAX_REASONS]
        if weight > 0
    ]


def _reason(family: str, column: int, weight: float, row: Floats, facts: _Facts) -> Reason:
    value = float(row[column])
    return Reason(
        family=family,
        feature=facts.bundle.catalogue.features[column].name,
        value=None if np.isnan(value) else value,
        weight=weight,
        **facts.of(column, value),
    )
