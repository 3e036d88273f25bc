"""Command `backtest`: strategies simulated on synthetic worlds week by week, in parallel, resumable."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import polars as pl
import typer

from features.parcel.problems import ParcelRiskError
from parcel_risk.console import markdown, out
from parcel_risk.parallel import each_of

if TYPE_CHECKING:
    from training.backtest.simulate import LoopOptions

_DRIFT = {"collapse": (0.45, 0.62)}
"""Shares of the window between which habits change, from the scenario's file."""


def backtest(
    scenario: Annotated[
        list[str] | None, typer.Option(help="Scenario to simulate; repeatable. Default: baseline and collapse.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Worlds of each scenario.")] = 3,
    first_seed: Annotated[int, typer.Option(min=0, help="Seed of the first world; the others follow.")] = 1,
    parcels: Annotated[int, typer.Option(min=5_000, help="Parcels of a world.")] = 1_000_000,
    days: Annotated[
        int, typer.Option(min=84, help="Days of a world; the first eight weeks are the same for all.")
    ] = 280,
    capacity: Annotated[
        float, typer.Option(min=0.0001, max=1.0, help="Share of the population that is inspected.")
    ] = 0.005,
    strategy: Annotated[list[str] | None, typer.Option(help="Strategy to simulate; repeatable. Default: all.")] = None,
    trees: Annotated[int, typer.Option(min=1, help="Trees of a weekly model.")] = 300,
    train_every: Annotated[int, typer.Option(min=1, help="Weeks between two trainings.")] = 1,
    jobs: Annotated[int, typer.Option(min=1, help="Worlds simulated at the same time; each needs 3 GB a million.")] = 1,
    out_folder: Annotated[Path, typer.Option("--out", help="Folder of tables and plots.")] = Path("var/backtest"),
) -> None:
    """Simulate synthetic worlds week by week: what would each strategy have found? Resumes where it stopped."""
    names = strategy_names()
    unknown = set(strategy or ()) - set(names)
    if unknown:
        raise ParcelRiskError(f"there is no strategy {', '.join(sorted(unknown))}; there are {', '.join(names)}.")
    plan = BacktestPlan(
        scenarios=tuple(scenario or ("baseline", "collapse")),
        seeds=tuple(range(first_seed, first_seed + seeds)),
        n_parcels=parcels,
        n_days=days,
        capacity_share=capacity,
        strategies=tuple(strategy or names),
        n_trees=trees,
        train_every_weeks=train_every,
    )
    show_backtest(run_backtest(plan, out_folder, jobs=jobs))


def strategy_names() -> tuple[str, ...]:
    """Name every strategy."""
    from training.backtest.strategies import STRATEGIES

    return tuple(strategy.name for strategy in STRATEGIES)


@dataclass(frozen=True, kw_only=True)
class BacktestPlan:
    """One back-test: which worlds, of which size, and with which strategies."""

    scenarios: tuple[str, ...]
    seeds: tuple[int, ...]
    n_parcels: int
    n_days: int
    capacity_share: float
    strategies: tuple[str, ...] = field(default_factory=strategy_names)
    n_trees: int = 300
    train_every_weeks: int = 1

    def options(self) -> LoopOptions:
        """Options of the loop."""
        from policy import LinePolicy
        from training.backtest.simulate import LoopOptions

        policy = LinePolicy(capacity_share=self.capacity_share)
        return LoopOptions(policy=policy, n_trees=self.n_trees, train_every_weeks=self.train_every_weeks)

    def key(self) -> str:
        """Digest of what results depend on, so that a changed game does not resume an older one."""
        from features.catalogue import catalogue
        from training.data.severity import Severity
        from training.fit.booster import settings

        given = {
            name: value for name, value in asdict(self).items() if name not in ("scenarios", "seeds", "strategies")
        }
        text = json.dumps(
            {**given, "catalogue": catalogue().fingerprint, "fit": settings(), "points": Severity.read().points},
            sort_keys=True,
        )
        return hashlib.sha256(text.encode()).hexdigest()[:10]


def run_backtest(plan: BacktestPlan, folder: Path, *, jobs: int) -> pl.DataFrame:
    """Simulate what is missing, then write tables and plots into `folder`; return the comparison."""
    parts = folder / plan.key()
    parts.mkdir(parents=True, exist_ok=True)
    worlds = [(plan, scenario, seed, parts) for scenario in plan.scenarios for seed in plan.seeds]
    text = f"simulating {len(worlds)} worlds with {len(plan.strategies)} strategies"
    for said in each_of(text, _simulate_world, worlds, jobs=jobs):
        out.print(said)
    weeks = pl.concat(list(_simulated(plan, parts)))
    return _written(plan, weeks, parts, folder)


