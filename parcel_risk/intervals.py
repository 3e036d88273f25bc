"""Command `intervals`: do the intervals hold? Many small synthetic worlds, in parallel, resumable."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import polars as pl
import typer

from features.parcel.problems import ParcelRiskError
from parcel_risk.console import markdown, out
from parcel_risk.parallel import each_of

if TYPE_CHECKING:
    from training.backtest.period import SimulationPeriod
    from training.backtest.simulate import LoopOptions


def intervals(
    seeds: Annotated[int, typer.Option(min=1, help="Small worlds to simulate, seeds from 1.")] = 40,
    jobs: Annotated[int, typer.Option(min=1, help="Worlds at the same time.")] = 2,
    scenario: Annotated[str, typer.Option(help="baseline, or half-undeclared: methods that miss.")] = "baseline",
    n_parcels: Annotated[int | None, typer.Option("--parcels", min=1000, help="Parcels of each world.")] = None,
    out_folder: Annotated[Path, typer.Option("--out", help="Folder of the tables.")] = Path("var/intervals"),
) -> None:
    """Check on synthetic worlds that the intervals of the estimates hold. Resumes where it stopped."""
    worlds = worlds_of(scenario, n_parcels)
    show_intervals(check_intervals(worlds, range(1, seeds + 1), out_folder, jobs=jobs))
    if scenario == HALF_SEEN:
        from training.backtest.contents import CANNOT_KNOW

        out.print(CANNOT_KNOW, markup=False)


HALF_SEEN = "half-undeclared"


def worlds_of(scenario: str, n_parcels: int | None) -> Worlds:
    """Small worlds of a scenario; those of half-seen mail are smaller, and have more contraband.

    Raises
    ------
    ParcelRiskError
        When intervals are not checked on worlds of this scenario.
    """
    if scenario not in ("baseline", HALF_SEEN):
        raise ParcelRiskError(
            f"intervals are not checked on worlds of {scenario!r}. Give --scenario baseline or --scenario {HALF_SEEN}."
        )
    worlds = Worlds() if scenario == "baseline" else HALF_SEEN_WORLDS
    return worlds if n_parcels is None else replace(worlds, n_parcels=n_parcels)


@dataclass(frozen=True, kw_only=True)
class Worlds:
    """The small worlds on which intervals are checked: a scenario with more contraband and a wider line."""

    scenario: str = "baseline"
    n_parcels: int = 120_000
    n_days: int = 168
    prevalence_share: float = 0.03
    capacity_share: float = 0.05
    random_share: float = 0.1
    warm_up_weeks: int = 6
    judged_weeks: int = 12
    train_every_weeks: int = 4
    n_trees: int = 200

    def options(self) -> LoopOptions:
        """Options of the loop."""
        from policy import LinePolicy
        from training.backtest.simulate import LoopOptions

        return LoopOptions(
            policy=LinePolicy(capacity_share=self.capacity_share, random_share=self.random_share),
            warm_up_weeks=self.warm_up_weeks,
            train_every_weeks=self.train_every_weeks,
            judged_weeks=self.judged_weeks,
            n_trees=self.n_trees,
            background_per_week=500,
        )

    def key(self) -> str:
        """Digest of what results depend on."""
        from features.catalogue import catalogue
        from training.fit.booster import settings

        text = json.dumps({**asdict(self), "catalogue": catalogue().fingerprint, "fit": settings()}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:10]


HALF_SEEN_WORLDS = Worlds(
    scenario=HALF_SEEN,
    n_parcels=20_000,
    n_days=84,
    prevalence_share=0.05,
    capacity_share=0.25,
    random_share=0.5,
    warm_up_weeks=3,
    judged_weeks=6,
    train_every_weeks=3,
    n_trees=30,
)
"""Wide lines with many draws, so that small worlds have findings enough for their intervals to mean something."""


def check_intervals(worlds: Worlds, seeds: range, folder: Path, *, jobs: int) -> pl.DataFrame:
    """Check every world that is not checked yet; write ``intervals.csv`` and return the summary."""
    from training.backtest.contents import contents_summary
    from training.backtest.coverage import coverage_summary

    parts = folder / worlds.key()
    parts.mkdir(parents=True, exist_ok=True)
    text = f"checking the intervals in {len(seeds)} worlds"
    for _ in each_of(text, _checked, [(worlds, seed, parts) for seed in seeds], jobs=jobs):
        pass
    rows: list[dict[str, Any]] = [
        row for seed in seeds for row in json.loads((parts / f"{seed}.json").read_text("utf-8"))
    ]
    pl.DataFrame(rows).write_csv(folder / "intervals-worlds.csv")
    summary = contents_summary if worlds.scenario == HALF_SEEN else coverage_summary
    table = pl.DataFrame(summary(rows))
    table.write_csv(folder / "intervals.csv")
    (folder / "intervals.md").write_text(markdown(table), "utf-8")
    return table


def show_intervals(table: pl.DataFrame) -> None:
    """Print the summary."""
    out.print(markdown(table), soft_wrap=True)


def _checked(worlds: Worlds, seed: int, parts: Path) -> int:
    from parcel_risk.periods import period_of, with_prevalence
    from training.backtest.coverage import cover

    path = parts / f"{seed}.json"
    if not path.exists():
        period = period_of(
            with_prevalence(worlds.scenario, worlds.prevalence_share),
            n_parcels=worlds.n_parcels,
            n_days=worlds.n_days,
            seed=seed,
        )
        checked = (
            _contents(period, worlds, seed) if period.method is not None else cover(period, worlds.options(), seed=seed)
        )
        rows = [{"seed": seed, **row} for row in checked]
        partial = path.with_suffix(".part")
        partial.write_text(json.dumps(rows), "utf-8")
        partial.rename(path)
    return seed


def _contents(period: SimulationPeriod, worlds: Worlds, seed: int) -> list[dict[str, Any]]:
    from data.synthetic import load_scenario
    from features.parcel.fields import METHODS
    from parcel_risk.periods import seen_by
    from training.backtest.contents import cover_contents

    inspection = load_scenario(worlds.scenario).inspection
    shares = seen_by(inspection).tolist()
    in_use = {
        METHODS.index(name): shares[METHODS.index(name)] for name in inspection.methods if inspection.methods[name]
    }
    return cover_contents(period, worlds.options(), in_use, seed=seed)
