"""Drift: how far a recent window has moved from what a model was trained on, feature by feature and in its scores."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from matplotlib.figure import Figure

from features.bundle import Bundle
from features.catalogue import catalogue
from features.declared.declare import Floats, Kind
from features.sources.columns.export import safe
from policy.estimates import EstimatedFindings, estimate
from training.data.datasets import Dataset, Flags
from training.data.parts import raw_by_bundle
from training.estimates.populations import population_of
from training.evaluation.label_quality import delays, stations
from training.report.html import heading, page, paragraph, picture, table

N_BINS = 10
NOTABLE, STRONG = 0.1, 0.25
"""The usual bounds of the population stability index: below .1 no change to speak of, above .25 a strong one."""
_FLOOR = 1e-4


@dataclass(frozen=True, kw_only=True)
class Drift:
    """What has changed.

    Attributes
    ----------
    features:
        ``feature, psi, missing_before, missing_now``, the largest change first; the score is among them.
    found:
        Doubly robust estimate for the recent window.
    expected_share:
        Mean probability that the model gives it.
    n_before, n_now:
        Parcels of the training window and of the recent one.
    """

    features: pl.DataFrame
    found: EstimatedFindings
    expected_share: float
    n_before: int
    n_now: int

    @property
    def is_calibrated(self) -> bool:
        """Whether the mean probability is within the interval of the estimate."""
        return self.found.finding_share.holds(self.expected_share)


def psi(before: Floats, now: Floats, *, is_category: bool = False) -> float:
    """Population stability index of `now` against `before`; missing values are a bin of their own.

    Numbers are cut at the deciles of `before`, categories by their codes. Shares below one in ten thousand count as so
    many.
    """
    edges = np.unique(before[~np.isnan(before)]) if is_category else _deciles(before)
    old, new = _shares(before, edges, is_category=is_category), _shares(now, edges, is_category=is_category)
    return float(((new - old) * np.log(new / old)).sum())


def _deciles(values: Floats) -> Floats:
    known = values[~np.isnan(values)]
    return np.asarray(np.unique(np.quantile(known, np.linspace(0, 1, N_BINS + 1)[1:-1])) if known.size else known)


def _shares(values: Floats, edges: Floats, *, is_category: bool) -> Floats:
    missing = np.isnan(values)
    if is_category:
        index = np.searchsorted(edges, values[~missing])
        known = (index < edges.size) & (edges[np.minimum(index, edges.size - 1)] == values[~missing])
        bins = np.where(known, index, edges.size)
    else:
        bins = np.searchsorted(edges, values[~missing], side="right")
    counts = np.append(np.bincount(bins, minlength=edges.size + 1), missing.sum()).astype(np.float64)
    return np.asarray(np.maximum(counts / max(1.0, counts.sum()), _FLOOR))


def measure_drift(data: Dataset, bundle: Bundle, *, before: Flags, now: Flags) -> Drift:
    """Compare the parcels `now` with those `before`, as `bundle` sees them."""
    raw_before, raw_now = raw_by_bundle(bundle, data, before), raw_by_bundle(bundle, data, now)
    rows = [("score", psi(raw_before, raw_now), 0.0, 0.0)]
    for name in bundle.meta.features:
        column = catalogue().names.index(name)
        values = bundle.column(column, data.values, data.parcels["description"])
        old, new = values[before], values[now]
        is_category = catalogue().features[column].kind is Kind.CATEGORY
        change = psi(old, new, is_category=is_category)
        rows.append((name, change, float(np.isnan(old).mean()), float(np.isnan(new).mean())))
    probability = bundle.probability(raw_now)
    return Drift(
        features=pl.DataFrame(rows, schema=["feature", "psi", "missing_before", "missing_now"], orient="row").sort(
            "psi", "feature", descending=[True, False]
        ),
        found=estimate(population_of(data, now, probability)),
        expected_share=float(probability.mean()),
        n_before=int(before.sum()),
        n_now=int(now.sum()),
    )


def write_drift(drift: Drift, data: Dataset, name: str, folder: Path) -> Path:
    """Write ``drift.html`` with its tables as CSV into `folder`; return the page."""
    folder.mkdir(parents=True, exist_ok=True)
    by_station = stations(data)
    safe(drift.features).write_csv(folder / "drift.csv")
    safe(by_station).write_csv(folder / "stations.csv")
    share = drift.found.finding_share
    verdict = "agrees with" if drift.is_calibrated else "contradicts"
    content = [
        paragraph(f"{drift.n_now:,} recent parcels compared with the {drift.n_before:,} that {name} was trained on."),
        heading("Calibration"),
        paragraph(
            f"The model expects findings in {drift.expected_share:.3%} of the recent mail flow; the inspections say "
            f"{share.value:.3%}, between {share.low:.3%} and {share.high:.3%}. This {verdict} the model."
        ),
        heading("What has moved"),
        paragraph(f"Population stability index: from {NOTABLE} a notable change, from {STRONG} a strong one."),
        picture(_drawn(drift, folder / "drift.png"), "The largest population stability indices"),
        table(drift.features.columns, drift.features.head(40).iter_rows()),
        heading("Labels"),
        table(("figure", "value"), delays(data).items()),
        paragraph(
            "Stations whose results cannot be chance are outliers (column `is_odd`); leave one out of training with "
            "`parcel-risk train --without-station NAME` once somebody has looked."
        ),
        table(by_station.columns, by_station.iter_rows()),
    ]
    path = folder / "drift.html"
    path.write_text(page(f"Drift since {name} was trained", content), "utf-8")
    return path


def _drawn(drift: Drift, path: Path) -> Path:
    top = drift.features.head(20).reverse()
    figure = Figure(figsize=(8, 6), layout="constrained")
    axes = figure.subplots()
    axes.barh(top["feature"].to_list(), top["psi"].to_list())
    for bound in (NOTABLE, STRONG):
        axes.axvline(bound, color="grey", linestyle="--")
    axes.set_xlabel("population stability index")
    figure.savefig(path, dpi=100, metadata={"Software": None})
    return path
