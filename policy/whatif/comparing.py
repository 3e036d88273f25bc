"""What a candidate would have done over a period: next to what was done, source by source, by hour, lane and origin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policy.chance import Floats
from policy.estimates import Interval, estimate
from policy.vocabulary import Referral
from policy.whatif.judging import Findings, findings
from policy.whatif.period import Grouped, Period
from policy.whatif.selecting import Candidate, Selected, Selector, Source

_HOUR_US = 3_600_000_000


@dataclass(frozen=True, kw_only=True)
class SourceFigures:
    """What one rule or list does for a candidate.

    Attributes
    ----------
    n_hits, n_found:
        Parcels that it hits, and those of them in which something was found in fact.
    unique:
        Parcels that would not have been selected without it.
    displaced:
        Parcels that would have been selected without it: their minutes went to what it hits.
    is_superfluous:
        Whether it is proposed for retirement: what it alone selects holds less than any parcel, or there is nothing
        that it alone selects.
    """

    name: str
    n_hits: int
    n_found: int
    unique: Findings
    displaced: Findings
    is_superfluous: bool


@dataclass(frozen=True, kw_only=True)
class Part:
    """A lane or an origin: its parcels, those that would have been selected, those that were, and findings in fact."""

    name: str
    n: int
    selected: float
    n_was_selected: int
    n_found: int
    n_found_of_selected: int


@dataclass(frozen=True, kw_only=True)
class Compared:
    """A candidate over a period, next to what was done.

    Attributes
    ----------
    n, n_days:
        Parcels and days.
    surely, drawn, drawn_findings:
        What lists, rules and scores select; parcels that chance adds on average, and findings expected in them.
    missed:
        Findings in what is not surely selected, less those expected in draws.
    was:
        What was selected in fact.
    only_candidate, only_was:
        What the candidate selects and was not, and the other way round.
    base_share:
        Share of all parcels that hold something.
    overrun_minutes:
        Work that lists and rules ask for beyond the windows' minutes.
    by_hour, was_by_hour:
        Mean minutes of work asked for in each hour of the day, UTC, shape ``(24,)``.
    by_lane, by_origin:
        Largest first.
    """

    n: int
    n_days: int
    surely: Findings
    drawn: float
    drawn_findings: float
    missed: Interval
    was: Findings
    only_candidate: Findings
    only_was: Findings
    base_share: Interval
    overrun_minutes: float
    sources: tuple[SourceFigures, ...]
    by_hour: Floats
    was_by_hour: Floats
    by_lane: tuple[Part, ...]
    by_origin: tuple[Part, ...]


def compare(period: Period, candidate: Candidate) -> Compared:
    """Select over the period, and say what it would have meant."""
    selector = Selector(period, candidate)
    selected = selector.select(candidate.must)
    surely, population = selected.surely, period.population
    everything, rest = estimate(population), estimate(population, ~surely)
    drawn_findings = float((selected.chance * population.predicted).sum())
    base = everything.finding_share
    minutes = _minutes(candidate, selected)
    return Compared(
        n=len(period),
        n_days=period.n_days,
        surely=findings(period, surely),
        drawn=float(selected.chance.sum()),
        drawn_findings=drawn_findings,
        missed=_not_below_zero(rest.total.shifted(-drawn_findings)),
        was=findings(period, period.was_selected),
        only_candidate=findings(period, surely & ~period.was_selected),
        only_was=findings(period, period.was_selected & ~surely),
        base_share=base,
        overrun_minutes=float(selected.overrun.sum()),
        sources=tuple(_figures(period, candidate, selector, selected, base.value)),
        by_hour=_by_hour(period, minutes),
        was_by_hour=_by_hour(period, period.was_minutes),
        by_lane=_parts(period, period.lane, selected),
        by_origin=_parts(period, period.origin, selected),
    )


def _figures(
    period: Period, candidate: Candidate, selector: Selector, selected: Selected, base_share: float
) -> list[SourceFigures]:
    """What each source does: the selection is made again without it."""
    n_hits = np.zeros(len(period), dtype=np.int64)
    for source in candidate.sources:
        n_hits += source.hits
    must = candidate.must
    return [_of_source(period, one, selector, selected, must, n_hits, base_share) for one in candidate.sources]


def _of_source(
    period: Period,
    source: Source,
    selector: Selector,
    selected: Selected,
    must: Floats,
    n_hits: np.ndarray,
    base_share: float,
) -> SourceFigures:
    alone = source.hits & (n_hits == 1)
    without = selector.select(np.where(alone, 0.0, must)).surely if alone.any() else selected.surely
    unique = findings(period, selected.surely & ~without)
    return SourceFigures(
        name=source.name,
        n_hits=int(source.hits.sum()),
        n_found=int((source.hits & (period.label == 1)).sum()),
        unique=unique,
        displaced=findings(period, without & ~selected.surely),
        is_superfluous=unique.n == 0 or unique.share.high < base_share,
    )


def _minutes(candidate: Candidate, selected: Selected) -> Floats:
    """Minutes of work that each parcel asks for; of draws as much as they are probable."""
    opened = candidate.minutes_of(Referral.OPEN)
    return np.where(selected.must, candidate.must, selected.by_score * opened + selected.chance * opened)


def _by_hour(period: Period, minutes: Floats) -> Floats:
    hour = period.at_us // _HOUR_US % 24
    return np.bincount(hour, weights=minutes, minlength=24) / max(1, period.n_days)


def _parts(period: Period, grouped: Grouped, selected: Selected) -> tuple[Part, ...]:
    surely, found = selected.surely, period.label == 1
    columns = [
        grouped.counts(weight)
        for weight in (np.ones(len(period)), surely + selected.chance, period.was_selected, found, found & surely)
    ]
    parts = [_part(name, *values) for name, *values in zip(grouped.names, *columns, strict=True) if values[0]]
    return tuple(sorted(parts, key=lambda part: (-part.n, part.name)))


def _part(name: str, n: float, chosen: float, was: float, found: float, of_chosen: float) -> Part:
    return Part(
        name=name,
        n=int(n),
        selected=float(chosen),
        n_was_selected=int(was),
        n_found=int(found),
        n_found_of_selected=int(of_chosen),
    )


def _not_below_zero(interval: Interval) -> Interval:
    return Interval(value=max(0.0, interval.value), low=max(0.0, interval.low), high=max(0.0, interval.high))
