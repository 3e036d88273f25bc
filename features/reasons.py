"""Why a parcel scores as it does, in words an officer can check."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import polars as pl

from features import words
from features.bundle import Bundle
from features.catalogue import catalogue
from features.declared.declare import Floats
from features.usual import LANE, beside

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
    text:
        Sentence for the officer.
    weight:
        Contribution of the whole family to the raw score (log-odds).
    """

    family: str
    feature: str
    value: float | None
    text: str
    weight: float

    def as_dict(self) -> dict[str, object]:
        """Plain values, for JSON."""
        return asdict(self)


def reasons(bundle: Bundle, values: Floats, events: pl.DataFrame) -> list[list[Reason]]:
    """Up to four reasons for each feature row, the weightiest first; only what raised the score.

    Parameters
    ----------
    values:
        Feature rows, completed by the bundle, shape ``(n, k)``.
    events:
        The parcel events that they belong to: words and usual values are found by them.
    """
    told = events.select("description", LANE.alias("lane")).iter_rows()
    return [
        _of_row(row, contribution, _Words(bundle, description, lane))
        for row, contribution, (description, lane) in zip(values, bundle.contributions(values), told, strict=True)
    ]


class _Words:
    """What is said of one parcel's features: the sentence, and beside it the word or the usual value."""

    def __init__(self, bundle: Bundle, description: str | None, lane: str) -> None:
        self._bundle, self._description = bundle, description
        self._where, self._usual = bundle.usual.beside(lane)

    def of(self, column: int, value: float) -> str:
        feature = catalogue().features[column]
        sentence = feature.sentence(value)
        if feature.name == words.FEATURE and self._description is not None:
            word = self._bundle.words.riskiest(self._description)
            return f"{sentence}: {word}" if word else sentence
        usual = beside(feature.name, value, float(self._usual[column]), self._where)
        return f"{sentence}; {usual}" if usual else sentence


def _of_row(row: Floats, contribution: Floats, say: _Words) -> list[Reason]:
    families: dict[str, list[int]] = {}
    for column, feature in enumerate(catalogue().features):
        families.setdefault(feature.family, []).append(column)
    weighed = sorted(
        ((float(contribution[columns].sum()), family, columns) for family, columns in families.items()),
        key=lambda item: (-item[0], item[1]),
    )
    return [
        _reason(family, max(columns, key=lambda column: contribution[column]), weight, row, say)
        for weight, family, columns in weighed[:MAX_REASONS]
        if weight > 0
    ]


def _reason(family: str, column: int, weight: float, row: Floats, say: _Words) -> Reason:
    feature = catalogue().features[column]
    value = float(row[column])
    return Reason(
        family=family,
        feature=feature.name,
        value=None if value != value else value,
        text=say.of(column, value),
        weight=weight,
    )
