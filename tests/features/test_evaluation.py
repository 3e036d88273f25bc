from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import lightgbm as lgb
import numpy as np
import polars as pl
import pytest

from features.bundle import Bundle, kernel, load
from features.bundle.by_lightgbm import LightGbm
from features.bundle.evaluation import Evaluation
from features.bundle.folder import GOLDEN, PROBES
from features.bundle.forest import NotUnderstoodError
from features.bundle.probes import EDGES, Probes, around
from features.catalogue import aligned
from features.declared.declare import Floats
from features.reasons import reasons
from parcel_risk.reference import FOLDER as REFERENCE
from tests.builders import feature_values
from tests.features.forests import COLUMNS, resized, spread, text_of, trained, training_rows

GOLDEN_ROWS = np.nan_to_num(training_rows(3, 20)[0])


def evaluation_of(text: str) -> Evaluation:
    return Evaluation.of(text, COLUMNS, GOLDEN_ROWS)


def asked_of(text: str, read_as: str) -> Probes:
    """What LightGBM says of the model `text`, whose forest the own evaluation reads from `read_as`."""
    return Probes.asked(read_as, LightGbm(text, list(range(len(COLUMNS)))), GOLDEN_ROWS)


@pytest.fixture(scope="module")
def released() -> Bundle:
    return load(REFERENCE, trusted=None)


def golden_of(bundle: Bundle, folder: Path) -> Floats:
    names = bundle.meta.features
    return aligned(pl.read_parquet(folder / GOLDEN).select(names).cast(pl.Float64).to_numpy(), names, bundle.catalogue)


def test_the_released_bundle_is_evaluated_here_and_equals_lightgbm(released: Bundle):
    evaluation = released.evaluation
    assert evaluation.problem is None
    assert evaluation.forest
    assert evaluation.patterns
    golden = golden_of(released, REFERENCE)
    rows = np.concatenate([around(evaluation.forest, golden[:, : evaluation.forest.width])])
    rows = np.concatenate([golden, np.pad(rows, ((0, 0), (0, golden.shape[1] - rows.shape[1])))])
    lightgbm = evaluation.by_lightgbm()
    assert (lightgbm.forest, lightgbm.patterns) == (None, None)
    assert evaluation.raw(rows).tobytes() == lightgbm.raw(rows).tobytes()
    gap = np.abs(evaluation.contributions(rows) - lightgbm.contributions(rows)).max()
    assert 0 < gap < 1e-12, "the last bits show that the two are not the same computation"


def test_golden_rows_of_the_released_bundle_get_the_scores_that_they_must(released: Bundle):
    expected = pl.read_parquet(REFERENCE / GOLDEN)["expected_raw"].to_numpy()
    assert released.raw(golden_of(released, REFERENCE)) == pytest.approx(expected, abs=1e-12)


def test_reasons_are_the_same_whoever_evaluates(folder: Path):
    bundle = load(folder, trusted=None)
    values, nothing = feature_values(60), ([None] * 60, ["?"] * 60)
    own = reasons(bundle, values, *nothing)
    bundle.evaluation = bundle.evaluation.by_lightgbm()
    for ours, theirs in zip(own, reasons(bundle, values, *nothing), strict=True):
        assert [one.feature for one in ours] == [one.feature for one in theirs]
        assert [one.weight for one in ours] == pytest.approx([one.weight for one in theirs], abs=1e-12)


def nudged(text: str, line: str) -> str:
    """Model text in which one number of a kind has another last bit."""
    numbers = " ".join(re.findall(f"(?m)^{line}=(.*)", text)).split(" ")
    given = next(one for one in numbers if "." in one and text.count(one) == 1)
    return resized(text.replace(given, repr(float(np.nextafter(float(given), np.inf)))))


def test_a_model_read_otherwise_in_a_bit_is_left_to_lightgbm():
    booster = trained(1, 2, num_leaves=6)
    text = text_of(booster)
    probes = asked_of(text, text)
    assert Evaluation.of(text, COLUMNS, GOLDEN_ROWS, probes).problem is None
    other = nudged(text, "threshold")
    refused = Evaluation.of(other, COLUMNS, GOLDEN_ROWS, probes)
    assert refused.problem == "raw scores differ from LightGBM's"
    assert (refused.forest, refused.patterns) == (None, None)
    rows = spread(training_rows(8, 30)[0])
    expected = lgb.Booster(model_str=other).predict(rows[:, COLUMNS], raw_score=True)
    assert refused.raw(rows).tobytes() == expected.tobytes()


