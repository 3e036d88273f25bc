"""Command `funnel`: how far the parcels came that decisions asked to inspect."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from features.parcel.problems import ParcelRiskError
from parcel_risk.console import out
from serving.settings import Settings

_DATES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]


def funnel(
    since: Annotated[datetime, typer.Option(formats=_DATES, help="Beginning of the period, UTC.")],
    until: Annotated[datetime, typer.Option(formats=_DATES, help="Its end, UTC.")],
    by: Annotated[str, typer.Option(help="all, operator, site, lane or cause.")] = "all",
) -> None:
    """Show how many targeted parcels came to each step, and why others came no further."""
    show(Settings(), since.replace(tzinfo=UTC), until.replace(tzinfo=UTC), by)


def show(settings: Settings, since: datetime, until: datetime, by: str = "all") -> None:
    """Print the funnel of each part, and below it its losses."""
    from rich.table import Table

    from features.handling.funnel import STEPS
    from serving.installation import opened_store
    from serving.office.funnel import By, funnels, targeted

    if by not in tuple(By):
        raise ParcelRiskError(f"{by} is nothing that the funnel is taken apart by. Give one of {', '.join(By)}.")
    with opened_store(settings) as store, store.begin_read() as connection:
        parts = funnels(targeted(connection, since, until), By(by))
    reached = Table(by, *(step.value.replace("_", " ") for step in STEPS))
    stopped = Table(by, "came to", "and there", "parcels")
    for one in parts:
        reached.add_row(one.part, *(f"{one.reached[step]:,}" for step in STEPS))
        for (step, reason), n in one.stopped.items():
            stopped.add_row(one.part, step.value.replace("_", " "), reason.value.replace("_", " "), f"{n:,}")
    out.print(reached)
    out.print(stopped)
