"""Plots of the fact sheet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from data.synthetic.world import World

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_plots(world: World, out: Path) -> list[Path]:
    """Draw parcels and contraband per day, masses by class, and parcels per sender; return the PNG files."""
    drawn = {"per_day": _per_day, "masses": _masses, "parcels_per_sender": _per_sender}
    return [_saved(out / f"{name}.png", world, draw) for name, draw in drawn.items()]


def _saved(path: Path, world: World, draw: Callable[[World, Axes], None]) -> Path:
    import matplotlib.figure  # takes a second to import; only a fact sheet needs it

    figure = matplotlib.figure.Figure(figsize=(7.5, 3.2), layout="constrained")
    draw(world, figure.subplots())
    # No software stamp: the same world gives the same bytes.
    figure.savefig(path, dpi=110, metadata={"Software": None})
    return path


def _per_day(world: World, axes: Axes) -> None:
    day = world.parcels["lodged_at"].dt.date()
    counts = (
        pl.DataFrame({"day": day, "holds": world.truth["contains"].is_not_null()})
        .group_by("day")
        .agg(pl.len().alias("n"), pl.col("holds").sum())
        .sort("day")
    )
    axes.plot(counts["day"].to_numpy(), counts["n"].to_numpy(), color="tab:blue", label="parcels")
    axes.set_ylabel("parcels per day")
    other = axes.twinx()
    other.plot(
        counts["day"].to_numpy(), counts["holds"].to_numpy(), color="tab:red", linestyle="--", label="with contraband"
    )
    other.set_ylabel("with contraband (dashed)")
    axes.set_title("Parcels per day (synthetic)")
    axes.tick_params(axis="x", rotation=30)


def _masses(world: World, axes: Axes) -> None:
    held = world.truth.filter(pl.col("contains").is_not_null()).sort("contains")
    groups = held.partition_by("contains", maintain_order=True)
    if groups:
        axes.boxplot(
            [np.log10(group["mass_g"].to_numpy()) for group in groups],
            tick_labels=[str(group["contains"][0]) for group in groups],
        )
    axes.set_ylabel("log10 of g")
    axes.set_title("Mass of contraband by class (synthetic)")
    axes.tick_params(axis="x", rotation=30)


def _per_sender(world: World, axes: Axes) -> None:
    counts = np.sort(world.parcels.group_by("sender_name", "sender_postcode").len()["len"].to_numpy())[::-1]
    axes.loglog(np.arange(1, counts.size + 1), counts, color="tab:blue")
    axes.set_xlabel("sender, by number of parcels")
    axes.set_ylabel("parcels")
    axes.set_title("Parcels per sender (synthetic)")
