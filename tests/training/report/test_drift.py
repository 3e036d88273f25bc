from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from features.bundle import load
from features.catalogue import catalogue
from features.parcel.problems import NothingToLearn, ParcelRiskError
from tests.builders import a_dataset, write_a_bundle
from tests.training.logs import world_log
from training.data.datasets import Dataset, dataset
from training.evaluation.label_quality import delays, stations, usable
from training.fit.run import Plan, held_out
from training.report.drift import STRONG, measure_drift, psi, write_drift


@pytest.fixture(scope="module")
def data() -> Dataset:
    return dataset(world_log())


def test_the_same_values_have_not_moved():
    values = np.random.default_rng(1).normal(size=20_000)
    assert psi(values, values) == 0.0
    assert psi(values[:10_000], values[10_000:]) < 0.01


def test_a_shift_of_half_a_deviation_is_notable_and_one_of_two_is_strong():
    rng = np.random.default_rng(2)
    before = rng.normal(size=20_000)
    assert 0.1 < psi(before, rng.normal(0.5, 1, 20_000)) < 0.4
    assert psi(before, rng.normal(2, 1, 20_000)) > 1


def test_values_that_go_missing_and_categories_that_are_new_are_changes():
    rng = np.random.default_rng(3)
    before = rng.normal(size=10_000)
    now = np.where(rng.random(10_000) < 0.3, np.nan, before)
    assert psi(before, now) > STRONG
    codes = rng.integers(0, 4, 10_000).astype(float)
    assert psi(codes, np.where(rng.random(10_000) < 0.3, 9.0, codes), is_category=True) > STRONG
    assert psi(codes, rng.permutation(codes), is_category=True) == pytest.approx(0.0)


def test_the_feature_that_moved_comes_first(tmp_path: Path):
    data = a_dataset(2_000)
    late = np.arange(2_000) >= 1_000
    values = data.values.copy()
    bundle = load(write_a_bundle(tmp_path / "bundle"), trusted=None)
    column = "declared_value_eur"
    values[late, catalogue().names.index(column)] += 500.0
    world = dataset(world_log())
    moved = replace(data, values=values, parcels=world.parcels.head(2_000))
    drift = measure_drift(moved, bundle, before=~late, now=late)
    assert drift.features["feature"][0] == column
    assert drift.features["psi"][0] > STRONG


def test_a_drift_report_is_a_page_that_stands_alone(data: Dataset, tmp_path: Path):
    bundle = load(write_a_bundle(tmp_path / "bundle"), trusted=None)
    late = np.arange(len(data)) >= len(data) // 2
    page = write_drift(measure_drift(data, bundle, before=~late, now=late), data, "bundle", tmp_path / "out")
    text = page.read_text("utf-8")
    assert 'src="data:image/png' in text
    assert "http" not in text


def test_a_station_that_finds_nothing_where_others_do_is_odd(data: Dataset):
    seen = (pl.col("label") >= 0) & (pl.col("station") == "station-1")
    blind = replace(data, parcels=data.parcels.with_columns(pl.when(seen).then(0).otherwise("label").alias("label")))
    table = stations(blind)
    assert table.filter(pl.col("station") == "station-1")["is_odd"].item()
    assert stations(data)["is_odd"].sum() <= 1


def test_outcomes_that_cannot_be_chance_are_held_until_a_person_decides(data: Dataset):
    assert held_out(data, Plan(name="m")) == ()
    station = pl.when(pl.col("label") == 0).then(pl.lit("station-9")).otherwise("station").alias("station")
    faked = replace(data, parcels=data.parcels.with_columns(station))
    held = held_out(faked, Plan(name="m"))
    assert "station-9" in held
    assert held_out(faked, Plan(name="m", with_stations=held)) == ()
    assert held_out(faked, Plan(name="m", without_stations=held)) == ()
    with pytest.raises(NothingToLearn, match="are not held out"):
        held_out(data, Plan(name="m", with_stations=("station-1",)))


def test_a_station_that_is_left_out_teaches_nothing_and_changes_the_digest(data: Dataset):
    without = usable(data, without_stations=("station-1",))
    there = (data.parcels["station"] == "station-1").fill_null(value=False).to_numpy()
    assert there.any()
    assert (without.label[there] == -1).all()
    assert np.array_equal(without.label[~there], data.label[~there])
    assert without.digest != data.digest
    with pytest.raises(ParcelRiskError, match="no outcome comes from station nowhere"):
        usable(data, without_stations=("nowhere",))


def test_outcomes_that_name_no_station_are_kept_when_one_is_left_out(data: Dataset):
    nameless = data.label == 1
    station = pl.when(pl.Series(nameless)).then(None).otherwise("station").alias("station")
    without = usable(replace(data, parcels=data.parcels.with_columns(station)), without_stations=("station-1",))
    assert (without.label[nameless] == 1).all()


def test_findings_take_longer_than_clean_results(data: Dataset):
    figures = delays(data)
    assert figures["found_delay_days_median"] > figures["nothing_found_delay_days_median"] > 0
    assert 0.5 < figures["with_result_share"] <= 1
    assert figures["maturity_days"] > figures["found_delay_days_median"]
