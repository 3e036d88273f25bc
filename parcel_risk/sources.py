"""Command `sources`: lists, rules, model, officer's pick and chance on synthetic worlds; parallel, resumable."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parcel_risk.console import markdown, out
from parcel_risk.parallel import each_of

if TYPE_CHECKING:
    from training.backtest.simulate import LoopOptions
    from training.backtest.yields import Yield


def sources(
    scenario: Annotated[
        list[str] | None, typer.Option(help="Scenario to simulate; repeatable. Default: baseline and collapse.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Worlds of each scenario.")] = 2,
    first_seed: Annotated[int, typer.Option(min=0, help="Seed of the first world; the others follow.")] = 1,
    parcels: Annotated[int, typer.Option(min=5_000, help="Parcels of a world.")] = 200_000,
    days: Annotated[
        int, typer.Option(min=84, help="Days of a world; the first eight weeks are the same for all.")
    ] = 168,
    capacity: Annotated[
        float, typer.Option(min=0.0001, max=1.0, help="Share of the population that is inspected.")
    ] = 0.01,
    trees: Annotated[int, typer.Option(min=1, help="Trees of a weekly model.")] = 150,
    jobs: Annotated[int, typer.Option(min=1, help="Worlds simulated at the same time.")] = 1,
    folder: Annotated[Path, typer.Option("--out", help="Folder of tables and plot.")] = Path("var/sources"),
) -> None:
    """Show what each source of selection finds alone, together, and uniquely (synthetic). Resumes where it stopped."""
    plan = SourcesPlan(n_parcels=parcels, n_days=days, capacity_share=capacity, n_trees=trees)
    compare_sources(
        plan, scenario or ("baseline", "collapse"), range(first_seed, first_seed + seeds), folder, jobs=jobs
    )
    out.print((folder / "sources.md").read_text("utf-8"), markup=False, soft_wrap=True)


@dataclass(frozen=True, kw_only=True)
class SourcesPlan:
    """What a world and a line are like."""

    n_parcels: int
    n_days: int
    capacity_share: float
    n_trees: int

    def options(self) -> LoopOptions:
        """Options of the loop."""
        from policy import LinePolicy
        from training.backtest.simulate import LoopOptions

        policy = LinePolicy(capacity_share=self.capacity_share)
        return LoopOptions(policy=policy, n_trees=self.n_trees, train_every_weeks=2)

    def key(self) -> str:
        """Digest of what results depend on, so that a changed game does not resume an older one."""
        from features.catalogue import catalogue
        from training.backtest.sources import OFFICERS_LIFT, PARTS
        from training.data.severity import Severity
        from training.fit.booster import settings

        game = {"catalogue": catalogue().fingerprint, "fit": settings(), "points": Severity.read().points}
        sources = {"parts": dict(PARTS), "lift": OFFICERS_LIFT}
        return hashlib.sha256(json.dumps([asdict(self), game, sources], sort_keys=True).encode()).hexdigest()[:10]


def compare_sources(plan: SourcesPlan, scenarios: Sequence[str], seeds: range, folder: Path, *, jobs: int) -> None:
    """Simulate what is missing; write ``sources.md``, ``sources.png`` and a file a world and source into `folder`."""
    parts = folder / plan.key()
    parts.mkdir(parents=True, exist_ok=True)
    worlds = [(plan, scenario, seed, parts) for seed in seeds for scenario in scenarios]
    for said in each_of(f"simulating {len(worlds)} worlds", _simulate_world, worlds, jobs=jobs):
        out.print(said)
    _write(plan, {name: [_read(parts, name, seed) for seed in seeds] for name in scenarios}, folder)


def _simulate_world(plan: SourcesPlan, scenario: str, seed: int, parts: Path) -> str:
    """Simulate one world with every source that is missing for it."""
    from parcel_risk.periods import period_of, with_prevalence
    from training.backtest.sources import RUNS, yields

    missing = [name for name in _names() if not _file(parts, scenario, seed, name).exists()]
    if not missing:
        return f"{scenario} {seed}: already simulated"
    period = period_of(with_prevalence(scenario, None), n_parcels=plan.n_parcels, n_days=plan.n_days, seed=seed)
    for name in missing:
        found = [asdict(one) for one in yields(period, plan.options(), name, seed=seed)]
        path = _file(parts, scenario, seed, name)
        partial = path.with_suffix(".part")
        partial.write_text(json.dumps(found), "utf-8")
        partial.rename(path)
    return f"{scenario} {seed}: simulated {len(missing)} of {len(RUNS) + 1}"


def _names() -> list[str]:
    from training.backtest.sources import RUNS, TOGETHER

    return [*RUNS, TOGETHER]


def _file(parts: Path, scenario: str, seed: int, name: str) -> Path:
    return parts / f"{scenario}-{seed}-{name.replace(' ', '-')}.json"


def _read(parts: Path, scenario: str, seed: int) -> list[Yield]:
    from training.backtest.yields import Yield

    return [
        Yield(**row) for name in _names() for row in json.loads(_file(parts, scenario, seed, name).read_text("utf-8"))
    ]


def _write(plan: SourcesPlan, found: dict[str, list[list[Yield]]], folder: Path) -> None:
    from training.backtest.sources import RUNS, TOGETHER
    from training.backtest.yields import against, draw_yields, pooled

    n_worlds = len(next(iter(found.values())))
    text = [
        f"worlds of each scenario (synthetic): {n_worlds}, of {plan.n_parcels:,} parcels and {plan.n_days} days each, "
        f"capacity {plan.capacity_share:.1%}, {plan.n_trees} trees\n"
    ]
    tables = {name: pooled(worlds) for name, worlds in found.items()}
    everything = {**found, "all of them": [world for worlds in found.values() for world in worlds]}
    for name, worlds in (everything if len(found) > 1 else found).items():
        if name in tables:
            text.append(f"{name}:\n\n{markdown(tables[name])}")
        text.append(f"{TOGETHER}, less others, a world ({name}):\n\n{markdown(against(worlds, TOGETHER, list(RUNS)))}")
    (folder / "sources.md").write_text("\n".join(text), "utf-8")
    draw_yields(tables, folder / "sources.png")