def show_backtest(table: pl.DataFrame) -> None:
    """Print the comparison."""
    shown = (
        "scenario",
        "strategy",
        "phase",
        "n_inspected",
        "n_found",
        "value",
        "n_missed",
        "value_to_exploitation",
        "value_to_rules",
    )
    out.print(markdown(table.select(shown)), soft_wrap=True)


def _simulate_world(plan: BacktestPlan, scenario: str, seed: int, parts: Path) -> str:
    """Simulate one world with every strategy that is missing for it."""
    from parcel_risk.periods import period_of, with_prevalence
    from training.backtest.ceiling import compare_with_ceiling
    from training.backtest.simulate import run_simulation
    from training.backtest.strategies import STRATEGIES

    missing = [
        strategy
        for strategy in STRATEGIES
        if strategy.name in plan.strategies and not _file(parts, scenario, seed, strategy.name).exists()
    ]
    if not missing:
        return f"{scenario} {seed}: already simulated"
    period = period_of(with_prevalence(scenario, None), n_parcels=plan.n_parcels, n_days=plan.n_days, seed=seed)
    options = plan.options()
    for strategy in missing:
        simulated = run_simulation(period, strategy, options, seed=seed)
        if strategy.learns:
            ending = compare_with_ceiling(period, simulated, options, seed=seed)
            document = {"share_of_ceiling": ending.share_of_ceiling, **asdict(ending)}
            _final_file(parts, scenario, seed, strategy.name).write_text(json.dumps(document), "utf-8")
        names = {"scenario": scenario, "seed": seed, "strategy": strategy.name}
        weeks = simulated.weeks.with_columns(pl.lit(value).alias(name) for name, value in names.items())
        partial = _file(parts, scenario, seed, strategy.name).with_suffix(".part")
        weeks.write_parquet(partial)
        partial.rename(_file(parts, scenario, seed, strategy.name))
    return f"{scenario} {seed}: simulated {', '.join(strategy.name for strategy in missing)}"


def _file(parts: Path, scenario: str, seed: int, strategy: str) -> Path:
    return parts / f"{scenario}-{seed}-{strategy}.parquet"


def _final_file(parts: Path, scenario: str, seed: int, strategy: str) -> Path:
    return parts / f"{scenario}-{seed}-{strategy}.json"


def _simulated(plan: BacktestPlan, parts: Path) -> Iterator[pl.DataFrame]:
    for scenario in plan.scenarios:
        for seed in plan.seeds:
            for strategy in plan.strategies:
                yield pl.read_parquet(_file(parts, scenario, seed, strategy))


def drift_weeks(scenario: str, n_days: int) -> tuple[int, int]:
    """Weeks between which habits change; without a drift the middle of the period."""
    start, end = _DRIFT.get(scenario, (0.5, 0.5))
    return int(start * n_days / 7), int(end * n_days / 7)


def _written(plan: BacktestPlan, weeks: pl.DataFrame, parts: Path, folder: Path) -> pl.DataFrame:
    from training.backtest.summary import by_phase, compared, draw_loop, recovery_weeks

    first = plan.options().warm_up_weeks
    tables, recovery = [], []
    for scenario in plan.scenarios:
        start, end = drift_weeks(scenario, plan.n_days)
        rows = weeks.filter(pl.col("scenario") == scenario)
        phases = by_phase(rows, first_week=first, drift_from=start, drift_until=end)
        phases.write_csv(folder / f"backtest-{scenario}-seeds.csv")
        tables.append(compared(phases))
        draw_loop(
            rows,
            folder / f"backtest-{scenario}.png",
            scenario=scenario,
            drift_from=start if scenario in _DRIFT else None,
        )
        recovery += [
            {
                "scenario": scenario,
                "strategy": name,
                "recovery_weeks": recovery_weeks(
                    rows.filter(pl.col("strategy") == name), first_week=first, drift_from=start
                ),
            }
            for name in plan.strategies
            if scenario in _DRIFT
        ]
    table = pl.concat(tables)
    table.write_csv(folder / "backtest.csv")
    (folder / "backtest.md").write_text(markdown(table), "utf-8")
    if recovery:
        pl.DataFrame(recovery).write_csv(folder / "backtest-recovery.csv")
    finals = pl.DataFrame(list(_finals(plan, parts)))
    if finals.height:
        finals.write_csv(folder / "backtest-final.csv")
    return table


def _finals(plan: BacktestPlan, parts: Path) -> Iterator[dict[str, Any]]:
    for scenario in plan.scenarios:
        for seed in plan.seeds:
            for name in plan.strategies:
                path = _final_file(parts, scenario, seed, name)
                if path.exists():
                    yield {"scenario": scenario, "seed": seed, "strategy": name, **json.loads(path.read_text("utf-8"))}
