"""Pictures of a run: what the model reads, how good its ranking is, and whether its probabilities can be believed."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from features.declared.declare import Floats
from policy.estimates import estimate
from training.evaluation.unseen import Judged
from training.fit.run import Trained
from training.report.baselines import Ranking

_BIN_EDGES = np.array([1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.0])
"""Shares of the population between which the reliability diagram looks: narrow where scores are high."""


def training_plots(trained: Trained, folder: Path) -> list[Path]:
    """Draw the plots of a run that need nothing but the run into `folder`; return their paths."""
    return [_scores(trained.judged, folder / "scores.png"), reliability(trained.judged, folder / "reliability.png")]


def reliability(judged: Judged, path: Path) -> Path:
    """Predicted probability against the estimated share of findings, by parts of the population."""
    figure, axes = blank()
    edges = np.quantile(judged.raw, 1.0 - _BIN_EDGES)
    for low, high in pairwise(edges):
        inside = (judged.raw >= low) & ((judged.raw < high) | (high == edges[-1]))
        if inside.any() and judged.population.labelled[inside].any():
            share = estimate(judged.population, inside).finding_share
            predicted = float(judged.probability[inside].mean())
            axes.errorbar(
                predicted,
                max(share.value, 1e-6),
                yerr=[[share.value - share.low], [share.high - share.value]],
                fmt="o",
                color="tab:blue",
                capsize=3,
            )
    ends = [max(1e-6, float(judged.probability.min())), float(judged.probability.max())]
    axes.plot(ends, ends, color="grey", linestyle="--")
    axes.set(
        xscale="log", yscale="log", xlabel="mean predicted probability", ylabel="estimated share of findings, 90 %"
    )
    axes.set_title("Reliability on the screened population")
    return saved(figure, path)


def gain_curves(rankings: list[Ranking], path: Path) -> Path:
    """Estimated findings within each capacity, for every ranking; the first one with its 90 % band."""
    figure, axes = blank()
    for ranking in rankings:
        totals = [found.total for found in ranking.found.values()]
        axes.plot(list(ranking.found), [total.value for total in totals], marker="o", label=ranking.name)
    band = [found.total for found in rankings[0].found.values()]
    axes.fill_between(list(rankings[0].found), [one.low for one in band], [one.high for one in band], alpha=0.15)
    axes.set(xscale="log", xlabel="share of the population that is opened", ylabel="estimated findings")
    axes.set_title("Gain")
    axes.legend()
    return saved(figure, path)


def value_curve(judged: Judged, path: Path) -> Path:
    """Points of the findings that are known, in the order of the score, against those of a lucky order."""
    figure, axes = blank()
    points = judged.points
    weight = judged.population.weight()
    order = np.argsort(-judged.raw, kind="stable")
    share = np.arange(1, order.size + 1) / max(1, order.size)
    _thinned(axes, share, np.cumsum((points * weight)[order]), "weighted by the inverse propensity")
    _thinned(axes, share, np.cumsum(points[order]), "found in fact")
    axes.set(xscale="log", xlabel="share of the population that is opened", ylabel="severity-weighted value, points")
    axes.set_title("Value of findings in the order of the score")
    axes.legend()
    return saved(figure, path)


def _thinned(axes: Axes, x: Floats, y: Floats, label: str) -> None:
    kept = np.unique(np.geomspace(1, x.size, 300).astype(int)) - 1 if x.size else np.zeros(0, dtype=int)
    axes.plot(x[kept], y[kept], label=label)


def _scores(judged: Judged, path: Path) -> Path:
    figure, axes = blank(height=4)
    for code, name in ((-1, "no result"), (0, "nothing found"), (1, "found")):
        part = judged.probability[judged.label == code]
        if part.size:
            axes.hist(np.log10(part), bins=60, density=True, histtype="step", label=f"{name} ({part.size:,})")
    axes.set_xlabel("probability (log 10) of test parcels, by a model that had not seen them")
    axes.set_ylabel("density")
    axes.legend()
    return saved(figure, path)


def blank(height: float = 5) -> tuple[Figure, Axes]:
    """A figure with one pair of axes."""
    figure = Figure(figsize=(8, height), layout="constrained")
    return figure, figure.subplots()


class Displayed:
    """A figure that a notebook shows below its cell, whatever the program."""

    def __init__(self, figure: Figure) -> None:
        """Show `figure`."""
        self._figure = figure

    def _repr_png_(self) -> bytes:
        content = io.BytesIO()
        self._figure.savefig(content, format="png", dpi=100, metadata={"Software": None})
        return content.getvalue()


def saved(figure: Figure, path: Path) -> Path:
    """Write a figure without the versions of programs, so that the same figure gives the same bytes."""
    figure.savefig(path, dpi=100, metadata={"Software": None})
    return path
