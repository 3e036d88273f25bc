"""Command `rescored`: degraded answers that were given again, and what differs."""

from __future__ import annotations

from typing import Annotated

import typer

from parcel_risk.console import out
from serving.settings import Settings


def rescored(
    everything: Annotated[bool, typer.Option("--all", help="Also those after which the same was asked.")] = False,
    after: Annotated[int, typer.Option(min=0, help="Number behind which to begin.")] = 0,
    limit: Annotated[int, typer.Option(min=1, help="Most answers that are read.")] = 1000,
) -> None:
    """Show which parcels were decided on again after something had been missing, and what is asked of them now."""
    show(Settings(), everything=everything, after=after, limit=limit)


def show(settings: Settings, *, everything: bool = False, after: int = 0, limit: int = 1000) -> None:
    """Print one row for each parcel, and how many were read."""
    from rich.table import Table

    from serving.installation import opened_store
    from serving.office.rescoring import differences

    with opened_store(settings) as store, store.begin_read() as connection:
        found = differences(connection, after=after, limit=limit)
    table = Table("number", "parcel", "operator", "missing", "before", "after")
    shown = [one for one in found if everything or one.is_moved]
    for one in shown:
        before, now = (f"{given.referral} ({given.cause})" for given in (one.before, one.after))
        table.add_row(str(one.number), one.parcel_id or "erased", one.operator or "", one.missing, before, now)
    if shown:
        out.print(table)
    n_moved = sum(one.is_moved for one in found)
    out.print(f"{len(found):,} degraded answers were given again; {n_moved:,} of them with another referral or cause")
