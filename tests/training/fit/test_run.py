from __future__ import annotations

import weakref
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from features import bundle
from features.bundle import MODEL
from features.catalogue import catalogue
from features.identity import derive
from features.log import SUBJECT_SCHEMA, assemble
from features.model_store import ModelStore
from features.parcel.problems import NothingToLearn, ParcelRiskError
from features.parcel.reference import shipped_reference
from features.parcel.schema import OUTCOME_SCHEMA, conform
from features.parcel.validation import validate_parcels
from features.signing import new_key, public_key_of
from features.typical import LANE
from tests.builders import KEY
from tests.worlds import small_world
from training.data import parts
from training.data.columns import columns_of
from training.data.parts import raw_by_bundle
from training.evaluation.contraband import contraband_figures
from training.evaluation.unseen import evaluate_log
from training.fit.booster import fit, rows_of
from training.fit.calibration import calibrated_on_population
from training.fit.run import Plan, Trained, train, write_bundle
from training.registry.release import approve
from training.report.baselines import MODEL as MODEL_RANKING
from training.report.baselines import rankings, read_by_rules
from training.report.training_report import comparison

NAME = "parcel-risk-20260101"
PLAN = Plan(name=NAME, patterns=("*weight*", "postage_*", "dispatch_country", "look_alike_*"), trained_by="T. Rainer")


@pytest.fixture(scope="module")
def log() -> pl.DataFrame:
    world = small_world(9_000, seed=3)
    rows = derive(
        validate_parcels(world.parcels, reference=shipped_reference()).rows, KEY, reference=shipped_reference()
    )
    events, _ = assemble(rows, conform(world.outcomes, OUTCOME_SCHEMA), pl.DataFrame(schema=SUBJECT_SCHEMA), 1)
    return events


@pytest.fixture(scope="module")
def trained(log: pl.DataFrame) -> Trained:
    return train(log, PLAN)


@pytest.fixture
def models(trained: Trained, tmp_path: Path) -> ModelStore:
    write_bundle(trained, tmp_path / "models" / NAME)
    return ModelStore(tmp_path / "models")


def test_patterns_choose_columns_in_the_order_of_the_catalogue():
    assert columns_of(()) == list(range(len(catalogue())))
    names = [catalogue().names[column] for column in columns_of(("look_alike_n_*", "declared_value_eur"))]
    assert names == [
        "declared_value_eur",
        "look_alike_n_1d",
        "look_alike_n_3d",
        "look_alike_n_7d",
        "look_alike_n_14d",
        "look_alike_n_28d",
        "look_alike_n_90d",
        "look_alike_n_7d_share_of_28d",
    ]


def test_a_pattern_with_an_exclamation_mark_leaves_columns_out():
    without = columns_of(("!*_country*",))
    assert {catalogue().names[column] for column in columns_of(())} - {
        catalogue().names[column] for column in without
    } == {name for name in catalogue().names if "_country" in name}
    assert columns_of(("lane_n_*", "!*_7d*", "!*_?d", "!*_14d")) == columns_of(("lane_n_28d", "lane_n_90d"))


@pytest.mark.parametrize("pattern", ["colour_*", "!colour_*", "Gross_Weight_G"])
def test_a_pattern_that_matches_no_feature_is_refused(pattern: str):
    with pytest.raises(ParcelRiskError, match=f"no feature matches '{pattern}'".replace("*", r"\*")):
        columns_of(("gross_weight_g", pattern))


def test_patterns_that_leave_nothing_are_refused():
    with pytest.raises(ParcelRiskError, match="leave no feature to train on"):
        columns_of(("gross_weight_g", "!gross_*"))


def test_the_bundle_is_calibrated_with_labels_that_became_known_late(trained: Trained):
    data, split = trained.data, trained.split
    population = split.tune_population | split.test_population
    labelled = population & data.labelled
    assert (labelled & ~(split.tune | split.test)).any()
    assert calibrated_on_population(data, population, labelled, trained.calibrated.raw) == trained.meta.calibration


def with_x_ray_alarms(trained: Trained) -> Trained:
    """The run as if a stage of each parcel with a finding said that an x-ray had raised it."""
    assert not contraband_figures(trained.judged, trained.sensitivities), "this log has no stages"
    raised = pl.when(pl.col("label") == 1).then(pl.lit("xray")).alias("raised_by")
    return replace(trained, judged=replace(trained.judged, parcels=trained.judged.parcels.with_columns(raised)))


def test_every_ranking_is_fitted_on_the_same_rows_as_the_model_that_is_shown(log: pl.DataFrame, trained: Trained):
    data, split = trained.data, trained.split
    rows = rows_of(
        data,
        labelled=split.before_test,
        background=split.before_test_background,
        columns=trained.columns,
        options=trained.options,
        seed=PLAN.seed,
    )
    again = fit(rows, options=trained.options, seed=PLAN.seed, n_trees=trained.fitted.n_trees)
    ranked = rankings(with_x_ray_alarms(trained), read_by_rules(log))
    assert [one.raw.tolist() for one in ranked] == [one.raw.tolist() for one in rankings(trained, log)]
    shown = ranked[0]
    assert shown.name == MODEL_RANKING
    assert all(one.contraband[0.05].total.value > one.found[0.05].total.value for one in ranked)
    assert "contraband per opened at 0.5%" in "".join(comparison(ranked, trained))
    unknown = [replace(one, contraband={}) for one in ranked]
    assert "contraband per opened" not in "".join(comparison(unknown, trained))
    np.testing.assert_array_equal(
        shown.raw, bundle.predict_raw(again.booster, data.values[split.test_population][:, trained.columns])
    )


