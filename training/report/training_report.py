"""The report of a training run: what the model would find, how sure that is, and how it differs by origin."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl

from features.bundle import Bundle
from features.sources.columns.export import safe
from policy.estimates import Interval
from training.data.datasets import Flags
from training.data.methods import by_method
from training.evaluation.contraband import says_of_contraband
from training.evaluation.label_quality import delays, stations
from training.evaluation.metrics import CAPACITIES, ranking_metrics
from training.evaluation.slicing import DISPARITY_LIMIT, FEW, disparity, slices
from training.fit.run import Trained
from training.report.baselines import MODEL, WITHOUT_ORIGIN, Ranking, rankings
from training.report.curves import over_labels, over_trees, precision_recall
from training.report.errors import worst
from training.report.html import heading, page, paragraph, picture, shown, table
from training.report.importance import N_FAMILIES, Importance, importance_plot
from training.report.plots import gain_curves, training_plots, value_curve

CAPACITY = 0.005
HEADLINES = (
    "flow_precision_at_0_5pct",
    "flow_recall_at_0_5pct",
    "flow_value_at_0_5pct",
    "flow_missed_share",
    "test_average_precision",
    "test_auc",
)
"""Figures to look at first."""


def write_report(
    trained: Trained,
    log: pl.DataFrame,
    folder: Path,
    *,
    holds: Flags | None = None,
    capacity: float = CAPACITY,
    champion: Bundle | None = None,
    with_label_curve: bool = False,
) -> Path:
    """Write ``report.html`` with its tables as CSV and its pictures into `folder`; return the page.

    Parameters
    ----------
    holds:
        The truth for every parcel of the data set, where a synthetic world knows it.
    capacity:
        Share of the population that the line opens: for slices and disparity by origin.
    champion:
        The model that serves now; it is ranked with the others.
    with_label_curve:
        Whether to fit on parts of the labels, too: what would more of them bring?
    """
    folder.mkdir(parents=True, exist_ok=True)
    ranked = rankings(trained, log, holds=holds, champion=champion)
    importance = Importance.of(trained)
    pictures = {
        "Findings within each capacity": gain_curves(ranked, folder / "gain.png"),
        "Precision and recall": precision_recall(trained.judged, folder / "precision_recall.png"),
        "Value in the order of the score": value_curve(trained.judged, folder / "value.png"),
        "What moves the scores": importance_plot(importance, folder / "importance.png"),
        **{path.stem.replace("_", " "): path for path in training_plots(trained, folder)},
        "What more trees bring": over_trees(trained, folder / "trees.png"),
    }
    if with_label_curve:
        pictures["What more labels bring"] = over_labels(trained, folder / "labels.png")
    errors = worst(trained)
    parts = slices(trained.data, trained.split.test_population, trained.judged, capacity=capacity)
    origins = _origins(trained, ranked, capacity)
    by_station = stations(trained.data)
    methods = by_method(trained.data.parcels, trained.sensitivities)
    tables = {"slices": parts, "disparity": origins, "stations": by_station, "methods": methods, "worst": errors}
    for name, frame in tables.items():
        safe(frame).write_csv(folder / f"{name}.csv")
    written = folder / "report.html"
    content = [
        *_summary(trained, champion),
        *comparison(ranked, trained),
        *(picture(path, text) for text, path in pictures.items()),
        *_families(importance),
        *_errors(errors),
        *_slices(parts, capacity),
        *_disparity(origins, ranked),
        *_methods(methods),
        *_labels(trained, by_station),
        *_all_figures(trained),
    ]
    written.write_text(page(f"Training report: {trained.meta.name}", content), "utf-8")
    return written


def _summary(trained: Trained, champion: Bundle | None) -> list[str]:
    """What to look at first."""
    training, metrics = trained.meta.training, trained.meta.metrics
    named = ("as_of", "n_parcels", "n_inspected", "n_found", "regime", "n_trees", "seed", "data_digest")
    facts = [("champion that serves now", champion.meta.name if champion else "none")]
    facts += [(name, training[name]) for name in named]
    rows = [(name, metrics[name], _ends(metrics, name)) for name in HEADLINES if name in metrics]
    return [
        paragraph(
            "Parcels of the test slice, scored by a model that had seen nothing of it. Figures named flow_ are "
            "estimates for the screened population, test_ are of inspected parcels alone. The interval is the result; "
            "the number alone is not."
        ),
        table(("figure", "value", "90 % interval"), rows),
        table(("data", "value"), facts),
    ]


def _all_figures(trained: Trained) -> list[str]:
    metrics = trained.meta.metrics
    names = [name for name in metrics if not name.endswith(("_low", "_high"))]
    estimates = [(name, metrics[name], _ends(metrics, name)) for name in names if not name.startswith("test_")]
    figures = [(name, metrics[name], _ends(metrics, name)) for name in names if name.startswith("test_")]
    return [
        heading("All figures"),
        paragraph(
            "Estimates for the screened population are doubly robust: the model predicts every parcel; inspected "
            "parcels correct it by the inverse of the probability of their selection. They speak of detectable "
            f"findings, those that the methods in use would make. {says_of_contraband(metrics)}"
        ),
        table(("estimate", "value", "90 % interval"), estimates)
        if estimates
        else paragraph("No propensities are known."),
        table(("figure on inspected parcels", "value", "90 % interval"), figures),
    ]


def _ends(metrics: dict[str, float], name: str) -> str:
    """Interval of a figure in words; empty where it has none."""
    low, high = metrics.get(f"{name}_low"), metrics.get(f"{name}_high")
    return "" if low is None or high is None else f"{shown(low)} to {shown(high)}"


def comparison(ranked: list[Ranking], trained: Trained) -> list[str]:
    """Compare all rankings of the test slice at the capacities of a line."""
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
    if ranked[0].contraband:
        rows = [(one.name, *(_interval(one.contraband[share].finding_share) for share in CAPACITIES)) for one in ranked]
        result += [
            paragraph(
                "Estimated parcels with contraband per opened parcel, what the methods of inspection miss counted by "
                "their sensitivities, with 90 % intervals."
            ),
            table(("ranking", *(f"contraband per opened at {share:.1%}" for share in CAPACITIES)), rows),
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


def _families(importance: Importance) -> list[str]:
    return [
        heading("What the released model reads"),
        paragraph("Mean size of what each family of features moved in a parcel's score, in log-odds (TreeSHAP)."),
        table(("family", "moved"), list(importance.by_family.items())[:N_FAMILIES]),
    ]


def _errors(errors: pl.DataFrame) -> list[str]:
    return [
        heading("Worst errors"),
        paragraph(
            "Findings of the test slice with the lowest scores and clean results with the highest, by a model that had "
            "not seen them; the words say what moved the score of the released model. `seq` is the event of the log."
        ),
        table(errors.columns, errors.iter_rows()),
    ]


def _slices(parts: pl.DataFrame, capacity: float) -> list[str]:
    return [
        heading("Parts of the population"),
        paragraph(f"Estimated share of findings with its 90 % interval; share opened at a capacity of {capacity:.1%}."),
        table(parts.columns, parts.iter_rows()),
    ]


def _origins(trained: Trained, ranked: list[Ranking], capacity: float) -> pl.DataFrame:
    """Disparate impact of the model, and next to it the false-alarm ratio of one that knows no origin."""
    blind = replace(trained.judged, raw=_named(ranked, WITHOUT_ORIGIN).raw)
    without = disparity(blind, capacity=capacity).select(
        "origin", pl.col("false_alarm_ratio").alias("false_alarm_ratio without origin")
    )
    found = disparity(trained.judged, capacity=capacity)
    return found.join(without, on="origin", how="left", maintain_order="left")


def _named(ranked: list[Ranking], name: str) -> Ranking:
    return next(one for one in ranked if one.name == name)


def _disparity(origins: pl.DataFrame, ranked: list[Ranking]) -> list[str]:
    warned = origins.filter("is_warned")["origin"].to_list()
    says = (
        f"Warned about, above {DISPARITY_LIMIT:g} times the average with at least {FEW} parcels: "
        f"{', '.join(warned) or 'none'}."
    )
    mine, blind = (_named(ranked, name).found[CAPACITY].finding_share for name in (MODEL, WITHOUT_ORIGIN))
    return [
        heading("Disparate impact by origin"),
        paragraph(
            "Share opened with its 90 % interval, and false-positive rate (expected share of honest parcels opened), "
            "each over the average. " + says
        ),
        paragraph(
            f"What origin adds: {_interval(mine)} findings per opened parcel at {CAPACITY:.1%}, and "
            f"{_interval(blind)} from the same fit without the countries of dispatch, sender and goods and without the "
            "history of countries, offices and lanes. `train --without-origin` trains such a model."
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
