"""Command `clocks`: what is urgent, and how long parcels were held."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from parcel_risk.console import out
from serving.settings import Settings


def clocks(
    days: Annotated[int, typer.Option(min=1, help="Days whose holding times are shown.")] = 28,
    with_ended: Annotated[bool, typer.Option("--ended", help="Also referrals that have ended.")] = False,
) -> None:
    """Show the clocks of referrals, overdue ones first, and holding times by cause."""
    show(Settings(), days=days, with_ended=with_ended)


def show(settings: Settings, *, days: int = 28, with_ended: bool = False) -> None:
    """Print one row for each referral, and one for each cause."""
    from rich.table import Table

    from serving.installation import Installation
    from serving.office.clocks import holding, referrals

    office = Installation.open(settings).office()
    try:
        now = office.clock()
        found = referrals(office, with_ended=with_ended)
        held = holding(office, now - timedelta(days=days), now + timedelta(microseconds=1))
    finally:
        office.close()
    table = Table("parcel", "state", "latest useful moment, UTC", "set by", "owner", "ask", "cause", "end")
    for one in found:
        clock = one.clock
        moment = f"{clock.latest_at:%Y-%m-%d %H:%M}" if clock.latest_at else ""
        table.add_row(
            one.parcel_id,
            clock.state.value,
            moment,
            clock.bound.value if clock.bound else "",
            one.owner,
            one.escalated_to,
            one.cause,
            clock.end.value if clock.end else "",
        )
    out.print(table)
    times = Table("cause", "given away", "p50, hours", "p95, hours", "still held")
    for cause in held:
        hours = ("" if value is None else f"{value:,.1f}" for value in (cause.p50_h, cause.p95_h))
        times.add_row(cause.cause, f"{cause.n:,}", *hours, f"{cause.n_still_held:,}")
    out.print(times)
