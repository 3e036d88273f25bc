"""Labels by method: a clean result weighs as its method is sensitive, and a model ranks no worse for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from features.bundle import predict_raw
from features.handling import Sensitivities
from tests.builders import a_dataset, small_columns
from training.data.datasets import Dataset
from training.data.methods import UNNAMED, by_method, label_weights, weight_of_clean, weights_that_differ
from training.fit.booster import Options, fit, rows_of

KNOWN = Sensitivities.read()
PLAIN = Options(n_background=0, monotone=False, alternate=False, params={"num_leaves": 7})


def labelled(*rows: tuple[int, str | None]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"label": pl.Int64, "method": pl.String}, orient="row")


def test_only_clean_results_of_weaker_methods_weigh_less() -> None:
    parcels = labelled(
        (0, "opened"), (0, "xray"), (1, "xray"), (-1, None), (0, None), (0, "laboratory"), (0, "documents")
    )
    xray, documents = KNOWN.of["xray"].share / KNOWN.of["opened"].share, weight_of_clean("documents", KNOWN)
    assert label_weights(parcels, KNOWN).tolist() == [1.0, xray, 1.0, 1.0, 1.0, 1.0, documents]
    assert 0 < documents < 0.1 < xray < 1
    assert weights_that_differ(parcels, KNOWN) == {
        "label_weights": {"documents": round(documents, 4), "xray": round(xray, 4)}
    }


def test_the_report_counts_labels_and_findings_by_method() -> None:
    parcels = labelled((0, "xray"), (1, "xray"), (0, "opened"), (0, None), (-1, "dog"), (0, "xray"))
    counted = by_method(parcels, KNOWN).select("method", "n_labels", "n_found").rows()
    assert counted == [("xray", 3, 1), ("opened", 1, 0), (UNNAMED, 1, 0)]


def test_where_everything_was_opened_or_nobody_named_a_method_the_fit_is_the_same_bit_for_bit() -> None:
    data = a_dataset(900, found_share=0.2)
    method = np.where(np.arange(900) % 2 == 0, "opened", None)
    parcels = data.parcels.with_columns(pl.Series("label", data.label), pl.Series("method", method, dtype=pl.String))
    weighed = replace(data, label_weight=label_weights(parcels, KNOWN))
    assert weights_that_differ(parcels, KNOWN) == {}
    models = [
        fit(_rows(one, options), options=options, seed=1, n_trees=20).model
        for options in (PLAIN, replace(PLAIN, n_background=200))
        for one in (data, weighed)
    ]
    assert models[0] == models[1]
    assert models[2] == models[3]


def _rows(data: Dataset, options: Options):  # type: ignore[no-untyped-def]
    return rows_of(
        data, labelled=data.labelled, background=~data.labelled, columns=small_columns(), options=options, seed=1
    )


def half_seen(n: int, seed: int) -> tuple[Dataset, np.ndarray]:
    """Parcels of which the dearer half is x-rayed, which sees half, and the rest is opened; and their true chances."""
    rng = np.random.default_rng([seed, 7])  # apart from the draws of the data set
    data = a_dataset(n, seed=seed)
    weight, value = data.values[:, small_columns()[0]], data.values[:, small_columns()[1]]
    chance = 0.02 + 0.1 * weight / 2_000
    is_xrayed = value > 50
    sees = np.where(is_xrayed, KNOWN.of["xray"].share, KNOWN.of["opened"].share)
    label = (rng.random(n) < chance * sees).astype(np.int64)
    method = pl.Series("method", np.where(is_xrayed, "xray", "opened"))
    parcels = data.parcels.with_columns(pl.Series("label", label), method)
    return replace(data, label=label, label_weight=label_weights(parcels, KNOWN)), chance


def test_where_xray_misses_half_a_model_of_weighed_labels_ranks_no_worse() -> None:
    """Findings expected in the highest fifth of later parcels, over three worlds, and how many of these are x-rayed."""
    expected, xrayed = {"plain": 0.0, "weighed": 0.0}, {"plain": 0.0, "weighed": 0.0}
    for seed in (1, 2, 3):
        data, _ = half_seen(8_000, seed)
        later, chance = half_seen(4_000, seed + 100)
        values = later.values[:, small_columns()]
        for name, one in (("plain", replace(data, label_weight=None)), ("weighed", data)):
            fitted = fit(_rows(one, PLAIN), options=PLAIN, seed=1, n_trees=40)
            highest = np.argsort(-predict_raw(fitted.booster, values), kind="stable")[:800]
            expected[name] += float(chance[highest].sum())
            xrayed[name] += float((values[highest, 1] > 50).mean()) / 3
    assert expected["weighed"] >= expected["plain"]
    assert xrayed["weighed"] > xrayed["plain"] + 0.05, "what an x-ray missed no longer speaks for its kind of mail"
