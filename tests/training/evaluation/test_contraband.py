"""Figures that count what the methods of inspection miss, by hand."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from features.handling import Sensitivities
from policy.estimates import Population
from training.evaluation.contraband import contraband_figures, says_of_contraband
from training.evaluation.unseen import Judged, figures

KNOWN = Sensitivities.read()
N = 200
FOUND = {0: "xray", 3: "opened", 15: "xray", 100: "opened"}
"""Findings by rank of the score, and who raised them."""


def judged(raised_by: dict[int, str | None], label: np.ndarray | None = None) -> Judged:
    """Parcels that were all looked at, the highest score first; the odd ones would be x-rayed, the even ones opened."""
    found = np.isin(np.arange(N), list(FOUND)).astype(np.int64)
    population = Population(
        predicted=np.full(N, 0.02),
        label=found if label is None else label,
        propensity=np.ones(N),
        is_selected=np.ones(N, dtype=np.bool_),
        day=np.arange(N),
        sender=np.arange(N),
    )
    parcels = pl.DataFrame(
        {
            "method": ["opened" if row in FOUND or row % 2 == 0 else "xray" for row in range(N)],
            "raised_by": [raised_by.get(row) for row in range(N)],
            "cause": ["score"] * N,
            "finding_class": [None] * N,
        },
        schema_overrides={"raised_by": pl.String, "finding_class": pl.String},
    )
    return Judged(
        raw=-np.arange(N, dtype=np.float64), probability=population.predicted, population=population, parcels=parcels
    )


def test_each_finding_counts_by_the_method_that_raised_it() -> None:
    assert (KNOWN.of["xray"].share, KNOWN.of["opened"].share) == (0.5, 0.9)
    one, other = 1 / 0.5, 1 / 0.9
    made = contraband_figures(judged(FOUND), KNOWN)
    assert made["flow_contraband_share"] == pytest.approx((2 * one + 2 * other) / N)
    assert made["flow_contraband_recall_of_the_line"] == pytest.approx(4 / (2 * one + 2 * other))
    assert made["flow_contraband_precision_at_5pct"] == pytest.approx((one + other) / 10)
    assert made["flow_contraband_recall_at_5pct"] == pytest.approx(0.5)
    assert made["flow_contraband_precision_at_0_5pct"] == 1.0, "of one parcel no more than one holds contraband"
    assert made["flow_contraband_share_low"] < made["flow_contraband_share"] < made["flow_contraband_share_high"]
    assert figures(judged(FOUND))["flow_precision_at_5pct"] == pytest.approx(0.2), "what was detectable in them"


def test_where_the_parcels_of_an_x_ray_rank_higher_recall_rises_once_what_it_misses_is_counted() -> None:
    raised = {0: "xray", 3: "xray", 15: "opened", 100: "opened"}
    made, detectable = contraband_figures(judged(raised), KNOWN), figures(judged(raised))
    assert detectable["flow_recall_at_5pct"] == pytest.approx(0.5)
    assert made["flow_contraband_recall_at_5pct"] == pytest.approx(4.0 / (4.0 + 2 / 0.9))


def test_nothing_is_said_where_no_stage_names_who_raised_a_finding_or_nothing_was_found() -> None:
    assert contraband_figures(judged({**FOUND, 15: None}), KNOWN) == {}
    assert "No figure counts what these methods miss" in says_of_contraband({})
    assert "flow_contraband_ count what the methods miss" in says_of_contraband(
        contraband_figures(judged(FOUND), KNOWN)
    )
    assert contraband_figures(judged(FOUND, np.zeros(N, dtype=np.int64)), KNOWN) == {}
