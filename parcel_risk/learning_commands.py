"""Commands of the data scientist: train, evaluate, compare, release, approve, roll back, watch, back-test."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from features.parcel.problems import ParcelRiskError
from serving.settings import Settings

app = typer.Typer(pretty_exceptions_enable=False)
_AsOf = Annotated[str, typer.Option("--as-of", help="Use what was known then, as in 2026-09-01. Default: everything.")]
_Window = Annotated[float | None, typer.Option(help="Days of parcels to learn from; default: all.", min=1)]
_Without = Annotated[
    list[str] | None, typer.Option("--without-station", help="Leave out a station's outcomes. Repeatable.")
]


def moment(text: str) -> datetime | None:
    """Read a day or a time; the end of the day when it is a day. None when it is empty."""
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise ParcelRiskError(f"{text!r} is neither a day nor a time; write it as in 2026-09-01.") from error
    if len(text) == len("2026-09-01"):
        read = read.replace(hour=23, minute=59, second=59)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


@app.command()
def train(
    features: Annotated[
        list[str] | None,
        typer.Option("--features", help="Only features like this ('sender_*'); '!*_usual' leaves out. Repeatable."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the model.")] = 1,
    name: Annotated[str, typer.Option(help="Name of the bundle; default: the time.")] = "",
    by: Annotated[str, typer.Option("--by", help="Who trains; another person approves. Default: your login.")] = "",
    trials: Annotated[int, typer.Option(min=0, help="Sets of parameters to try; 0 takes the defaults.")] = 0,
    weights: Annotated[str, typer.Option(help="none, or ipw: inspected parcels by inverse propensity.")] = "none",
    background: Annotated[
        int, typer.Option(min=0, help="Parcels without result to fit against; 0: inspected parcels alone.")
    ] = 100_000,
    monotone: Annotated[bool, typer.Option(help="Bind the model to the directions that features declare.")] = True,
    as_of: _AsOf = "",
    window: _Window = None,
    without: _Without = None,
    truth: Annotated[
        Path | None,
        typer.Option(help="Truth file of a synthetic world: adds true recall and the ceiling to the report."),
    ] = None,
) -> None:
    """Train on the log, record the run in MLflow, write an unsigned bundle and a report."""
    from parcel_risk.learning import train_bundle
    from training.fit.booster import Options, Weights
    from training.fit.run import Plan

    if weights not in list(Weights):
        raise ParcelRiskError(f"--weights is {weights!r}; it is none or ipw.")
    options = Options(weights=Weights(weights), n_background=background, monotone=monotone)
    plan = Plan(
        name=name,
        seed=seed,
        patterns=tuple(features or ()),
        options=options,
        n_trials=trials,
        as_of=moment(as_of),
        window_days=window,
        without_stations=tuple(without or ()),
        trained_by=by,
    )
    train_bundle(Settings(), plan, truth=truth)


@app.command()
def evaluate(
    file: Annotated[Path | None, typer.Argument(help="CSV or Parquet file with outcomes; default: the log.")] = None,
    mapping: Annotated[
        Path | None, typer.Option("--mapping", help="Column mapping (TOML); see docs/mapping.md.")
    ] = None,
    bundle: Annotated[str | None, typer.Option(help="Bundle to evaluate; default: the newest.")] = None,
    out_file: Annotated[
        Path | None, typer.Option("--out", help="Write one row per parcel to this Parquet file.")
    ] = None,
    rejections: Annotated[
        Path | None, typer.Option("--rejections", help="Write every rejection to this CSV file.")
    ] = None,
) -> None:
    """Figures on parcels that the model has not seen; their outcomes stay hidden from the history."""
    from parcel_risk.learning import evaluate_bundle

    evaluate_bundle(Settings(), file, mapping, bundle, out_file, rejections)


@app.command()
def runs() -> None:
    """List the training runs that MLflow knows, with their figures and aliases."""
    from parcel_risk.releasing import show_runs

    show_runs(Settings())


@app.command()
def compare(
    first: Annotated[str, typer.Argument(help="A bundle, or the beginning of a run's id.")],
    second: Annotated[str, typer.Argument(help="Another one.")],
    capacity: Annotated[float, typer.Option(min=0.0, max=1.0, help="Share of the flow that is opened.")] = 0.005,
    out_file: Annotated[
        Path | None, typer.Option("--out", help="Write one row per parcel to this Parquet file.")
    ] = None,
) -> None:
    """Score the same parcels with two models: what is newly caught, what is newly lost."""
    from parcel_risk.releasing import compare_runs

    compare_runs(Settings(), first, second, capacity=capacity, out_file=out_file)


@app.command()
def release(
    bundle: Annotated[str | None, typer.Argument(help="Bundle to release; default: the newest.")] = None,
) -> None:
    """Make a bundle the challenger: it awaits the approval of another person."""
    from parcel_risk.releasing import release_bundle

    release_bundle(Settings(), bundle)


@app.command()
def approve(
    bundle: Annotated[str | None, typer.Argument(help="Bundle to approve; default: the challenger.")] = None,
    approver: Annotated[str, typer.Option("--as", help="Your name; it is signed and recorded.")] = ...,  # type: ignore[assignment]
    key: Annotated[Path | None, typer.Option(help="Your private key; default: the local approver's.")] = None,
    override: Annotated[str, typer.Option(help="Why you approve what you trained yourself; signed and recorded.")] = "",
) -> None:
    """Sign a bundle in your name and make it the champion that serves."""
    from parcel_risk.releasing import approve_bundle

    approve_bundle(Settings(), bundle, approver=approver, key=key, override=override)


@app.command()
def rollback(by: Annotated[str, typer.Option("--as", help="Your name; it is recorded.")] = ...) -> None:  # type: ignore[assignment]
    """Make the champion before this one the champion again."""
    from parcel_risk.releasing import roll_back_champion

    roll_back_champion(Settings(), by=by)


@app.command()
def drift(
    bundle: Annotated[str | None, typer.Argument(help="Bundle to watch; default: the champion.")] = None,
    days: Annotated[float, typer.Option(min=1, help="Days of the recent window.")] = 28,
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Folder of the report; default: reports/drift in home.")
    ] = None,
) -> None:
    """Say how far the flow has moved from the training window, and whether labels are healthy."""
    from parcel_risk.watching import watch

    watch(Settings(), bundle, days=days, out_folder=out_folder)


@app.command()
def backtest(
    scenario: Annotated[
        list[str] | None, typer.Option(help="Scenario to play; repeatable. Default: baseline and collapse.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Worlds of each scenario.")] = 3,
    first_seed: Annotated[int, typer.Option(min=0, help="Seed of the first world; the others follow.")] = 1,
    parcels: Annotated[int, typer.Option(min=5_000, help="Parcels of a world.")] = 1_000_000,
    days: Annotated[
        int, typer.Option(min=84, help="Days of a world; the first eight weeks are the same for all.")
    ] = 280,
    capacity: Annotated[float, typer.Option(min=0.0001, max=1.0, help="Share of the flow that is inspected.")] = 0.005,
    strategy: Annotated[list[str] | None, typer.Option(help="Strategy to play; repeatable. Default: all.")] = None,
    trees: Annotated[int, typer.Option(min=1, help="Trees of a weekly model.")] = 300,
    train_every: Annotated[int, typer.Option(min=1, help="Weeks between two trainings.")] = 1,
    jobs: Annotated[int, typer.Option(min=1, help="Worlds played at the same time; each needs 3 GB a million.")] = 1,
    out_folder: Annotated[Path, typer.Option("--out", help="Folder of tables and plots.")] = Path("var/backtest"),
) -> None:
    """Play synthetic worlds week by week with every strategy: what would each have found? Resumes where it stopped."""
    from parcel_risk.backtest import Game, run_backtest, show_backtest
    from training.backtest.strategies import STRATEGIES

    names = tuple(one.name for one in STRATEGIES)
    unknown = set(strategy or ()) - set(names)
    if unknown:
        raise ParcelRiskError(f"there is no strategy {', '.join(sorted(unknown))}; there are {', '.join(names)}.")
    game = Game(
        scenarios=tuple(scenario or ("baseline", "collapse")),
        seeds=tuple(range(first_seed, first_seed + seeds)),
        n_parcels=parcels,
        n_days=days,
        capacity_share=capacity,
        strategies=tuple(strategy or names),
        n_trees=trees,
        train_every_weeks=train_every,
    )
    show_backtest(run_backtest(game, out_folder, jobs=jobs))


@app.command()
def intervals(
    seeds: Annotated[int, typer.Option(min=1, help="Small worlds to play, seeds from 1.")] = 40,
    jobs: Annotated[int, typer.Option(min=1, help="Worlds at the same time.")] = 2,
    out_folder: Annotated[Path, typer.Option("--out", help="Folder of the tables.")] = Path("var/intervals"),
) -> None:
    """Check on synthetic worlds that the intervals of the estimates hold. Resumes where it stopped."""
    from parcel_risk.intervals_check import Worlds, check_intervals, show_intervals

    show_intervals(check_intervals(Worlds(), range(1, seeds + 1), out_folder, jobs=jobs))
