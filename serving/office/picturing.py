"""Figures behind the pictures of the desk: scores and their cut, findings by week, calibration, lanes, drift."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

import numpy as np

from features.bundle import Bundle
from policy.chance import Floats
from policy.estimates import Interval
from policy.estimates.intervals import weighted_count, wilson
from serving.office.examined import Arm, Examined
from serving.store import Connection
from serving.store.quality import ACCEPTED, scores
from serving.store.times import microseconds
from serving.store.volumes import scored_parcels

MOST = 200_000
"""Newest answers that a picture reads."""
EDGES = (0.0, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1.0)
"""Probabilities between which parcels are counted: a third of a decade each, because most are small."""
WATCHED = (0.01, 0.1)
"""Shares of the mail of training whose thresholds are watched for drift."""


@dataclass(frozen=True, kw_only=True)
class ScoreCounts:
    """Parcels by probability: `counts` between ``EDGES``; `cut` is the probability at which score selects.

    `n_above` are those that reach the cut; None for the cut where no model serves.
    """

    counts: tuple[int, ...]
    n: int
    n_above: int
    cut: float | None


@dataclass(frozen=True, kw_only=True)
class Week:
    """Examined parcels of one week.

    Attributes
    ----------
    share:
        Findings per examined parcel, whatever selected it.
    n_drawn, drawn:
        The same of draws alone.
    per_thousand:
        Findings in 1,000 parcels of the mail, by the inverse of the probability of selection: this does not change
        where the office only inspects more or less.
    """

    first_on: date
    n: int
    n_found: int
    share: Interval
    n_drawn: int
    drawn: Interval
    per_thousand: Interval | None


@dataclass(frozen=True, kw_only=True)
class Bin:
    """Examined parcels whose probability is between two ``EDGES``: what was predicted, and what was found."""

    low: float
    high: float
    n: int
    predicted: float
    found: Interval


@dataclass(frozen=True, kw_only=True)
class LaneFigures:
    """Parcels of a lane, and what was found in those examined."""

    lane: str
    n: int
    n_examined: int
    n_found: int


@dataclass(frozen=True, kw_only=True)
class Reached:
    """One week: parcels with a score, and the shares that reach the thresholds of ``WATCHED``."""

    first_on: date
    n: int
    shares: tuple[float, ...]


def score_counts(
    connection: Connection, model: Bundle | None, share: float, since: datetime, until: datetime
) -> ScoreCounts:
    """Distribution of the probabilities given in a period; `share` of the mail is selected for its score."""
    rows = scored_parcels(connection, microseconds(since), microseconds(until), most=MOST)
    raw = np.array([row.raw_score for row in rows], dtype=np.float64)
    probability = np.array([row.probability for row in rows], dtype=np.float64)
    counts, _ = np.histogram(probability, bins=np.array(EDGES))
    threshold = None if model is None else model.meta.reference.threshold(share)
    return ScoreCounts(
        counts=tuple(int(n) for n in counts),
        n=len(rows),
        n_above=0 if threshold is None else int((raw >= threshold).sum()),
        cut=None if model is None or threshold is None else float(model.probability(np.array([threshold]))[0]),
    )


def by_week(parcels: Sequence[Examined], since: datetime, until: datetime, volumes: Sequence[int]) -> list[Week]:
    """Findings by week; `volumes` are the parcels of each week that were decided on."""
    found = []
    for number, n_parcels in enumerate(volumes):
        begins = since + number * timedelta(days=7)
        ends = min(until, begins + timedelta(days=7))
        found.append(_week(begins.date(), [one for one in parcels if begins <= one.known_at < ends], n_parcels))
    return found


def _week(first_on: date, parcels: Sequence[Examined], n_parcels: int) -> Week:
    n_found = sum(one.is_found for one in parcels)
    drawn = [one for one in parcels if one.arms == {Arm.DRAW}]
    return Week(
        first_on=first_on,
        n=len(parcels),
        n_found=n_found,
        share=wilson(n_found, len(parcels)),
        n_drawn=len(drawn),
        drawn=wilson(sum(one.is_found for one in drawn), len(drawn)),
        per_thousand=_per_thousand(parcels, n_parcels),
    )


def _per_thousand(parcels: Sequence[Examined], n_parcels: int) -> Interval | None:
    known = [one for one in parcels if one.propensity]
    if not known or not n_parcels:
        return None
    weights = np.array([1.0 / (one.propensity or 1.0) for one in known])
    labels = np.array([one.is_found for one in known], dtype=np.float64)
    variance = float((labels * weights * (weights - 1.0)).sum())
    total = weighted_count(float((labels * weights).sum()), variance, float(weights.max()))
    return total.scaled(1_000.0 / n_parcels).capped(1_000.0)


def volumes_by_week(connection: Connection, since: datetime, n_weeks: int) -> list[int]:
    """Accepted parcels of each week."""
    counts = [0] * n_weeks
    for number in range(n_weeks):
        first = (since + timedelta(days=7 * number)).date()
        rows = scores(connection, operator=None, first=first, last=first + timedelta(days=6))
        counts[number] = sum(row.n for row in rows if row.measure == ACCEPTED)
    return counts


def calibration(parcels: Sequence[Examined]) -> list[Bin]:
    """What was predicted and found among parcels that a score or a draw selected.

    What rules, lists and officers choose is chosen by what the model may not know, and says little of its probability.
    """
    chosen = [one for one in parcels if one.probability is not None and one.arms <= {Arm.MODEL, Arm.DRAW}]
    found = []
    for low, high in pairwise(EDGES):
        here = [one for one in chosen if low <= (one.probability or 0.0) < high or (high == 1.0 == one.probability)]
        if here:
            mean = sum(one.probability or 0.0 for one in here) / len(here)
            n_found = sum(one.is_found for one in here)
            found.append(Bin(low=low, high=high, n=len(here), predicted=mean, found=wilson(n_found, len(here))))
    return found


def lanes(connection: Connection, parcels: Sequence[Examined], first: date, last: date) -> list[LaneFigures]:
    """Lanes by the parcels accepted on them, the largest first."""
    counts: dict[str, int] = {}
    for row in scores(connection, operator=None, first=first, last=last):
        if row.measure == ACCEPTED and row.lane:
            counts[row.lane] = counts.get(row.lane, 0) + row.n
    found = [
        LaneFigures(
            lane=lane,
            n=n,
            n_examined=sum(one.lane == lane for one in parcels),
            n_found=sum(one.lane == lane and one.is_found for one in parcels),
        )
        for lane, n in counts.items()
    ]
    return sorted(found, key=lambda one: (-one.n, one.lane))


def drift(connection: Connection, model: Bundle | None, since: datetime, until: datetime) -> list[Reached]:
    """Shares of each week's parcels that reach the thresholds which known shares of the mail of training reach."""
    if model is None:
        return []
    rows = scored_parcels(connection, microseconds(since), microseconds(until), most=MOST)
    times = np.array([row.scored_at for row in rows], dtype=np.int64)
    raw = np.array([row.raw_score for row in rows], dtype=np.float64)
    week = (times - microseconds(since)) // (7 * 86_400_000_000)
    return [_reached(model, since + int(n) * timedelta(days=7), raw[week == n]) for n in np.unique(week)]


def _reached(model: Bundle, begins: datetime, raw: Floats) -> Reached:
    shares = [float((raw >= model.meta.reference.threshold(share)).mean()) for share in WATCHED]
    return Reached(first_on=begins.date(), n=int(raw.size), shares=tuple(shares))
