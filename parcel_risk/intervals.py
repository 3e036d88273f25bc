"""Command `intervals`: do the intervals hold? Many small synthetic worlds, in parallel, resumable."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import polars as pl
import typer

from parcel_risk.console import markdown, out, working

if TYPE_CHECKING:
    from training.backtest.simulate import LoopOptions


def intervals(
    seeds: Annotated[int, typer.Option(min=1, help="Small worlds to simulate, seeds from 1.")] = 40,
    jobs: Annotated[int, typer.Option(min=1, help="Worlds at the same time.")] = 2,
    out_folder: Annotated[Path, typer.Option("--out", help="Folder of the tables.")] = Path("var/intervals"),
) -> None:
    """Check on synthetic worlds that the intervals of the estimates hold. Resumes where it stopped."""
    show_intervals(check_intervals(Worlds(), range(1, seeds + 1), out_folder, jobs=jobs))


@dataclass(frozen=True, kw_only=True)
class Worlds:
    """The small worlds on which intervals are checked: `baseline` with more contraband and a wider line."""

    n_parcels: int = 120_000
    n_days: int = 168
    prevalence_share: float = 0.03
    capacity_share: float = 0.05
    warm_up_weeks: int = 6
    judged_weeks: int = 12
    train_every_weeks: int = 4
    n_trees: int = 200

    def options(self) -> LoopOptions:
        """Options of the loop."""
        from policy import LinePolicy
        from training.backtest.simulate import LoopOptions

        return LoopOptions(
            policy=LinePolicy(capacity_share=self.capacity_share),
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


def check_intervals(worlds: Worlds, seeds: range, folder: Path, *, jobs: int) -> pl.DataFrame:
    """Check every world that is not checked yet; write ``intervals.csv`` and return the summary."""
    from joblib import Parallel, delayed

    from training.backtest.coverage import coverage_summary

    parts = folder / worlds.key()
    parts.mkdir(parents=True, exist_ok=True)
    with working(f"checking the intervals in {len(seeds)} worlds") as progress:
        task = progress.task_ids[0]
        progress.update(task, total=len(seeds))
        jobs_done = Parallel(n_jobs=jobs, return_as="generator_unordered")(
            delayed(_checked)(worlds, seed, parts) for seed in seeds
        )
        for _ in jobs_done:
            progress.advance(task)
    rows: list[dict[str, Any]] = [
        row for seed in seeds for row in json.loads((parts / f"{seed}.json").read_text("utf-8"))
    ]
    pl.DataFrame(rows).write_csv(folder / "intervals-worlds.csv")
    table = pl.DataFrame(coverage_summary(rows))
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
            with_prevalence("baseline", worlds.prevalence_share),
            n_parcels=worlds.n_parcels,
            n_days=worlds.n_days,
            seed=seed,
        )
        rows = [{"seed": seed, **row} for row in cover(period, worlds.options(), seed=seed)]
        partial = path.with_suffix(".part")
        partial.write_text(json.dumps(rows), "utf-8")
        partial.rename(path)
    return seed
