"""Command `sources`: lists, rules, model, officer's pick and chance on synthetic worlds, alone and together."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from parcel_risk.console import markdown, out, working


def sources(
    scenario: Annotated[
        list[str] | None, typer.Option(help="Scenario to simulate; repeatable. Default: baseline and collapse.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Worlds of each scenario.")] = 2,
    parcels: Annotated[int, typer.Option(min=5_000, help="Parcels of a world.")] = 200_000,
    days: Annotated[
        int, typer.Option(min=84, help="Days of a world; the first eight weeks are the same for all.")
    ] = 168,
    capacity: Annotated[
        float, typer.Option(min=0.0001, max=1.0, help="Share of the population that is inspected.")
    ] = 0.01,
    trees: Annotated[int, typer.Option(min=1, help="Trees of a weekly model.")] = 150,
    file: Annotated[Path, typer.Option("--out", help="Markdown file that the tables are written to.")] = Path(
        "var/sources.md"
    ),
) -> None:
    """Show what each source of selection finds alone, together, and uniquely, per 1,000 inspections (synthetic)."""
    from parcel_risk.periods import period_of, with_prevalence
    from policy import LinePolicy
    from training.backtest.simulate import LoopOptions
    from training.backtest.sources import pooled, yields

    options = LoopOptions(policy=LinePolicy(capacity_share=capacity), n_trees=trees, train_every_weeks=2)
    text = [f"{seeds} worlds of {parcels:,} parcels and {days} days each, capacity {capacity:.1%}, {trees} trees\n"]
    for name in scenario or ("baseline", "collapse"):
        worlds = []
        for seed in range(1, seeds + 1):
            with working(f"simulating {name} {seed}"):
                period = period_of(with_prevalence(name, None), n_parcels=parcels, n_days=days, seed=seed)
                worlds.append(yields(period, options, seed=seed))
        text.append(f"{name}:\n\n{markdown(pooled(worlds))}")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(text), "utf-8")
    out.print("\n".join(text), markup=False, soft_wrap=True)
