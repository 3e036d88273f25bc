"""Command `draws plan`: how many parcels must be drawn on each lane to know its share of findings well enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from features.parcel.problems import ParcelRiskError
from parcel_risk.console import out, working
from parcel_risk.stored_log import read_log
from serving.settings import Settings

if TYPE_CHECKING:
    import polars as pl

_MOST_LANES = 40
_WEEK_US = 7 * 86_400 * 1_000_000


def plan_draws(
    half_width: Annotated[
        float,
        typer.Option("--half-width", help="How far the 90 % interval may reach from the share of findings, e.g. .005."),
    ],
    weeks: Annotated[float, typer.Option(min=0.1, help="Weeks in which the draws are made.")] = 12.0,
    capacity: Annotated[
        float, typer.Option(min=0.0, help="Inspections a week that are left for draws; 0: not limited.")
    ] = 0.0,
) -> None:
    """Show, for each lane, how many draws make its share of findings known within a half-width."""
    if not 0.0 < half_width < 0.5:
        raise ParcelRiskError(f"--half-width is {half_width}; give a share above 0 and below .5, as in .005.")
    show_plan(planned(Settings(), half_width, weeks), weeks, capacity)


def planned(settings: Settings, half_width: float, weeks: float) -> pl.DataFrame:
    """Lanes with their mail, the share of findings that is assumed, and the draws that are needed.

    Returns
    -------
    pl.DataFrame
        ``lane, parcels_a_week, n_results, share, n_draws, draws_a_week, share_drawn``.
    """
    import polars as pl

    from features.typical import LANE
    from policy.estimates.planning import draws_needed, plan
    from training.data.labels import labelled_parcels

    log = read_log(settings)
    if log.height == 0:
        raise ParcelRiskError("the log is empty. Ingest manifests and outcomes first: `parcel-risk ingest FILE`.")
    with working("counting mail and results by lane"):
        parcels = labelled_parcels(log).with_columns(LANE.alias("lane"))
        weight = pl.when(pl.col("label") >= 0).then(1.0 / pl.col("propensity").clip(1e-3, 1.0)).otherwise(0.0)
        span = parcels.select(pl.col("lodged_at_us").max() - pl.col("lodged_at_us").min()).item()
        found = plan(
            parcels["lane"].to_list(),
            parcels.select(weight.fill_null(0.0).alias("weight"))["weight"].to_list(),
            (parcels["label"] == 1).to_list(),
            max(span / _WEEK_US, 1.0),
        )
    n_draws = [draws_needed(share, half_width) for share in found["share"]]
    return found.with_columns(pl.Series("n_draws", n_draws)).with_columns(
        draws_a_week=pl.col("n_draws") / weeks,
        share_drawn=(pl.col("n_draws") / weeks / pl.col("parcels_a_week")).clip(upper_bound=1.0),
    )


def show_plan(lanes: pl.DataFrame, weeks: float, capacity: float) -> None:
    """Print the plan, the busiest lanes first, and what cannot be reached."""
    from rich.table import Table

    table = Table("lane", "parcels a week", "results", "share assumed", "draws", "draws a week", "share of its mail")
    for row in lanes.head(_MOST_LANES).iter_rows(named=True):
        whole = row["share_drawn"] >= 1.0
        table.add_row(
            row["lane"],
            f"{row['parcels_a_week']:,.0f}",
            f"{row['n_results']:,}",
            f"{row['share']:.4f}",
            f"{row['n_draws']:,}",
            f"{row['draws_a_week']:,.1f}",
            "more than all of it" if whole else f"{row['share_drawn']:.2%}",
        )
    out.print(table)
    if lanes.height > _MOST_LANES:
        _print(f"{lanes.height - _MOST_LANES:,} more lanes with less mail are not shown")
    reachable = lanes.filter(lanes["share_drawn"] < 1.0)
    needed, n_few = float(reachable["draws_a_week"].sum()), lanes.height - reachable.height
    if n_few:
        _print(f"{n_few:,} lanes have too little mail for this in {weeks:g} weeks: allow more, or a wider interval")
    _print(f"all others together: {needed:,.0f} draws a week")
    if capacity and needed > capacity:
        _print(f"{capacity:g} a week are left for draws: {needed / capacity * weeks:,.0f} weeks would do")
    _print("plain draws; draws by the root of the probability need fewer (docs/evidence.md)")


def _print(line: str) -> None:
    out.print(line, soft_wrap=True, highlight=False)
