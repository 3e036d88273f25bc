"""Curves of a run: precision and recall, and what more trees and more labels would bring."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from sklearn.metrics import average_precision_score, log_loss, precision_recall_curve

from features.declared.declare import Floats
from policy.estimates import estimate, share_of_total
from training.data.datasets import Flags, Ints
from training.evaluation.metrics import CAPACITIES
from training.evaluation.unseen import Judged
from training.fit.booster import fit, raw_scores, rows_of
from training.fit.run import Trained
from training.report.plots import blank, saved

SHARES = (0.125, 0.25, 0.5, 1.0)
"""Shares of the labels that the curve of data is fitted on."""
N_POINTS = 15
_LEAST_FOUND = 4


def precision_recall(judged: Judged, path: Path) -> Path:
    """Precision against recall: of inspected parcels, and as estimated for the screened population with intervals."""
    figure, axes = blank()
    seen = judged.label >= 0
    precision, recall, _ = precision_recall_curve(judged.label[seen], judged.raw[seen])
    axes.step(recall, precision, where="post", label="inspected parcels")
    if judged.population.labelled.any():
        for share in CAPACITIES:
            top = judged.top(share)
            inside, rest = estimate(judged.population, top), estimate(judged.population, ~top)
            found, held = share_of_total(inside, rest), inside.finding_share
            axes.errorbar(
                found.value,
                held.value,
                xerr=[[max(0.0, found.value - found.low)], [max(0.0, found.high - found.value)]],
                yerr=[[max(0.0, held.value - held.low)], [max(0.0, held.high - held.value)]],
                fmt="o",
                color="tab:orange",
                capsize=3,
            )
            axes.annotate(f" {share:.1%}", (found.value, held.value))
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1.02), ylim=(0, 1.02))
    axes.set_title("Precision and recall (orange: estimates for all mail at a capacity, 90 %)")
    axes.legend()
    return saved(figure, path)


def over_trees(trained: Trained, path: Path) -> Path:
    """Average precision and log loss on inspected parcels of the test slice by number of trees.

    The model had seen nothing of the slice; its number of trees was chosen before, by an earlier one.
    """
    judged = trained.judged
    seen = judged.label >= 0
    label = judged.label[seen]
    values = trained.data.table(np.flatnonzero(trained.split.test_population)[seen], trained.columns)
    booster = trained.judging.booster
    steps = np.unique(np.linspace(1, trained.judging.n_trees, N_POINTS).astype(int))
    raws = [np.asarray(booster.predict(values, raw_score=True, num_iteration=int(step))) for step in steps]
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    axes.plot(steps, [average_precision_score(label, raw) for raw in raws], marker="o", label="average precision")
    axes.set(xlabel="trees", ylabel="average precision, inspected parcels", ylim=(0, None))
    losses = axes.twinx()
    losses.plot(steps, [_loss(label, raw) for raw in raws], color="tab:red", linestyle="--")
    losses.set_ylabel("log loss (red), scale of the fit")
    axes.set_title("What more trees bring")
    return saved(figure, path)


def over_labels(trained: Trained, path: Path) -> Path:
    """Average precision on the test slice of models fitted on parts of the labels before it, drawn at random."""
    judged, split = trained.judged, trained.split
    seen = judged.label >= 0
    before = np.flatnonzero(split.before_test)
    order = np.random.default_rng(int(trained.meta.training["seed"])).permutation(before)
    counts, precisions = [], []
    for share in SHARES:
        part = np.zeros(split.before_test.size, dtype=np.bool_)
        part[order[: round(share * order.size)]] = True
        n_found = int((trained.data.label[part] == 1).sum())
        if n_found >= _LEAST_FOUND:
            counts.append(n_found)
            precisions.append(average_precision_score(judged.label[seen], _fitted_on(trained, part)[seen]))
    figure, axes = blank()
    axes.plot(counts, precisions, marker="o")
    axes.set(
        xscale="log", xlabel="findings learned from", ylabel="average precision, inspected parcels", ylim=(0, None)
    )
    axes.set_title("What more labels bring: a curve that still rises calls for more inspections")
    return saved(figure, path)


def _fitted_on(trained: Trained, labelled: Flags) -> Floats:
    split = trained.split
    rows = rows_of(
        trained.data,
        labelled=labelled,
        background=split.before_test_background & ~(split.before_test & ~labelled),
        columns=trained.columns,
        options=trained.options,
        seed=int(trained.meta.training["seed"]),
    )
    seed, n_trees = int(trained.meta.training["seed"]), int(trained.meta.training["n_trees"])
    booster = fit(rows, options=trained.options, seed=seed, n_trees=n_trees).booster
    return raw_scores(booster, trained.data, split.test_population, trained.columns)


def _loss(label: Ints, raw: Floats) -> float:
    probability = 1.0 / (1.0 + np.exp(-raw))
    return float(log_loss(label, np.clip(probability, 1e-9, 1 - 1e-9)))
