"""Why a parcel scores as it does, in words an officer can check."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from features.bundle import Bundle
from features.catalogue import catalogue
from features.declared.declare import Floats

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


def reasons(bundle: Bundle, values: Floats) -> list[list[Reason]]:
    """Up to four reasons for each feature row, the weightiest first; only what raised the score."""
    return [_of_row(row, contribution) for row, contribution in zip(values, bundle.contributions(values), strict=True)]


def _of_row(row: Floats, contribution: Floats) -> list[Reason]:
    families: dict[str, list[int]] = {}
    for column, feature in enumerate(catalogue().features):
        families.setdefault(feature.family, []).append(column)
    weighed = sorted(
        ((float(contribution[columns].sum()), family, columns) for family, columns in families.items()),
        key=lambda item: (-item[0], item[1]),
    )
    return [
        _reason(family, max(columns, key=lambda column: contribution[column]), weight, row)
        for weight, family, columns in weighed[:MAX_REASONS]
        if weight > 0
    ]


def _reason(family: str, column: int, weight: float, row: Floats) -> Reason:
    feature = catalogue().features[column]
    value = float(row[column])
    return Reason(
        family=family,
        feature=feature.name,
        value=None if value != value else value,
        text=feature.sentence(value),
        weight=weight,
    )