def test_leaves_read_otherwise_in_a_bit_are_seen_where_lightgbm_is_asked():
    text = text_of(trained(1, 2, num_leaves=6))
    with pytest.raises(NotUnderstoodError, match="leaf values differ from LightGBM's"):
        asked_of(text, nudged(text, "leaf_value"))


def test_contributions_that_differ_are_left_to_lightgbm_and_scores_are_not():
    text = text_of(trained(1))
    other = re.sub(r"leaf_count=\d", "leaf_count=9", text, count=1)
    assert other != text
    refused = Evaluation.of(other, COLUMNS, GOLDEN_ROWS, asked_of(text, text))
    assert refused.problem == "contributions differ from LightGBM's"
    assert refused.forest
    assert refused.patterns is None
    rows = spread(training_rows(8, 30)[0])
    expected = lgb.Booster(model_str=other).predict(rows[:, COLUMNS], pred_contrib=True)[:, :-1]
    assert np.array_equal(refused.contributions(rows)[:, COLUMNS], expected)


def test_a_model_with_long_paths_is_scored_here_and_explained_by_lightgbm():
    values = np.random.default_rng(3).normal(size=(4_000, 30))
    label = np.cumprod(values < 1.0, axis=1).sum(axis=1) % 2
    names = [f"f{index}" for index in range(30)]
    params = {"num_leaves": 40, "min_data_in_leaf": 1, "verbosity": -1, "objective": "binary"}
    booster = lgb.train(params, lgb.Dataset(values, label=label, feature_name=names), 1)
    evaluation = Evaluation.of(text_of(booster), list(range(30)), values[:20])
    assert str(evaluation.problem).startswith("a path of more than 12 distinct features")
    assert evaluation.forest
    assert evaluation.patterns is None
    expected = booster.predict(values[:50], pred_contrib=True)[:, :-1]
    assert np.array_equal(evaluation.contributions(values[:50]), expected)


def test_no_rows_have_no_contributions_by_lightgbm_either():
    evaluation = evaluation_of(text_of(trained(1, 1))).by_lightgbm()
    assert evaluation.contributions(np.zeros((0, 13))).shape == (0, 13)
    assert evaluation.raw(np.zeros((0, 13))).shape == (0,)


def test_probes_hold_the_thresholds_their_neighbours_and_every_edge():
    forest = evaluation_of(text_of(trained(1, 5))).forest
    assert forest
    rows = around(forest, spread(GOLDEN_ROWS))
    assert rows.tobytes() == around(forest, spread(GOLDEN_ROWS)).tobytes(), "the same on every start"
    assert np.isin(EDGES[~np.isnan(EDGES)], rows).all()
    assert np.isnan(rows).any()
    numbers = forest.nodes[:, kernel.KIND] & kernel.CATEGORICAL == 0
    held = [
        np.isin([at, np.nextafter(at, np.inf), np.nextafter(at, -np.inf)], rows[:, column]).all()
        for column, at in zip(forest.nodes[numbers, kernel.COLUMN], forest.thresholds[numbers], strict=True)
    ]
    assert len(held) > 20
    assert all(held)


def test_what_lightgbm_says_is_read_back_to_the_bit(tmp_path: Path):
    text = text_of(trained(1, 5))
    names = tuple(f"f{index}" for index in range(len(COLUMNS)))
    probes = asked_of(text, text)
    again = Probes.from_parquet(probes.to_parquet(names), names)
    for one, other in ((probes.rows, again.rows), (probes.raw, again.raw), (probes.contributions, again.contributions)):
        assert one.tobytes() == other.tobytes()


def test_a_bundle_is_loaded_and_scores_without_lightgbm(folder: Path):
    assert (folder / PROBES).exists()
    code = f"""if True:
        import sys
        import numpy as np
        from features.bundle import load
        bundle = load(__import__("pathlib").Path({str(folder)!r}), trusted=None)
        assert bundle.evaluation.problem is None, bundle.evaluation.problem
        rows = np.zeros((3, len(bundle.catalogue)))
        bundle.raw(rows), bundle.contributions(rows)
        print([name for name in ("lightgbm", "sklearn", "pandas") if name in sys.modules])
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=300)
    assert done.stdout.strip() == "[]", done.stderr
