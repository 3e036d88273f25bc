from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from features.bundle import Bundle, load
from features.log import OUTCOME, parcel_events
from features.parcel.problems import NothingToLearn, ParcelRiskError
from tests.builders import MORNING, a_log, a_parcel, derived, outcome_table, write_a_bundle
from training.evaluation.unseen import evaluate, evaluate_log

WEIGHTS = {"A": 1_900, "B": 1_700, "C": 100, "D": 60}


def lodged(parcel_id: str, days: float = 0.0) -> dict[str, Any]:
    lodged_at = MORNING + timedelta(days=days)
    return a_parcel(parcel_id=parcel_id, lodged_at=lodged_at, gross_weight_g=WEIGHTS[parcel_id], pieces=None)


def inspected(parcel_id: str, result: str, days: float = 3.0) -> dict[str, Any]:
    known_at = MORNING + timedelta(days=days)
    return {"parcel_id": parcel_id, "operator": "post-a", "result": result, "known_at": known_at}


PARCELS = [lodged(parcel_id) for parcel_id in WEIGHTS]
OUTCOMES = [
    inspected("A", "found"),
    inspected("A", "nothing_found", 4),
    inspected("B", "not_presented"),
    inspected("C", "nothing_found"),
]


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    """A model for which heavy parcels are the risky ones, trained before any of these parcels was lodged."""
    return load(write_a_bundle(tmp_path / "bundle"), trusted=None)


def test_figures_are_about_inspected_parcels_and_every_parcel_is_scored_once(bundle: Bundle):
    result = evaluate_log(bundle, a_log(PARCELS, OUTCOMES))
    assert result.parcels["parcel_id"].to_list() == ["A", "B", "C", "D"]
    assert result.parcels["label"].to_list() == [1, None, 0, None]
    assert result.metrics["n_inspected"] == 2
    assert result.metrics["auc"] == 1.0


def test_a_file_is_scored_with_its_outcomes_hidden_and_figures_as_those_of_a_log(bundle: Bundle):
    log = a_log(PARCELS, OUTCOMES)
    events = parcel_events(derived(*PARCELS), pl.col("lodged_at"))
    result = evaluate(bundle, past=log.clear(), parcels=events, outcomes=outcome_table(OUTCOMES))
    assert result.metrics == evaluate_log(bundle, log).metrics
    assert result.parcels.equals(evaluate_log(bundle, log).parcels.select(result.parcels.columns))


@pytest.mark.parametrize("where", ["gross_weight_g > 90", "sender_days_since_last IS NULL OR gross_weight_g > 90"])
def test_figures_are_of_the_parcels_asked_for_by_fields_and_features(bundle: Bundle, where: str):
    log = a_log(PARCELS, [inspected("A", "found"), inspected("C", "nothing_found"), inspected("D", "found")])
    everything, asked = evaluate_log(bundle, log), evaluate_log(bundle, log, where=where)
    assert everything.metrics["n_inspected"] == 3
    assert asked.metrics["n_inspected"] == 2
    assert "D" not in asked.parcels["parcel_id"].to_list()
    file = {"parcels": parcel_events(derived(*PARCELS), pl.col("lodged_at")), "outcomes": outcome_table(OUTCOMES)}
    assert evaluate(bundle, past=log.clear(), **file, where=where).parcels.height == 3


@pytest.mark.parametrize("where", ["colour = 'red'", "gross_weight_g >", "gross_weight_g"])
def test_a_condition_that_cannot_be_evaluated_is_refused_with_an_example(bundle: Bundle, where: str):
    with pytest.raises(ParcelRiskError, match="Write an SQL condition over fields of the parcel"):
        evaluate_log(bundle, a_log(PARCELS, OUTCOMES), where=where)


def test_probabilities_are_the_calibrated_ones_of_the_bundle(bundle: Bundle):
    parcels = evaluate_log(bundle, a_log(PARCELS, OUTCOMES)).parcels
    assert parcels["probability"].to_list() == bundle.probability(parcels["raw_score"].to_numpy()).tolist()


@pytest.mark.parametrize("result", ["found", "nothing_found"])
def test_outcomes_of_one_kind_only_give_no_figures(bundle: Bundle, result: str):
    log = a_log(PARCELS, [inspected("A", result), inspected("C", result)])
    with pytest.raises(NothingToLearn, match=r"2 outcomes, [02] of them findings: figures need inspections"):
        evaluate_log(bundle, log)


def test_without_outcomes_there_are_no_figures(bundle: Bundle):
    log = a_log(PARCELS, OUTCOMES).filter(pl.col("kind") != OUTCOME)
    with pytest.raises(NothingToLearn, match="0 outcomes"):
        evaluate_log(bundle, log)


def test_a_file_of_the_past_does_not_see_what_the_log_learned_later(tmp_path: Path):
    """The model reads what the sender sent before, so a costly parcel before and one after tell apart."""
    features = ("sender_value_90d", "declared_value_eur", "dispatch_country")
    reads_history = load(write_a_bundle(tmp_path / "history", features=features), trusted=None)
    costly = [{"description": "watch", "value_cents": 500_000, "currency": "EUR"}]
    events = parcel_events(derived(*PARCELS), pl.col("lodged_at"))

    def scores(days: float) -> list[float]:
        other = lodged("A", days) | {"parcel_id": "COSTLY", "pieces": costly}
        past = a_log([other], [])
        return (
            evaluate(reads_history, past=past, parcels=events, outcomes=outcome_table(OUTCOMES))
            .parcels["raw_score"]
            .to_list()
        )

    later, before = scores(2.0), scores(-2.0)
    assert later == scores(20.0)
    assert later != before
