"""Command `overlooked`: what the system did not look at, and why."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from parcel_risk.console import out
from serving.settings import Settings


def overlooked(days: Annotated[int, typer.Option(help="Days to look back.", min=1)] = 30) -> None:
    """Show what the system did not look at and why: not assessed, incomplete, limited by law, waived, not examined."""
    from rich.table import Table

    from serving.installation import Installation
    from serving.office.overlooked import overlooked as found_in

    installation = Installation.open(Settings())
    until = installation.clock()
    with installation.store() as store, store.begin_read() as connection:
        found = found_in(connection, until - timedelta(days=days), until)
    table = Table("what", "why", "number")
    for one in found.blind:
        table.add_row(one.what, one.why, f"{one.n:,}")
    out.print(f"{found.n_answers:,} answers since {found.since:%Y-%m-%d %H:%M}")
    out.print(table if found.blind else "nothing on record was left out")
    out.print(
        "Mail that nobody declared or scanned is in no table: `parcel-risk accounts` has the coverage.", soft_wrap=True
    )
