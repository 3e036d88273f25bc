"""Command `clock`: who owns a referral, and how it ended."""

from __future__ import annotations

from typing import Annotated

import typer

from features.parcel.problems import ParcelRiskError, Rejection
from features.parcel.schema import LINE
from parcel_risk.console import out
from serving.settings import Settings


def clock(
    parcel: Annotated[str, typer.Argument(help="Number of the parcel.", show_default=False)],
    operator: Annotated[str | None, typer.Option(help="Operator who lodged it.")] = None,
    owner: Annotated[str | None, typer.Option(help="Who owns the referral from now on.")] = None,
    end: Annotated[str | None, typer.Option(help="How it ended: let_go, handed_on, gone or not_found.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why it ended so, without names.")] = None,
) -> None:
    """Name the owner or the end of a referral; an outcome ends it by itself."""
    decide(Settings(), {"parcel_id": parcel, "operator": operator, "owner": owner, "end": end, "reason": reason})


def decide(settings: Settings, given: dict[str, str | None]) -> None:
    """Add an entry as known now."""
    from parcel_risk.local_client import LOCAL
    from serving.installation import Installation
    from serving.office.clocks import decide_clocks

    office = Installation.open(settings).office()
    try:
        with office.writer.transaction() as transaction:
            done = decide_clocks(office, transaction, [{LINE: 1, **given}], LOCAL)[1]
    finally:
        office.close()
    if isinstance(done, Rejection):
        raise ParcelRiskError(f"{done.field}: {done.reason} {done.remedy}")
    out.print(f"{done}: recorded", markup=False)
