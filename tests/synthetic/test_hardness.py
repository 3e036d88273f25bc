from __future__ import annotations

import numpy as np
import pytest

from data.synthetic import generate, load_scenario
from data.synthetic.hardness import CAPACITY_SHARE, Hardness, auc, measure, recall_at
from features.identity import IdentityKey


def test_auc_of_a_perfect_and_of_a_constant_score() -> None:
    positive = np.array([False, True, False, True])
    assert auc(np.array([0.0, 1.0, 0.1, 0.9]), positive) == 1.0
    assert auc(np.zeros(4), positive) == 0.5


def test_recall_cuts_ties_in_proportion() -> None:
    positive = np.array([True, True, False, False])
    assert recall_at(np.array([2.0, 1.0, 1.0, 0.0]), positive, 0.5) == pytest.approx(0.75)


@pytest.fixture(scope="module")
def hardness() -> Hardness:
    """Measure 120,000 parcels of which so many are inspected that there are as many labels as in a million.

    What needs a larger world (no single feature separates, a third of the recall is lost without history) is measured
    by `parcel-risk synth baseline --parcels 1000000 --hardness`, see docs/evidence.md.
    """
    baseline = load_scenario("baseline")
    inspection = baseline.inspection.model_copy(update={"share": baseline.inspection.share / 0.12})
    world = generate(baseline.model_copy(update={"inspection": inspection}), n_parcels=120_000, n_days=180, seed=1)
    return measure(world, IdentityKey(bytes(range(32))))


@pytest.mark.slow
def test_truth_teaches_more_than_inspections_and_inspections_more_than_the_rules_know(hardness: Hardness) -> None:
    assert hardness.recall_truth > 1.5 * hardness.recall_inspected
    assert hardness.recall_inspected > hardness.recall_rules
    assert hardness.recall_inspected > hardness.recall_rules_and_lists


@pytest.mark.slow
def test_inspections_and_the_historic_office_find_far_more_than_chance(hardness: Hardness) -> None:
    assert min(hardness.recall_inspected, hardness.recall_rules_and_lists) > 4 * CAPACITY_SHARE


@pytest.mark.slow
def test_history_teaches_what_the_declaration_does_not(hardness: Hardness) -> None:
    assert hardness.recall_no_history < hardness.recall_truth


@pytest.mark.slow
def test_the_world_is_hard_but_not_impossible(hardness: Hardness) -> None:
    assert hardness.best_feature_auc < hardness.truth_auc
    assert 0.80 < hardness.truth_auc < 0.985
    assert hardness.recall_truth > 0.25
