"""What moves the scores of a model: exact contributions to the raw score (TreeSHAP), by feature and by family."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from features.catalogue import catalogue
from features.declared.declare import Floats
from training.data.datasets import Flags
from training.fit.run import Trained
from training.report.plots import saved

N_PARCELS = 1_500
"""Parcels whose scores are taken apart: the findings of the test slice and an even sample of the others."""
N_FAMILIES, N_SHOWN = 15, 15
_COLOURS = "cividis"


@dataclass(frozen=True, kw_only=True)
class Importance:
    """Contributions to the raw score of the released model, in log-odds.

    Attributes
    ----------
    names:
        Features of the model, ``(k,)``.
    values, contributions:
        Feature rows and what each value moved, ``(n, k)``.
    """

    names: tuple[str, ...]
    values: Floats
    contributions: Floats

    @classmethod
    def of(cls, trained: Trained) -> Importance:
        """Take the scores of parcels of the test slice apart."""
        values = trained.data.table(_chosen(trained), trained.columns)
        found = np.asarray(trained.fitted.booster.predict(values, pred_contrib=True))
        return cls(names=trained.meta.features, values=values, contributions=found[:, :-1])

    @property
    def by_feature(self) -> dict[str, float]:
        """Mean size of what each feature moved, the largest first."""
        return _largest_first(self.names, np.abs(self.contributions).mean(axis=0))

    @property
    def by_family(self) -> dict[str, float]:
        """Mean size of what each family moved, its features added up parcel by parcel; the largest first."""
        families = [catalogue()[name].family for name in self.names]
        names = tuple(dict.fromkeys(families))
        member = np.array([[family == name for name in names] for family in families], dtype=np.float64)
        return _largest_first(names, np.abs(self.contributions @ member).mean(axis=0))


def importance_plot(importance: Importance, path: Path) -> Path:
    """Families by the size of what they move, and the leading features parcel by parcel."""
    figure = Figure(figsize=(12, 7), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.6))
    families = dict(list(importance.by_family.items())[:N_FAMILIES])
    left.barh([name.replace("_", " ") for name in families][::-1], list(families.values())[::-1], color="tab:blue")
    left.set(xlabel="mean size of the contribution, log-odds", title="Families of features")
    shown = list(importance.by_feature)[:N_SHOWN]
    spread = np.random.default_rng(1)
    for place, name in enumerate(reversed(shown)):
        column = importance.names.index(name)
        moved, value = importance.contributions[:, column], importance.values[:, column]
        height = place + spread.uniform(-0.3, 0.3, moved.size)
        known = ~np.isnan(value)
        right.scatter(moved[~known], height[~known], s=4, color="lightgrey")
        right.scatter(moved[known], height[known], s=4, c=_rank(value[known]), cmap=_COLOURS, vmin=0, vmax=1)
    right.set_yticks(range(len(shown)), shown[::-1])
    right.axvline(0, color="grey", linewidth=0.8)
    right.set(xlabel="contribution to the score (yellow: high value, blue: low, grey: missing)")
    right.set_title("Leading features, parcel by parcel")
    return saved(figure, path)


def _chosen(trained: Trained) -> Flags:
    test = trained.split.test_population
    rows = np.flatnonzero(test)
    found = rows[trained.data.label[rows] == 1][:N_PARCELS]
    step = max(1, rows.size // max(1, N_PARCELS - found.size))
    chosen = np.zeros(test.size, dtype=np.bool_)
    chosen[found] = chosen[rows[::step]] = True
    return chosen


def _largest_first(names: tuple[str, ...], size: Floats) -> dict[str, float]:
    return {names[index]: float(size[index]) for index in np.argsort(-size, kind="stable")}


def _rank(values: Floats) -> Floats:
    """Share of the values that are smaller."""
    ordered = np.sort(values)
    return np.asarray(np.searchsorted(ordered, values) / max(1, values.size - 1))
