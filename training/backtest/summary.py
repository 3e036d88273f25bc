"""Figures of the back-test: what each strategy found, before and after a drift, and how long recovery took."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
from matplotlib.figure import Figure

from features.declared.declare import Floats
from training.backtest.strategies import STRATEGIES
from training.data.sums import N_ROWS, sums_by

_SMOOTH_WEEKS = 4
_SUMMED = ("n_selected", "n_inspected", "n_found", "value", "n_findable", "findable_value")
RECOVERED_SHARE = 0.8
"""A strategy has recovered once its smoothed share of the findable value is back at this part of what it was before."""


def by_phase(weeks: pl.DataFrame, *, first_week: int, drift_from: int, drift_until: int) -> pl.DataFrame:
    """Sum the weeks of each scenario, seed and strategy before, during and after the drift.

    Parameters
    ----------
    weeks:
        Rows of `training.backtest.simulate.Simulated` with ``scenario``, ``seed`` and ``strategy``.
    first_week:
        First week after the warm-up; earlier ones are left out.
    drift_from, drift_until:
        Weeks between which habits change; without a drift the halves of the period.
    """
    phase = (
        pl.when(pl.col("week") < drift_from)
        .then(pl.lit("before"))
        .when(pl.col("week") < drift_until)
        .then(pl.lit("during"))
        .otherwise(pl.lit("after"))
    )
    played = weeks.filter(pl.col("week") >= first_week).with_columns(phase.alias("phase"))
    return sums_by(played, ["scenario", "seed", "strategy", "phase"], ["n_parcels", *_SUMMED]).drop(N_ROWS)


def compared(phases: pl.DataFrame) -> pl.DataFrame:
    """Pool the seeds of each scenario: findings, value, misses, and both relative to exploitation and to the rules."""
    group = ["scenario", "strategy", "phase"]
    seeds = phases.group_by(group).agg(pl.col("seed").n_unique().alias("seeds"))
    pooled = sums_by(phases, group, _SUMMED).drop(N_ROWS).join(seeds, on=group, maintain_order="left")
    against = {
        name: pooled.filter(pl.col("strategy") == name).select(
            "scenario", "phase", pl.col("value").alias(f"{name}_value"), pl.col("n_found").alias(f"{name}_found")
        )
        for name in ("exploitation", "rules")
    }
    for frame in against.values():
        pooled = pooled.join(frame, on=["scenario", "phase"], how="left", maintain_order="left")
    return pooled.with_columns(
        (pl.col("n_findable") - pl.col("n_found")).alias("n_missed"),
        (pl.col("value") / pl.col("exploitation_value")).alias("value_to_exploitation"),
        (pl.col("n_found") / pl.col("exploitation_found")).alias("found_to_exploitation"),
        (pl.col("value") / pl.col("rules_value")).alias("value_to_rules"),
        (pl.col("n_found") / pl.col("rules_found")).alias("found_to_rules"),
    ).drop("exploitation_value", "exploitation_found", "rules_value", "rules_found")


def recovery_weeks(weeks: pl.DataFrame, *, first_week: int, drift_from: int) -> float:
    """Weeks from the beginning of the drift until a strategy finds again what it found before; infinite if never.

    What counts is the share of the findable value of the whole population, smoothed over four weeks. The clock runs
    from the first week in which it is below ``RECOVERED_SHARE`` of the mean before the drift; 0 where it never does.
    """
    ordered = sums_by(weeks, ["week"], ["value", "findable_value"]).sort("week")
    share = _smoothed(ordered["value"].to_numpy()) / np.maximum(_smoothed(ordered["findable_value"].to_numpy()), 1e-9)
    week = ordered["week"].to_numpy()
    before = share[(week >= first_week + _SMOOTH_WEEKS) & (week < drift_from)]
    if not before.size:
        return 0.0
    is_low = (share < RECOVERED_SHARE * before.mean()) & (week >= drift_from)
    if not is_low.any():
        return 0.0
    fell = int(np.argmax(is_low))
    again = np.flatnonzero(~is_low[fell:])
    return float(week[fell + again[0]] - drift_from) if again.size else float("inf")


def _smoothed(values: Floats) -> Floats:
    """Sum of each week and the three before it."""
    total = np.cumsum(values, dtype=np.float64)
    earlier = np.concatenate([np.zeros(min(_SMOOTH_WEEKS, total.size)), total[:-_SMOOTH_WEEKS]])
    return np.asarray(total - earlier)


def draw_loop(weeks: pl.DataFrame, path: Path, *, scenario: str, drift_from: int | None) -> Path:
    """Draw the value found by every strategy, week by week, seeds added up."""
    figure = Figure(figsize=(11, 5), layout="constrained")
    axes = figure.subplots()
    for strategy in STRATEGIES:
        rows = weeks.filter((pl.col("scenario") == scenario) & (pl.col("strategy") == strategy.name))
        weekly = sums_by(rows, ["week"], ["value", "findable_value"]).sort("week")
        if weekly.height:
            share = _smoothed(weekly["value"].to_numpy()) / np.maximum(
                _smoothed(weekly["findable_value"].to_numpy()), 1
            )
            axes.plot(weekly["week"], share, label=strategy.says)
    if drift_from is not None:
        axes.axvline(drift_from, color="grey", linestyle="--")
    axes.set(xlabel="week", ylabel="share of the findable value, four weeks", yscale="log")
    axes.set_title(f"{scenario}: what each strategy found (synthetic)")
    figure.legend(loc="outside right upper", fontsize="small")
    figure.savefig(path, dpi=90, metadata={"Software": None})
    return path
