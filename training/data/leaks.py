"""Leaks: features that know what only the inspection could tell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.catalogue import catalogue
from features.declared.declare import Floats
from features.parcel.problems import ParcelRiskError
from training.data.datasets import Dataset, Flags, Ints

TOO_GOOD = 0.99
"""No single feature of a declaration or a history separates as well as this; the best of the synthetic baseline reaches
.78 for contraband, and the strongest rule about .9 for being inspected."""
_ENOUGH = 30
_SAMPLE = 20_000


class LeakSuspected(ParcelRiskError):
    """A feature knows too well what was inspected or found."""


@dataclass(frozen=True, kw_only=True)
class Suspect:
    """A feature that separates too well, and what it separates."""

    feature: str
    separates: str
    auc: float


def suspects(data: Dataset, columns: list[int], *, seed: int = 1) -> list[Suspect]:
    """Features that by themselves tell inspected parcels from others, or findings from clean results.

    A weight taken at the inspection, or a time of the outcome, exists for inspected parcels only; it gives itself away
    by that, even where it says little about the finding. Parcels whose results cannot be known yet are neither: they
    differ by their time alone. Nothing is judged on fewer than 30 cases of a kind.
    """
    is_settled = data.lodged_at_us <= data.settled_by(data.as_of_us)
    rng = np.random.default_rng(seed)
    suspected = []
    for separates, positive, negative in (
        ("inspected parcels from others", data.labelled & is_settled, data.not_inspected(data.as_of_us)),
        ("findings from clean results", data.label == 1, data.label == 0),
    ):
        rows = np.concatenate([_sample(positive, rng), _sample(negative, rng)])
        is_positive = positive[rows]
        if min(int(is_positive.sum()), int((~is_positive).sum())) < _ENOUGH:
            continue
        for column in columns:
            auc = separation(data.values[rows, column], is_positive)
            if auc >= TOO_GOOD:
                suspected.append(Suspect(feature=catalogue().names[column], separates=separates, auc=auc))
    return suspected


def separation(values: Floats, is_positive: Flags) -> float:
    """Best AUC of a column, missing values below or above all others, in either direction.

    From the sum of ranks (Mann and Whitney), one sort for both places of the missing values.
    """
    missing = np.isnan(values)
    present, positive = values[~missing], is_positive[~missing]
    n_positive, n_negative = int(is_positive.sum()), int((~is_positive).sum())
    present_positive = int(positive.sum())
    missing_positive, missing_negative = n_positive - present_positive, n_negative - int((~positive).sum())
    _, places, counts = np.unique(present, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2.0)[places]
    above = float(ranks[positive].sum()) - present_positive * (present_positive + 1) / 2.0
    ties = missing_positive * missing_negative / 2.0
    low = above + present_positive * missing_negative + ties
    high = above + missing_positive * (n_negative - missing_negative) + ties
    aucs = [pairs / (n_positive * n_negative) for pairs in (low, high)]
    return max(max(auc, 1.0 - auc) for auc in aucs)


def refuse_leaks(data: Dataset, columns: list[int]) -> None:
    """Refuse a data set with a suspect.

    Raises
    ------
    LeakSuspected
        With the features, and what to do.
    """
    suspected = suspects(data, columns)
    if suspected:
        named = ", ".join(
            f"{suspect.feature} (separates {suspect.separates}, AUC {suspect.auc:.3f})" for suspect in suspected
        )
        raise LeakSuspected(
            f"{named}: a feature that good knows the inspection. Look at where it comes from; leave it out "
            f"with --features '!{suspected[0].feature}' and compare."
        )


def _sample(rows: Flags, rng: np.random.Generator) -> Ints:
    index = np.flatnonzero(rows)
    return index if index.size <= _SAMPLE else rng.choice(index, _SAMPLE, replace=False)
