"""The pictures of the desk: what each shows as shapes, and the same figures as a table."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from features.messages.places import country_text, office_text
from features.text import Declared, Text, counted, day, figure, text
from policy.estimates import Interval
from policy.estimates.intervals import wilson
from serving.office.picturing import EDGES, WATCHED, Bin, LaneFigures, Reached, ScoreCounts, Week
from serving.office.quality import QualityReport
from serving.pages.quality import measure_name
from serving.pages.svg import Band, Picture, bands, columns, grid, level, points, upright
from serving.pages.tables import Table, interval_words, percent

_MOST_LANES = 12
_LEAST_EXAMINED = 10
"""Examined parcels of a lane below which its share is not compared with the usual one."""


def scores_picture(counts: ScoreCounts) -> Picture:
    """Distribution of the probabilities, with the cut."""
    rows = [
        (text("{low:g} to {high:g}", low=low, high=high), figure(n), percent(n / counts.n if counts.n else None))
        for low, high, n in zip(EDGES, EDGES[1:], counts.counts, strict=False)
    ]
    table = Table(
        caption=text("Parcels by probability of a finding"),
        head=(text("Probability"), text("Parcels"), text("Share")),
        rows=rows,
    )
    if counts.cut is None:
        title = text("Scores of the last four weeks: no model is in service")
    else:
        title = text(
            "Scores: {above:,} of {n:,} parcels reach the cut at {cut:.2%}",
            above=counts.n_above,
            n=counts.n,
            cut=counts.cut,
        )
    labels = [f"{edge:g}" for edge in EDGES]
    picture = columns(title, table, counts.counts, labels, edge_labels=True)
    return (
        picture if counts.cut is None else upright(picture, _part(counts.cut), text("selected by score from here on"))
    )


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
            day(week.first_on),
            figure(week.n),
            figure(week.n_found),
            interval_words(week.share),
            figure(week.n_drawn),
            interval_words(week.drawn),
            text("not known") if week.per_thousand is None else _thousand(week.per_thousand),
        )
        for week in weeks
    ]
    head = (
        text("Week from"),
        text("Examined"),
        text("With a finding"),
        text("Share"),
        text("Drawn"),
        text("Share of draws"),
        text("Of 1,000 parcels of the mail"),
    )
    table = Table(caption=text("Findings by week, with 90 % intervals"), head=head, rows=rows)
    title = text("Findings per parcel examined, by week: {trend}", trend=_trend(weeks))
    series = [
        (text("all examined"), "p-main", [week.share for week in weeks]),
        (text("draws"), "p-act", [week.drawn for week in weeks]),
    ]
    return points(title, table, series, [f"{week.first_on:%m-%d}" for week in weeks])


def _thousand(one: Interval) -> str:
    return text("{value:.2f} ({low:.2f} to {high:.2f})", value=one.value, low=one.low, high=one.high)


def _trend(weeks: Sequence[Week]) -> str:
    """In words, whether the second half of the weeks differs from the first by more than chance makes it."""
    half = len(weeks) // 2
    first, second = (
        wilson(sum(week.n_found for week in part), sum(week.n for week in part))
        for part in (weeks[:half], weeks[half:])
    )
    if first.value != first.value or second.value != second.value:
        return text("too few were examined to compare")
    if second.low > first.high:
        return text("up from {first:.1%} to {second:.1%}", first=first.value, second=second.value)
    if second.high < first.low:
        return text("down from {first:.1%} to {second:.1%}", first=first.value, second=second.value)
    return text("no change beyond chance")


def calibration_picture(bins: Sequence[Bin]) -> Picture:
    """Predicted probability next to the share that was found."""
    rows = [
        (
            text("{low:g} to {high:g}", low=one.low, high=one.high),
            figure(one.n),
            percent(one.predicted, 2),
            interval_words(one.found),
        )
        for one in bins
    ]
    head = (text("Probability"), text("Examined"), text("Predicted"), text("Found"))
    table = Table(
        caption=text("Predicted and found, with 90 % intervals"),
        head=head,
        rows=rows,
        empty=text("Too little was examined."),
    )
    n_off = sum(not one.found.holds(one.predicted) for one in bins)
    words = (
        text("nothing was examined yet")
        if not bins
        else text("{n} of {all} predictions are within the interval", n=len(bins) - n_off, all=len(bins))
    )
    predicted = [Interval(value=one.predicted, low=one.predicted, high=one.predicted) for one in bins]
    series = [(text("found"), "p-main", [one.found for one in bins]), (text("predicted"), "p-act", predicted)]
    return points(
        text("Calibration: {words}", words=words), table, series, [f"{one.low:g}-{one.high:g}" for one in bins]
    )


def quality_picture(report: QualityReport) -> Picture:
    """Data quality of every operator, measure by measure."""
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for row in report.rows:
        total = sums[row.operator, row.measure]
        total[0], total[1] = total[0] + row.n, total[1] + row.n_of
    names, operators = list(report.measures), sorted({operator for operator, _ in sums})
    shares = {key: n / of for key, (n, of) in sums.items() if of}
    rows = [(operator, *(percent(shares.get((operator, name))) for name in names)) for operator in operators]
    words = [measure_name(name) for name in names]
    table = Table(caption=text("Share of rows that meet each measure"), head=(text("Operator"), *words), rows=rows)
    means = {one: [shares[one, name] for name in names if (one, name) in shares] for one in operators}
    worst = min(operators, key=lambda one: sum(means[one]) / len(means[one]), default="")
    title = (
        text("Data quality: {operator} has the most to correct", operator=Declared(worst))
        if worst
        else text("Data quality: nothing was lodged")
    )
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
            _lane(one.lane),
            figure(one.n),
            figure(one.n_examined),
            figure(one.n_found),
            interval_words(wilson(one.n_found, one.n_examined)),
            text("more than usual") if _is_above(one, usual) else "",
        )
        for one in lanes
    ]
    head = (
        text("Lane"),
        text("Parcels"),
        text("Examined"),
        text("With a finding"),
        text("Share"),
        text("Compared with all"),
    )
    table = Table(caption=text("Lanes, with 90 % intervals"), head=head, rows=rows)
    words = text("more is found than usual on {n}", n=len(above)) if above else text("on none is more found than usual")
    title = counted(
        "Map of the largest lane: {words}", "Map of the {n} largest lanes: {words}", len(shown), words=words
    )
    return bands(title, table, given)


def _is_above(one: LaneFigures, usual: float) -> bool:
    return one.n_examined >= _LEAST_EXAMINED and wilson(one.n_found, one.n_examined).low > usual


def _lane_words(one: LaneFigures) -> Text:
    return text(
        "{lane}: {n:,} parcels, {found:,} findings in {examined:,} examined",
        lane=_lane(one.lane),
        n=one.n,
        found=one.n_found,
        examined=one.n_examined,
    )


def _lane(lane: str) -> Text:
    left, right = _ends(lane)
    return text("{left} to {right}", left=left, right=right)


def _ends(lane: str) -> tuple[Text, Text]:
    """Names of both ends of a lane."""
    left, _, right = lane.partition(">")
    return _name(left.strip()), _name(right.strip())


def _name(code: str) -> Text:
    return country_text(code) if len(code) == 2 else office_text(code) if code else text("not known")


def drift_picture(weeks: Sequence[Reached]) -> Picture:
    """Shares that reach the thresholds of training, week by week."""
    head = (
        text("Week from"),
        text("Parcels"),
        *(text("Reach what {share:.0%} of the mail of training reached", share=share) for share in WATCHED),
    )
    rows = [(day(week.first_on), figure(week.n), *(percent(share, 2) for share in week.shares)) for week in weeks]
    table = Table(
        caption=text("Drift of the scores"),
        head=head,
        rows=rows,
        empty=text("No model is in service, or it scored nothing."),
    )
    values = [week.shares[-1] for week in weeks]
    words = (
        text("nothing was scored yet")
        if not values
        else text("{share:.1%} of the last week reach what 10 % of the mail of training did", share=values[-1])
    )
    most = max([*values, 2 * WATCHED[-1]])
    labels = [f"{week.first_on:%m-%d}" for week in weeks]
    exact = [Interval(value=one, low=one, high=one) for one in values]
    top = Interval(value=most, low=most, high=most)
    picture = points(
        text("Drift: {words}", words=words),
        table,
        [(text("share of the week"), "p-main", exact), ("", "p-none", [top])],
        labels,
    )
    return level(picture, WATCHED[-1], most, text("10 % in training")) if weeks else picture
