"""A data scientist's day: train twice, compare, release, approve, roll back, watch; then read it all in MLflow."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from mlflow.tracking import MlflowClient

from data.synthetic.formats import write
from features.model_store import ModelStore
from serving.keys import make_keys
from serving.settings import Settings
from tests.parcel_risk.running import run
from tests.worlds import small_world


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lab")
    make_keys(Settings(home=folder / "var"), approver="Ada")
    write(small_world(5_000), folder / "world", formats=("csv", "outcomes", "truth"))
    run(folder, "ingest", "world/parcels.csv", "--outcomes", "world/outcomes.csv")
    run(
        folder,
        "train",
        "--name",
        "first",
        "--by",
        "Tara",
        "--trials",
        "2",
        "--background",
        "1500",
        "--truth",
        "world/truth/truth.parquet",
    )
    run(
        folder,
        "train",
        "--name",
        "second",
        "--by",
        "Tara",
        "--features",
        "!*_found*",
        "--background",
        "1500",
        "--label-curve",
        "--without-origin",
    )
    return folder


def registry_of(home: Path) -> MlflowClient:
    """The registry as the MLflow UI reads it."""
    uri = f"sqlite:///{home / 'var' / 'mlflow.db'}"
    return MlflowClient(tracking_uri=uri, registry_uri=uri)


def test_words_of_descriptions_are_in_a_bundle_as_digests_alone(home: Path) -> None:
    kept = [path for path in home.rglob("words.json") if "first" in path.parts or "bundle" in path.parts]
    assert len(kept) >= 2, "in the model store and in MLflow"
    for path in kept:
        share = json.loads(path.read_text("utf-8"))["share"]
        assert share, "words were learned"
        assert all(len(word) == 16 and int(word, 16) >= 0 for word in share)


def test_runs_are_compared_on_the_same_parcels(home: Path) -> None:
    said = run(home, "runs")
    assert "first" in said
    assert "second" in said
    said = run(home, "compare", "first", "second", "--capacity", "0.05", "--out", "both.parquet")
    assert "newly opened by second" in said
    page = (home / "var" / "reports" / "first-and-second" / "comparison.html").read_text("utf-8")
    assert "only second (newly caught)" in page
    assert "What only one of them reads" in page
    assert "<img" in page
    parcels = pl.read_parquet(home / "both.parquet")
    assert parcels["opened_by_first"].sum() == parcels["opened_by_second"].sum() == round(0.05 * parcels.height)
    assert "is no bundle here and the beginning of 0 runs" in run(home, "compare", "first", "third", ok=False)


def test_the_report_holds_the_ceiling_baselines_and_warnings(home: Path) -> None:
    text = (home / "var" / "reports" / "first" / "report.html").read_text("utf-8")
    for seen in (
        "ceiling: trained on the full truth",
        "historic rules",
        "logistic regression",
        "without history",
        "Disparate impact by origin",
        "true recall at 0.5%",
        "points per opened at 0.5%",
        "flow_value_at_0_5pct",
        "flow_recall_at_0_5pct",
        "Outlier stations, whose results",
        "What the released model reads",
        "Worst errors",
        "champion that serves now",
        "What origin adds",
    ):
        assert seen in text
    assert "http" not in text.replace("http-equiv", "")
    folder = home / "var" / "reports" / "first"
    disparity = pl.read_csv(folder / "disparity.csv")
    assert disparity["n_parcels"].sum() > 0
    ends = disparity.select(
        (pl.col("low") <= pl.col("selection_ratio")) & (pl.col("selection_ratio") <= pl.col("high"))
    )
    assert ends.to_series().all()
    assert "false_alarm_ratio without origin" in disparity.columns
    worst = pl.read_csv(folder / "worst.csv")
    missed, alarms = (worst.filter(pl.col("error") == error) for error in ("missed", "false alarm"))
    assert missed["rank"].is_sorted(descending=True)
    assert alarms["rank"].is_sorted()
    assert missed["rank"][0] > alarms["rank"][0]
    assert (
        worst["raised by"].str.len_chars().fill_null(0) + worst["lowered by"].str.len_chars().fill_null(0) > 20
    ).all()


def test_the_data_sheet_is_kept_with_the_run_and_is_in_the_technical_file(home: Path) -> None:
    sheet = json.loads((home / "var" / "reports" / "first" / "data-sheet.json").read_text("utf-8"))
    meta = json.loads((home / "models" / "first" / "bundle.json").read_text("utf-8"))
    assert sheet["data_digest"] == meta["training"]["data_digest"]
    counted = sheet["counts"]["operator"]
    assert sum(one["n_inspected"] for one in counted) == sheet["n_inspected"] == meta["training"]["n_inspected"]
    client = registry_of(home)
    experiment = client.get_experiment_by_name("parcel-risk")
    assert experiment is not None
    runs = {one.info.run_name: one.info.run_id for one in client.search_runs([experiment.experiment_id])}
    kept = {item.path for item in client.list_artifacts(runs["first"], "report")}
    assert {f"report/data-sheet.{ending}" for ending in ("json", "md", "html")} <= kept
    run(home, "technical-file", "--bundle", "first", "--out", "file")
    text = (home / "file" / "technical-file.md").read_text("utf-8")
    for seen in (runs["first"], sheet["data_digest"], "Data sheet of the training set", "Nobody approved it", "Tara"):
        assert seen in text


def test_two_people_release_and_one_step_takes_it_back(home: Path) -> None:
    models = ModelStore(home / "models")
    assert "first awaits approval; version 1, alias challenger" in run(home, "release", "first")
    assert "another person approves" in run(home, "approve", "--as", "Tara", ok=False)
    assert "first@" in run(home, "approve", "--as", "Ada")
    run(home, "release", "second")
    run(home, "approve", "--as", "Tara", "--override", "nobody else on duty")
    assert models.champion() == models.path("second")
    assert "first@" in run(home, "rollback", "--as", "Ada")
    assert models.champion() == models.path("first")
    assert "nothing to roll back to" in run(home, "rollback", "--as", "Ada", ok=False)
    client = registry_of(home)
    champion = client.get_model_version_by_alias("parcel-risk", "champion")
    assert champion.tags["bundle"] == "first"
    assert champion.tags["approved_by"] == "Ada"
    shown = run(home, "audit", "show").splitlines()
    approvals = [line.split("  ")[3:] for line in shown if "  model " in line]
    assert [(what, bundle.split("@")[0], bundle.split(" by ")[1]) for what, bundle in approvals] == [
        ("model approved", "first", "Ada"),
        ("model approved", "second", "Tara"),
        ("model rolled back", "first", "Ada"),
    ]
    second = client.get_model_version("parcel-risk", "2")
    assert second.tags["approved_although"] == "nobody else on duty"


def test_mlflow_alone_tells_the_run_its_data_figures_plots_and_how_to_repeat_it(home: Path) -> None:
    client = registry_of(home)
    experiment = client.get_experiment_by_name("parcel-risk")
    assert experiment is not None
    by_name = {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}
    first = by_name["first"]
    assert {"trial-00", "trial-01"} <= set(by_name)
    assert by_name["trial-00"].data.tags["mlflow.parentRunId"] == first.info.run_id
    meta = json.loads((home / "models" / "first" / "bundle.json").read_text("utf-8"))
    assert first.inputs.dataset_inputs[0].dataset.digest == meta["training"]["data_digest"]
    assert first.data.metrics["test_auc"] == pytest.approx(meta["metrics"]["test_auc"])
    assert first.data.tags["trained_by"] == "Tara"
    folders = {item.path for item in client.list_artifacts(first.info.run_id)}
    assert {"bundle", "plots", "report"} <= folders
    plots = {item.path for item in client.list_artifacts(first.info.run_id, "plots")}
    pictures = ("reliability", "importance", "precision_recall", "trees", "gain", "value", "scores")
    assert {f"plots/{name}.png" for name in pictures} <= plots
    assert experiment.tags["mlflow.experimentKind"] == "custom_model_development"
    assert first.data.metrics["headline/test_auc"] == first.data.metrics["test_auc"]
    words = first.data.tags["reproduce"].split()[1:]
    assert "--as-of" in words
    assert "--name" not in words
    run(home, *words, "--name", "again")
    again = json.loads((home / "models" / "again" / "bundle.json").read_text("utf-8"))
    assert again["metrics"] == meta["metrics"]
    assert again["training"]["data_digest"] == meta["training"]["data_digest"]
    model = "model.lgb"
    assert (home / "models" / "again" / model).read_bytes() == (home / "models" / "first" / model).read_bytes()


def test_what_more_labels_bring_and_how_many_draws_are_needed_is_shown(home: Path) -> None:
    assert (home / "var" / "reports" / "second" / "labels.png").read_bytes().startswith(b"\x89PNG")
    assert not (home / "var" / "reports" / "first" / "labels.png").exists()
    second = json.loads((home / "models" / "second" / "bundle.json").read_text("utf-8"))
    assert "dispatch_country" not in second["catalogue"]["features"]
    assert second["training"]["knows_origin"] is False
    said = run(home, "draws", "plan", "--half-width", ".02", "--weeks", "26", "--capacity", "1")
    assert "draws a week" in said
    assert "a week are left for draws" in said
    assert "--half-width is 2.0" in run(home, "draws", "plan", "--half-width", "2", ok=False)


def test_what_would_fail_after_the_training_is_refused_before_it(home: Path) -> None:
    assert "a name has letters, digits" in run(home, "train", "--name", "../evil name", ok=False)
    assert "there is no such file" in run(home, "train", "--truth", "nowhere.parquet", ok=False)
    said = run(home, "compare", "first", "second", "--out", "nowhere/both.parquet", ok=False)
    assert "Give a file or folder that can be read or written" in said


def test_drift_is_reported_with_the_health_of_labels(home: Path) -> None:
    said = run(home, "drift", "first", "--days", "30")
    assert "first was trained on these days as well" in said
    assert "outlier stations" in said
    table = pl.read_csv(home / "var" / "reports" / "drift" / "drift.csv")
    assert "score" in table["feature"].to_list()
    assert "Calibration" in (home / "var" / "reports" / "drift" / "drift.html").read_text("utf-8")


def test_a_back_test_resumes(home: Path) -> None:
    words = (
        "backtest",
        "--scenario",
        "baseline",
        "--seeds",
        "1",
        "--parcels",
        "5000",
        "--days",
        "84",
        "--capacity",
        "0.05",
        "--trees",
        "10",
        "--out",
        "bt",
    )
    assert "baseline 1: simulated random, rules" in run(home, *words)
    table = pl.read_csv(home / "bt" / "backtest.csv")
    assert set(table["strategy"]) >= {"random", "ours", "oracle", "exploitation"}
    assert "baseline 1: already simulated" in run(home, *words)
    assert pl.read_csv(home / "bt" / "backtest.csv").equals(table)


def test_a_comparison_of_sources_resumes_in_the_middle_of_a_world(home: Path) -> None:
    words = ("sources", "--scenario", "baseline", "--seeds", "1", "--parcels", "5000", "--days", "84", "--trees", "5")
    assert "baseline 1: simulated 7 of 7" in run(home, *words)
    folder = home / "var" / "sources"
    before = (folder / "sources.md").read_text("utf-8")
    (kept,) = folder.glob("*/baseline-1-all-together.json")
    kept.unlink()
    assert "baseline 1: simulated 1 of 7" in run(home, *words)
    assert (folder / "sources.md").read_text("utf-8") == before, "the same world and the same draws"
    assert "all together, less others" in before
    assert (folder / "sources.png").exists()
