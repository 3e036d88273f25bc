"""Pictures of the desk: each says in its title what it shows, and has a table of the same figures."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from xml.etree import ElementTree

import pytest

from policy.estimates.intervals import wilson
from serving.office.examined import Arm, Examined
from serving.office.picturing import EDGES, Bin, LaneFigures, Reached, ScoreCounts, Week, by_week, calibration
from serving.office.quality import QualityReport, QualityRow
from serving.pages.desk import figures
from serving.pages.desk.pictures import Of
from serving.pages.svg import HEIGHT, WIDTH, Picture
from tests.builders import MORNING
from tests.serving.pages.desk.conftest import Desk, cells


def a_parcel(
    *arms: Arm, found: bool, at: datetime = MORNING, p: float | None = None, q: float | None = 1.0
) -> Examined:
    return Examined(
        parcel_id="x", lane="TH > DE", known_at=at, is_found=found, arms=frozenset(arms), probability=p, propensity=q
    )


def a_week(number: int, n: int, n_found: int) -> Week:
    share = wilson(n_found, n)
    first = date(2026, 9, 7) + timedelta(days=7 * number)
    return Week(first_on=first, n=n, n_found=n_found, share=share, n_drawn=0, drawn=wilson(0, 0), per_thousand=None)


def measured() -> QualityReport:
    rows = [
        QualityRow(operator=who, lane="TH > DE", measure=what, n=n, n_of=10, share=n / 10)
        for who, what, n in (("post-a", "on_time", 9), ("post-a", "accepted", 10), ("post-b", "on_time", 3))
    ]
    says = {"accepted": "a", "on_time": "b"}
    return QualityReport(first_on=date(2026, 9, 7), last_on=date(2026, 9, 8), measures=says, rows=rows)


LANES = [
    LaneFigures(lane="TH > DE", n=800, n_examined=40, n_found=20),
    LaneFigures(lane="PL > DE", n=600, n_examined=60, n_found=0),
]
DRAWN: dict[str, tuple[Picture, str]] = {
    "scores": (
        figures.scores_picture(ScoreCounts(counts=(5, 9, 30, 40, 20, 8, 4, 2, 1), n=119, n_above=7, cut=0.03)),
        "Scores: 7 of 119 parcels reach the cut at 3.00%",
    ),
    "findings": (
        figures.weeks_picture([a_week(0, 100, 5), a_week(1, 200, 40)]),
        "Findings per parcel examined, by week: up from 5.0% to 20.0%",
    ),
    "calibration": (
        figures.calibration_picture([Bin(low=0.01, high=0.03, n=100, predicted=0.02, found=wilson(2, 100))]),
        "Calibration: 1 of 1 predictions are within the interval",
    ),
    "quality": (figures.quality_picture(measured()), "Data quality: post-b has the most to correct"),
    "lanes": (figures.lanes_picture(LANES), "Map of the 2 largest lanes: more is found than usual on 1"),
    "drift": (
        figures.drift_picture([Reached(first_on=date(2026, 9, 7), n=400, shares=(0.02, 0.15))]),
        "Drift: 15.0% of the last week reach what 10 % of the mail of training did",
    ),
}


@pytest.mark.parametrize(("picture", "title"), DRAWN.values(), ids=DRAWN)
def test_a_picture_says_what_it_shows_and_draws_within_its_frame(picture: Picture, title: str) -> None:
    assert picture.title == title
    assert picture.table.rows
    for box in picture.boxes:
        assert box.x >= 0
        assert box.x + box.w <= WIDTH + 1
        assert -0.1 <= box.y <= box.y + box.h <= picture.height + 1
    numbers = [float(n) for path in picture.paths for n in re.findall(r"[M](-?\d+\.?\d*)", path.d)]
    assert all(0 <= n <= WIDTH for n in numbers)
    assert all(0 <= text.x <= WIDTH and 0 <= text.y <= picture.height for text in picture.texts)


def test_the_cut_is_drawn_where_it_is_on_the_scale() -> None:
    (cut,) = [path for path in DRAWN["scores"][0].paths if path.css == "p-cut"]
    left = float(cut.d[1:].split()[0])
    step = (WIDTH - 90) / (len(EDGES) - 1)
    assert left == pytest.approx(70 + 6 * step, abs=0.1), "at the seventh edge, 0.03"


def test_the_estimate_of_the_mail_does_not_rise_because_more_is_inspected() -> None:
    """Twice the draws find twice as much; the estimate stays."""
    since = MORNING
    few = [a_parcel(Arm.DRAW, found=n < 2, q=0.01) for n in range(10)]
    many = [a_parcel(Arm.DRAW, found=n < 4, q=0.02, at=MORNING + timedelta(days=7)) for n in range(20)]
    first, second = by_week([*few, *many], since, since + timedelta(days=14), [1_000, 1_000])
    assert (first.n_found, second.n_found) == (2, 4)
    assert first.per_thousand is not None
    assert second.per_thousand is not None
    assert first.per_thousand.value == pytest.approx(second.per_thousand.value) == pytest.approx(200)
    assert first.per_thousand.width > second.per_thousand.width
    assert by_week([], since, since + timedelta(days=7), [0])[0].per_thousand is None


def test_calibration_leaves_out_what_was_chosen_by_what_the_model_does_not_know() -> None:
    parcels = [
        a_parcel(Arm.MODEL, found=True, p=0.2),
        a_parcel(Arm.DRAW, found=False, p=1.0),
        a_parcel(Arm.RULE, Arm.MODEL, found=True, p=0.2),
        a_parcel(Arm.DRAW, found=False, p=None),
    ]
    bins = calibration(parcels)
    assert [(one.low, one.n) for one in bins] == [(0.1, 1), (0.3, 1)]


@pytest.mark.parametrize("of", tuple(Of))
def test_every_picture_has_a_page_of_well_formed_shapes_without_own_colours(desk: Desk, of: Of) -> None:
    text = desk.get("/pictures", of=of.value)
    (shapes,) = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    root = ElementTree.fromstring(shapes)  # our own page
    assert {"fill", "stroke", "style"}.isdisjoint({name for one in root.iter() for name in one.attrib})
    assert float(root.attrib["height"]) >= HEIGHT or of is Of.QUALITY
    (title,) = re.findall(r"<figcaption[^>]*>(.*?)</figcaption>", text)
    assert f"<title>{title}" in text
    (caption,) = re.findall(r"<caption>(.*?)</caption>", text)
    assert cells(text, caption)
