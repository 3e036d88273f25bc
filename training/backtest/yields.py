"""What sources of selection found in many worlds: pooled, world against world, and as a plot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from matplotlib.figure import Figure

from features.declared.declare import Floats
from policy.estimates import Interval, wilson

_N_RESAMPLES = 10_000


@dataclass(frozen=True, kw_only=True)
class Yield:
    """What inspections found: alone, together, or what one source alone selected when all worked together."""

    name: str
    n_inspected: int
    n_found: int
    value: float

    @property
    def share(self) -> Interval:
        """Findings per inspection, with its 90 % interval."""
        return wilson(self.n_found, self.n_inspected)


def pooled(worlds: Sequence[Sequence[Yield]]) -> pl.DataFrame:
    """Findings and utility per 1,000 inspections over all worlds, with 90 % intervals of the findings.

    A source that knows few parcels finds much per inspection and leaves the line idle: ``per_1000_places`` are its
    findings per 1,000 places of the line, of which there are as many as the source inspects that inspects most.
    """
    rows = []
    places = max((sum(one.n_inspected for one in same) for same in zip(*worlds, strict=True)), default=0)
    for same in zip(*worlds, strict=True):
        one = Yield(
            name=same[0].name,
            n_inspected=sum(each.n_inspected for each in same),
            n_found=sum(each.n_found for each in same),
            value=sum(each.value for each in same),
        )
        per = 1_000 / max(1, one.n_inspected)
        share = one.share.scaled(1_000)
        rows.append(
            {
                "source": one.name,
                "inspections": one.n_inspected,
                "findings": one.n_found,
                "per_1000": one.n_found * per,
                "low": share.low,
                "high": share.high,
                "utility_per_1000": one.value * per,
                "per_1000_places": one.n_found * 1_000 / max(1, places),
                "utility_per_1000_places": one.value * 1_000 / max(1, places),
            }
        )
    return pl.DataFrame(rows)


def against(worlds: Sequence[Sequence[Yield]], name: str, others: Sequence[str]) -> pl.DataFrame:
    """Findings and points of `name` less those of each other, a world, with 90 % intervals over worlds.

    The mean of the differences is drawn anew from the worlds 10,000 times, with a fixed seed. An interval that holds
    nought does not tell which is better.

    Raises
    ------
    KeyError
        When a world has nothing of that name.
    """
    found = {name: _of(worlds, name) for name in (name, *others)}
    drawn = np.random.default_rng(0).integers(0, len(worlds), (_N_RESAMPLES, len(worlds)))
    rows = []
    for other in others:
        row: dict[str, object] = {"less": other, "worlds": len(worlds)}
        for column, what in enumerate(("findings", "points")):
            less = found[name][:, column] - found[other][:, column]
            low, high = np.quantile(less[drawn].mean(axis=1), (0.05, 0.95))
            row |= {what: float(less.mean()), f"{what}_low": float(low), f"{what}_high": float(high)}
            row[f"{what}_ahead"] = int((less > 0).sum())
        rows.append(row)
    return pl.DataFrame(rows)


def _of(worlds: Sequence[Sequence[Yield]], name: str) -> Floats:
    """Findings and points of one name, a row a world."""
    named = [{one.name: (one.n_found, one.value) for one in world} for world in worlds]
    return np.array([world[name] for world in named], float)


def draw_yields(scenarios: dict[str, pl.DataFrame], path: Path) -> None:
    """Plot findings per 1,000 inspections with their intervals, a panel a scenario, from `pooled`."""
    figure = Figure(figsize=(5.2 * len(scenarios) + 1.5, 5), layout="constrained")
    panels = figure.subplots(1, len(scenarios), squeeze=False, sharey=True)[0]
    for panel, (scenario, table) in zip(panels, scenarios.items(), strict=True):
        shown = table.filter(pl.col("inspections") > 0).reverse()
        middle = shown["per_1000"].to_numpy()
        panel.errorbar(
            middle,
            shown["source"].to_list(),
            xerr=[middle - shown["low"].to_numpy(), shown["high"].to_numpy() - middle],
            fmt="o",
            capsize=3,
        )
        panel.set_title(f"{scenario} (synthetic)")
        panel.set_xlabel("findings per 1,000 inspections")
        panel.set_xlim(left=0)
        panel.grid(axis="x", alpha=0.3)
    figure.savefig(path, dpi=110)
