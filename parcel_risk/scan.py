"""Command `scan`: where parcels were seen."""

from __future__ import annotations

from typing import Annotated

import typer

from features.parcel.problems import ParcelRiskError, Rejection
from features.parcel.schema import LINE
from parcel_risk.console import out
from serving.settings import Settings


def scan(
    state: Annotated[str, typer.Argument(help="State in which they were seen, as in in_hall.", show_default=False)],
    parcels: Annotated[list[str], typer.Argument(help="Numbers of the parcels.", show_default=False)],
    operator: Annotated[str | None, typer.Option(help="Operator who lodged them.")] = None,
    station: Annotated[str | None, typer.Option(help="Station at which they were scanned.")] = None,
) -> None:
    """Report where parcels were seen, now; a scan of customs is a fact."""
    record(Settings(), state, parcels, operator, station)


def record(
    settings: Settings, state: str, parcels: list[str], operator: str | None = None, station: str | None = None
) -> None:
    """Record scans as known now."""
    from features.handling.states import SCANNED
    from parcel_risk.local_client import LOCAL
    from serving.installation import Installation
    from serving.office.whereabouts import record_scans

    if state not in SCANNED:
        raise ParcelRiskError(f"{state} is no state of a scan. Give one of {', '.join(SCANNED)}.")
    given = {"operator": operator, "state": state, "scanned_at": None, "station": station}
    numbers = dict(enumerate(parcels, start=1))
    rows = [{**given, LINE: line, "parcel_id": number} for line, number in numbers.items()]
    office = Installation.open(settings).office()
    try:
        with office.writer.transaction() as transaction:
            answers = record_scans(office, transaction, rows, LOCAL)
    finally:
        office.close()
    for line, number in numbers.items():
        answer = answers[line]
        known = "not on record" if isinstance(answer, Rejection) else answer.state.replace("_", " ")
        out.print(f"{number}: {known}", markup=False)