def test_nobody_holds_the_log_once_it_has_become_feature_rows(log: pl.DataFrame) -> None:
    logs = [log.clone()]
    held, is_held = weakref.ref(logs[0]), dict[str, bool]()
    train(logs.pop(), PLAN, stage=lambda text: is_held.update({text.split(" ")[0]: held() is not None}))
    assert is_held["replaying"]
    assert not any(is_held[stage] for stage in ("fitting", "calibrating"))


def test_rows_in_parts_are_scored_as_they_are_at_once(
    trained: Trained, models: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, rows = bundle.load(models.path(NAME), trusted=None), trained.split.test_population
    whole = ours.completed(trained.data.values, trained.data.parcels["description"])
    monkeypatch.setattr(parts, "_AT_ONCE", 1_000)
    assert rows.sum() > 1_000
    assert raw_by_bundle(ours, trained.data, rows).tolist() == ours.raw(whole[rows]).tolist()
    descriptions = trained.data.parcels["description"]
    for column in range(whole.shape[1]):
        np.testing.assert_array_equal(ours.column(column, trained.data.values, descriptions), whole[:, column])


def test_the_same_log_gives_the_same_model(log: pl.DataFrame, trained: Trained):
    again = train(log, PLAN)
    assert again.fitted.model == trained.fitted.model
    assert again.meta == trained.meta
    assert again.card == trained.card


def test_the_facts_of_a_run_are_those_of_its_log(log: pl.DataFrame, trained: Trained):
    facts = trained.meta.training
    assert facts["n_parcels"] == log.filter(pl.col("kind") == "parcel").height
    assert facts["n_inspected"] == int((trained.data.label >= 0).sum())
    assert facts["n_found"] == int((trained.data.label == 1).sum())
    assert facts["first_lodged_at"] < facts["tune_from"] < facts["test_from"] < facts["last_lodged_at"]
    assert facts["n_trees"] == trained.fitted.booster.num_trees()
    assert trained.meta.features == tuple(catalogue().names[column] for column in trained.columns)


def test_the_reference_flow_falls_with_its_share(trained: Trained):
    reference = trained.meta.reference
    assert list(reference.shares) == sorted(reference.shares)
    assert list(reference.raw) == sorted(reference.raw, reverse=True)
    assert reference.shares[-1] == 1.0
    assert 0 < reference.mean_root < 1


def test_busy_lanes_have_a_mean_root_of_their_own(trained: Trained):
    latest = trained.data.parcels[int(len(trained.data) * 0.75) :].select(LANE.alias("lane"))["lane"]
    busy = latest.value_counts().filter(pl.col("count") >= 100)["lane"].to_list()
    roots = trained.meta.reference.lane_roots
    assert sorted(roots) == sorted(busy) != []
    assert len({*roots.values(), trained.meta.reference.mean_root}) == len(busy) + 1
    assert all(0 < root < 1 for root in roots.values())


def test_the_card_names_the_model_its_data_and_every_figure(trained: Trained):
    assert trained.card.startswith(f"# Model card: {NAME}")
    assert trained.meta.training["data_digest"] in trained.card
    assert "A person decides" in trained.card
    for name in trained.meta.metrics:
        if name.startswith("test_") and not name.endswith(("_low", "_high")):
            assert f"| {name} |" in trained.card


def test_a_written_bundle_scores_as_the_run_did(trained: Trained, models: ModelStore):
    loaded = bundle.load(models.path(NAME), trusted=None)
    values = trained.data.values[:50]
    expected = bundle.predict_raw(trained.fitted.booster, values[:, trained.columns])
    assert np.array_equal(loaded.raw(values), expected)
    assert loaded.meta.training == trained.meta.training


def test_a_released_bundle_is_signed_by_name_and_the_champion(models: ModelStore, tmp_path: Path):
    public = new_key(tmp_path / "key.pem")
    released = approve(models, NAME, approver="A. Approver", key=tmp_path / "key.pem", trusted=frozenset({public}))
    assert released.signature is not None
    assert released.signature.name == "A. Approver"
    assert models.champion() == models.path(NAME)
    assert bundle.load(models.path(NAME), trusted=frozenset({public_key_of(tmp_path / "key.pem")})).meta.name == NAME


def test_a_damaged_bundle_is_not_released(models: ModelStore, tmp_path: Path):
    public = new_key(tmp_path / "key.pem")
    (models.path(NAME) / MODEL).write_text("tree", "utf-8")
    with pytest.raises(ParcelRiskError, match=r"model\.lgb was changed"):
        approve(models, NAME, approver="A. Approver", key=tmp_path / "key.pem", trusted=frozenset({public}))
    assert models.champion() is None


def test_a_key_that_is_not_trusted_here_releases_nothing(models: ModelStore, tmp_path: Path):
    new_key(tmp_path / "key.pem")
    with pytest.raises(ParcelRiskError, match="not trusted by this installation"):
        approve(models, NAME, approver="Somebody", key=tmp_path / "key.pem", trusted=frozenset({"ab" * 32}))
    assert models.champion() is None
    assert not (models.path(NAME) / "signature.json").exists()


def test_a_log_with_too_few_findings_is_refused(log: pl.DataFrame):
    with pytest.raises(NothingToLearn, match="training needs at least 16 findings"):
        train(log.head(300), PLAN)


def test_evaluation_needs_parcels_newer_than_the_training_data(log: pl.DataFrame, models: ModelStore):
    with pytest.raises(NothingToLearn, match="holds nothing newer than the training data"):
        evaluate_log(bundle.load(models.path(NAME), trusted=None), log)
