from __future__ import annotations

import numpy as np
import pytest

from training.evaluation.metrics import OF_INSPECTED, at_capacity, calibration_metrics, ends, ranking_metrics

RAW = np.array([9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0, 0.0])
LABEL = np.array([1, 0, 1, 0, 0, 0, 0, 0, 0, 1])


@pytest.mark.parametrize(
    ("share", "precision", "recall"), [(0.1, 1.0, 1 / 3), (0.2, 0.5, 1 / 3), (0.3, 2 / 3, 2 / 3), (1.0, 0.3, 1.0)]
)
def test_precision_and_recall_count_what_the_line_would_have_opened(share: float, precision: float, recall: float):
    assert at_capacity(RAW, LABEL, share) == pytest.approx((precision, recall))


def test_a_line_opens_at_least_one_parcel():
    assert at_capacity(RAW, LABEL, 0.0) == pytest.approx((1.0, 1 / 3))


def test_of_equal_scores_those_given_first_are_opened():
    assert at_capacity(np.zeros(4), np.array([1, 0, 0, 1]), 0.5) == (0.5, 0.5)


def test_without_findings_nothing_is_recalled():
    assert at_capacity(RAW, np.zeros(10, dtype=int), 0.5) == (0.0, 0.0)


def test_the_ranking_of_a_small_case_is_as_worked_out_by_hand():
    metrics = ranking_metrics(RAW, LABEL)
    assert metrics["n_inspected"] == 10
    assert metrics["found_share"] == pytest.approx(0.3)
    assert metrics["auc"] == pytest.approx((7 + 6 + 0) / 21)
    assert metrics["average_precision"] == pytest.approx((1 / 1 + 2 / 3 + 3 / 10) / 3)
    assert metrics["precision_at_5pct"] == 1.0


def test_a_perfect_ranking_and_a_reversed_one_are_the_ends_of_the_scale():
    label = np.array([1, 1, 0, 0])
    assert ranking_metrics(np.array([4.0, 3.0, 2.0, 1.0]), label)["auc"] == 1.0
    assert ranking_metrics(np.array([1.0, 2.0, 3.0, 4.0]), label)["auc"] == 0.0


def test_every_capacity_has_a_precision_and_a_recall_named_in_percent():
    metrics = ranking_metrics(RAW, LABEL)
    assert {"precision_at_0_5pct", "recall_at_0_5pct", "recall_at_5pct"} <= set(metrics)
    assert len([name for name in metrics if "_at_" in name]) == 2 * len(OF_INSPECTED)


def test_calibration_figures_are_log_loss_and_the_mean_probability():
    metrics = calibration_metrics(np.array([0.5, 0.8]), np.array([0, 1]))
    assert metrics["log_loss"] == pytest.approx(-(np.log(0.5) + np.log(0.8)) / 2)
    assert metrics["mean_probability"] == pytest.approx(0.65)
    assert metrics["brier"] == pytest.approx((0.25 + 0.04) / 2)


def test_the_calibration_error_is_the_mean_distance_to_what_was_found():
    probability, label = np.repeat([0.1, 0.5], 50), np.tile([1, 0, 0, 0, 0, 0, 0, 0, 0, 0], 10)
    assert calibration_metrics(probability, label)["calibration_error"] == pytest.approx((0.0 + 0.4) / 2)
    certain = calibration_metrics(np.full(100, 0.5), np.tile([0, 1], 50))
    assert certain["calibration_error"] == 0.0


def test_every_figure_of_the_ranking_lies_within_its_interval():
    rng = np.random.default_rng(1)
    label = (rng.random(400) < 0.2).astype(np.int64)
    raw = label + rng.normal(0, 1, 400)
    figures, interval = ranking_metrics(raw, label), ends(raw, label)
    for name in ("auc", "average_precision", "precision_at_1pct", "precision_at_5pct", "precision_at_10pct"):
        assert interval[f"{name}_low"] <= figures[name] <= interval[f"{name}_high"]
        assert interval[f"{name}_low"] < interval[f"{name}_high"]
    assert interval == ends(raw, label)
