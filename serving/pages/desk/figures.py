"""The pictures of the desk: what each shows as shapes, and the same figures as a table."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from features.messages.places import country_name, office_name
from policy.estimates import Interval
from policy.estimates.intervals import wilson
from serving.office.picturing import EDGES, WATCHED, Bin, LaneFigures, Reached, ScoreCounts, Week
from serving.office.quality import QualityReport
from serving.pages.svg import Band, Picture, bands, columns, grid, level, points, upright
from serving.pages.tables import Table, interval_words, percent

_MOST_LANES = 12
_LEAST_EXAMINED = 10
"""Examined parcels of a lane below which its share is not compared with the usual one."""


def scores_picture(counts: ScoreCounts) -> Picture:
    """Distribution of the probabilities, with the cut."""
    rows = [
        (f"{low:g} to {high:g}", f"{n:,}", percent(n / counts.n if counts.n else None))
        for low, high, n in zip(EDGES, EDGES[1:], counts.counts, strict=False)
    ]
    table = Table(caption="Parcels by probability of a finding", head=("Probability", "Parcels", "Share"), rows=rows)
    if counts.cut is None:
        title = "Scores of the last four weeks: no model is in service"
    else:
        title = f"Scores: {counts.n_above:,} of {counts.n:,} parcels reach the cut at {counts.cut:.2%}"
    labels = [f"{edge:g}" for edge in EDGES]
    picture = columns(title, table, counts.counts, labels, edge_labels=True)
    return picture if counts.cut is None else upright(picture, _part(counts.cut), "selected by score from here on")


def _part(probability: float) -> float:
    """Where a probability is on the scale of the columns, 0..1."""
    n = len(EDGES) - 1
    for number, (low, high) in enumerate(pairwise(EDGES)):
        if probability <= high:
            within = (math.log(probability) - math.log(low)) / (math.log(high) - math.log(low)) if low > 0 else 0.5
            return (number + max(0.0, within)) / n
    return 1.0


def weeks_picture(weeks: Sequence[Week]) -> Picture:
    """Findings over time, for what is inspected."""
    rows = [
        (
            week.first_on.isoformat(),
            f"{week.n:,}",
            f"{week.n_found:,}",
            interval_words(week.share),
            f"{week.n_drawn:,}",
            interval_words(week.drawn),
            "not known" if week.per_thousand is None else _thousand(week.per_thousand),
        )
        for week in weeks
    ]
    head = (
        "Week from",
        "Examined",
        "With a finding",
        "Share",
        "Drawn",
        "Share of draws",
        "Of 1,000 parcels of the mail",
    )
    table = Table(caption="Findings by week, with 90 % intervals", head=head, rows=rows)
    title = f"Findings per parcel examined, by week: {_trend(weeks)}"
    series = [
        ("all examined", "p-main", [week.share for week in weeks]),
        ("draws", "p-act", [week.drawn for week in weeks]),
    ]
    return points(title, table, series, [f"{week.first_on:%d %b}" for week in weeks])


def _thousand(one: Interval) -> str:
    return f"{one.value:.2f} ({one.low:.2f} to {one.high:.2f})"


def _trend(weeks: Sequence[Week]) -> str:
    """In words, whether the second half of the weeks differs from the first by more than chance makes it."""
    half = len(weeks) // 2
    first, second = (
        wilson(sum(week.n_found for week in part), sum(week.n for week in part))
        for part in (weeks[:half], weeks[half:])
    )
    if first.value != first.value or second.value != second.value:
        return "too few were examined to compare"
    if second.low > first.high:
        return f"up from {first.value:.1%} to {second.value:.1%}"
    if second.high < first.low:
        return f"down from {first.value:.1%} to {second.value:.1%}"
    return "no change beyond chance"


def calibration_picture(bins: Sequence[Bin]) -> Picture:
    """Predicted probability next to the share that was found."""
    rows = [
        (f"{one.low:g} to {one.high:g}", f"{one.n:,}", percent(one.predicted, 2), interval_words(one.found))
        for one in bins
    ]
    head = ("Probability", "Examined", "Predicted", "Found")
    table = Table(
        caption="Predicted and found, with 90 % intervals", head=head, rows=rows, empty="Too little was examined."
    )
    n_off = sum(not one.found.holds(one.predicted) for one in bins)
    words = (
        "nothing was examined yet"
        if not bins
        else f"{len(bins) - n_off} of {len(bins)} predictions are within the interval"
    )
    predicted = [Interval(value=one.predicted, low=one.predicted, high=one.predicted) for one in bins]
    series = [("found", "p-main", [one.found for one in bins]), ("predicted", "p-act", predicted)]
    return points(f"Calibration: {words}", table, series, [f"{one.low:g}-{one.high:g}" for one in bins])


def quality_picture(report: QualityReport) -> Picture:
    """Data quality of every operator, measure by measure."""
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for row in report.rows:
        total = sums[row.operator, row.measure]
        total[0], total[1] = total[0] + row.n, total[1] + row.n_of
    names, operators = list(report.measures), sorted({operator for operator, _ in sums})
    shares = {key: n / of for key, (n, of) in sums.items() if of}
    rows = [(operator, *(percent(shares.get((operator, name))) for name in names)) for operator in operators]
    words = [name.replace("_", " ") for name in names]
    table = Table(caption="Share of rows that meet each measure", head=("Operator", *words), rows=rows)
    means = {one: [shares[one, name] for name in names if (one, name) in shares] for one in operators}
    worst = min(operators, key=lambda one: sum(means[one]) / len(means[one]), default="")
    title = f"Data quality: {worst} has the most to correct" if worst else "Data quality: nothing was lodged"
    return grid(title, table, [(one, [shares.get((one, name)) for name in names]) for one in operators], words)


def lanes_picture(lanes: Sequence[LaneFigures]) -> Picture:
    """Map of the lanes: as broad as their mail, marked where more is found than usual."""
    n_examined, n_found = sum(one.n_examined for one in lanes), sum(one.n_found for one in lanes)
    usual = n_found / n_examined if n_examined else 0.0
    shown = list(lanes[:_MOST_LANES])
    above = [one for one in shown if _is_above(one, usual)]
    given = [
        Band(left=left, right=right, n=one.n, css="p-act" if one in above else "p-main", says=_lane_words(one))
        for one in shown
        for left, right in [_ends(one.lane)]
    ]
    rows = [
        (
            " to ".join(_ends(one.lane)),
            f"{one.n:,}",
            f"{one.n_examined:,}",
            f"{one.n_found:,}",
            interval_words(wilson(one.n_found, one.n_examined)),
            "more than usual" if _is_above(one, usual) else "",
        )
        for one in lanes
    ]
    head = ("Lane", "Parcels", "Examined", "With a finding", "Share", "Compared with all")
    table = Table(caption="Lanes, with 90 % intervals", head=head, rows=rows)
    words = f"more is found than usual on {len(above)}" if above else "on none is more found than usual"
    return bands(f"Map of the {len(shown)} largest lanes: {words}", table, given)


def _is_above(one: LaneFigures, usual: float) -> bool:
    return one.n_examined >= _LEAST_EXAMINED and wilson(one.n_found, one.n_examined).low > usual


def _lane_words(one: LaneFigures) -> str:
    return f"{' to '.join(_ends(one.lane))}: {one.n:,} parcels, {one.n_found:,} findings in {one.n_examined:,} examined"


def _ends(lane: str) -> tuple[str, str]:
    """Names of both ends of a lane."""
    left, _, right = lane.partition(">")
    return _name(left.strip()), _name(right.strip())


def _name(code: str) -> str:
    return country_name(code) if len(code) == 2 else office_name(code) if code else "not known"


def drift_picture(weeks: Sequence[Reached]) -> Picture:
    """Shares that reach the thresholds of training, week by week."""
    head = ("Week from", "Parcels", *(f"Reach what {share:.0%} of the mail of training reached" for share in WATCHED))
    rows = [(week.first_on.isoformat(), f"{week.n:,}", *(percent(share, 2) for share in week.shares)) for week in weeks]
    table = Table(
        caption="Drift of the scores", head=head, rows=rows, empty="No model is in service, or it scored nothing."
    )
    values = [week.shares[-1] for week in weeks]
    words = (
        "nothing was scored yet"
        if not values
        else f"{values[-1]:.1%} of the last week reach what 10 % of the mail of training did"
    )
    most = max([*values, 2 * WATCHED[-1]])
    labels = [f"{week.first_on:%d %b}" for week in weeks]
    exact = [Interval(value=one, low=one, high=one) for one in values]
    top = Interval(value=most, low=most, high=most)
    picture = points(f"Drift: {words}", table, [("share of the week", "p-main", exact), ("", "p-none", [top])], labels)
    return level(picture, WATCHED[-1], most, "10 % in training") if weeks else picture
