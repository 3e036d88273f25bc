from __future__ import annotations

import numpy as np
import pytest

from data.synthetic import generate, load_scenario
from data.synthetic.hardness import auc, measure, recall_at
from features.identity import IdentityKey


def test_auc_of_a_perfect_and_of_a_constant_score() -> None:
    positive = np.array([False, True, False, True])
    assert auc(np.array([0.0, 1.0, 0.1, 0.9]), positive) == 1.0
    assert auc(np.zeros(4), positive) == 0.5


def test_recall_cuts_ties_in_proportion() -> None:
    positive = np.array([True, True, False, False])
    assert recall_at(np.array([2.0, 1.0, 1.0, 0.0]), positive, 0.5) == pytest.approx(0.75)


def test_rankings_of_a_world_are_judged_on_its_last_part() -> None:
    """How hard a whole world is, is measured by `parcel-risk synth baseline --hardness`, see docs/evidence.md."""
    world = generate(load_scenario("demo"), n_parcels=4_000, n_days=40, seed=3)
    hardness = measure(world, IdentityKey(bytes(range(32))))
    n_contraband = world.truth["contains"].is_not_null().sum()
    assert 0 < hardness.n_positive < n_contraband / 2
    assert 0 < hardness.n_found < hardness.n_labels
    assert hardness.truth_auc > 0.6
    assert hardness.best_feature_auc == max(hardness.feature_aucs.values())
    assert hardness.recall_truth > 0.005
