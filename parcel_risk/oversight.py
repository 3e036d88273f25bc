"""Command `oversight`: who records faster than anybody can look, and who looks without a case."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from parcel_risk.console import out
from serving.settings import Settings

if TYPE_CHECKING:
    from serving.office.oversight import Habits


def oversight(days: Annotated[int, typer.Option(help="Days to look back.", min=1)] = 30) -> None:
    """Show by person how long a look takes before an outcome, and looks at parcels that nothing referred."""
    from rich.table import Table

    table = Table("person", "looked at", "without a case", "recorded", "hasty", "median seconds")
    for one in habits_of(Settings(), days):
        seconds = "" if one.dwell_s is None else f"{one.dwell_s:.1f}"
        counts = (one.n_looks, one.n_without_case, one.n_recorded, one.n_hasty)
        table.add_row(one.who, *(f"{n:,}" for n in counts), seconds)
    out.print(table)
    out.print("Questions to ask, no findings: docs/audit.md says what is counted.", soft_wrap=True)


def habits_of(settings: Settings, days: int) -> list[Habits]:
    """Habits of everybody who looked or recorded in the last days."""
    from serving.installation import Installation
    from serving.office.oversight import habits

    installation = Installation.open(settings)
    with installation.store() as store, store.begin_read() as connection:
        return habits(connection, installation.clock() - timedelta(days=days))
