from __future__ import annotations

import numpy as np
import pytest

from training.evaluation.metrics import CAPACITIES, at_capacity, calibration_metrics, ranking_metrics

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
    assert len([name for name in metrics if "_at_" in name]) == 2 * len(CAPACITIES)


def test_calibration_figures_are_log_loss_and_the_mean_probability():
    metrics = calibration_metrics(np.array([0.5, 0.8]), np.array([0, 1]))
    assert metrics["log_loss"] == pytest.approx(-(np.log(0.5) + np.log(0.8)) / 2)
    assert metrics["mean_probability"] == pytest.approx(0.65)
