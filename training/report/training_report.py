"""The report of a training run: what the model would find, how sure that is, and how it differs by origin."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from policy.estimates import Interval
from training.data.datasets import Flags
from training.data.methods import by_method
from training.evaluation.label_quality import delays, stations
from training.evaluation.metrics import CAPACITIES, ranking_metrics
from training.evaluation.slicing import DISPARITY_LIMIT, FEW, disparity, slices
from training.fit.run import Trained
from training.report.baselines import Ranking, rankings
from training.report.html import heading, page, paragraph, picture, shown, table
from training.report.plots import gain_curves, training_plots, value_curve

CAPACITY = 0.005


def write_report(
    trained: Trained, log: pl.DataFrame, folder: Path, *, holds: Flags | None = None, capacity: float = CAPACITY
) -> Path:
    """Write ``report.html`` with its tables as CSV and its pictures into `folder`; return the page.

    Parameters
    ----------
    holds:
        The truth for every parcel of the data set, where a synthetic world knows it.
    capacity:
        Share of the population that the line opens: for slices and disparity by origin.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ranked = rankings(trained, log, holds=holds)
    pictures = {
        "Findings within each capacity": gain_curves(ranked, folder / "gain.png"),
        "Value in the order of the score": value_curve(trained.judged, folder / "value.png"),
        **{path.stem.replace("_", " "): path for path in training_plots(trained, folder)},
    }
    parts = slices(trained.data, trained.split.test_population, trained.judged, capacity=capacity)
    origins = disparity(trained.judged, capacity=capacity)
    by_station = stations(trained.data)
    methods = by_method(trained.data.parcels, trained.sensitivities)
    tables = {"slices": parts, "disparity": origins, "stations": by_station, "methods": methods}
    for name, frame in tables.items():
        frame.write_csv(folder / f"{name}.csv")
    written = folder / "report.html"
    content = [
        *_introduction(trained),
        *_comparison(ranked, trained),
        *(picture(path, text) for text, path in pictures.items()),
        *_slices(parts, capacity),
        *_disparity(origins),
        *_methods(methods),
        *_labels(trained, by_station),
    ]
    written.write_text(page(f"Training report: {trained.meta.name}", content), "utf-8")
    return written


def _introduction(trained: Trained) -> list[str]:
    training, metrics = trained.meta.training, trained.meta.metrics
    named = ("as_of", "n_parcels", "n_inspected", "n_found", "data_digest", "seed", "regime", "n_trees")
    facts = [(name, training[name]) for name in named]
    rows = [
        (name, value, f"{shown(metrics[name + '_low'])} to {shown(metrics[name + '_high'])}")
        for name, value in metrics.items()
        if name + "_low" in metrics
    ]
    figures = [row for row in rows if row[0].startswith("test_")]
    with_ends = {name for name, *_ in figures} | {f"{name}{end}" for name, *_ in figures for end in ("_low", "_high")}
    figures += [(k, v, "") for k, v in metrics.items() if k.startswith("test_") and k not in with_ends]
    estimates = [row for row in rows if not row[0].startswith("test_")]
    return [
        paragraph(
            "Parcels of the test slice, scored by a model that had seen nothing of it. Estimates for the screened "
            "population are doubly robust: the model predicts every parcel; inspected parcels correct it by the "
            "inverse of the probability of their selection. The interval is the result; the number alone is not. They "
            "speak of detectable findings, those that the methods in use would make; `parcel-risk methods` shows what "
            "these methods are expected to miss."
        ),
        table(("data", "value"), facts),
        table(("estimate", "value", "90 % interval"), estimates)
        if estimates
        else paragraph("No propensities are known."),
        table(("figure on inspected parcels", "value", "90 % interval"), figures),
    ]


def _comparison(ranked: list[Ranking], trained: Trained) -> list[str]:
    heads = (
        "ranking",
        *(f"findings per opened at {share:.1%}" for share in CAPACITIES),
        "average precision, inspected",
    )
    seen = trained.judged.label >= 0
    label = trained.judged.label[seen]
    rows = [
        (
            ranking.name,
            *(_interval(ranking.found[share].finding_share) for share in CAPACITIES),
            ranking_metrics(ranking.raw[seen], label)["average_precision"],
        )
        for ranking in ranked
    ]
    points = [
        (
            ranking.name,
            *(
                _interval(utility.scaled(1.0 / ranking.found[share].n_parcels))
                for share, utility in ranking.value.items()
            ),
        )
        for ranking in ranked
    ]
    result = [
        heading("Comparison with other rankings"),
        paragraph("Estimated findings per opened parcel, with 90 % intervals, had the ranking chosen."),
        table(heads, rows),
        paragraph(
            "Estimated severity-weighted value, in points per opened parcel, with 90 % intervals; see docs/learning.md."
        ),
        table(("ranking", *(f"points per opened at {share:.1%}" for share in CAPACITIES)), points),
    ]
    if ranked[0].true_recall:
        truth = [(ranking.name, *(ranking.true_recall[share] for share in CAPACITIES)) for ranking in ranked]
        heads = ("ranking", *(f"true recall at {share:.1%}" for share in CAPACITIES))
        result += [
            paragraph("Share of the contraband opened, by the synthetic truth; no office could know this."),
            table(heads, truth),
        ]
    return result


def _interval(interval: Interval) -> str:
    return f"{interval.value:.3f} [{interval.low:.3f}, {interval.high:.3f}]"


def _slices(parts: pl.DataFrame, capacity: float) -> list[str]:
    return [
        heading("Parts of the population"),
        paragraph(f"Estimated share of findings with its 90 % interval; share opened at a capacity of {capacity:.1%}."),
        table(parts.columns, parts.iter_rows()),
    ]


def _disparity(origins: pl.DataFrame) -> list[str]:
    warned = origins.filter("is_warned")["origin"].to_list()
    says = (
        f"Warned about, above {DISPARITY_LIMIT:g} times the average with at least {FEW} parcels: "
        f"{', '.join(warned) or 'none'}."
    )
    return [
        heading("Disparate impact by origin"),
        paragraph(
            "Share opened, and false-positive rate (expected share of honest parcels opened), each over the average. "
            + says
        ),
        table(origins.columns, origins.iter_rows()),
    ]


def _methods(methods: pl.DataFrame) -> list[str]:
    """What the labels came from, and how much clean results of each method weighed."""
    return [
        heading("Methods that labels came from"),
        paragraph(
            "A clean result weighs as much as its method is sensitive, compared with an opening; a finding weighs 1. "
            "Sensitivities are those of `parcel-risk methods`. A result whose method nobody named counts as an opening."
        ),
        table(("method", "labels", "findings", "weight of a clean result"), methods.rows()),
    ]


def _labels(trained: Trained, by_station: pl.DataFrame) -> list[str]:
    outliers = by_station.filter("is_odd")["station"].to_list()
    return [
        heading("Labels"),
        table(("figure", "value"), delays(trained.data).items()),
        paragraph(
            f"Outlier stations, whose results cannot be chance, to be looked at: {', '.join(outliers) or 'none'}."
        ),
        table(by_station.columns, by_station.iter_rows()),
    ]
