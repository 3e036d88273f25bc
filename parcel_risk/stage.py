"""Command `stage`: a stage of the inspection of one parcel, or a run of one method over many."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from features.parcel.problems import ParcelRiskError, Rejection
from features.parcel.schema import LINE
from parcel_risk.console import out
from serving.settings import Settings

_S_PER_MINUTE = 60


def stage(
    name: Annotated[
        str, typer.Argument(help="presented, xray, dog, trace, documents, opened or laboratory.", show_default=False)
    ],
    result: Annotated[
        str, typer.Argument(help="nothing_found, found, unclear, presented or not_presented.", show_default=False)
    ],
    parcels: Annotated[list[str] | None, typer.Argument(help="Numbers of the parcels.", show_default=False)] = None,
    receptacle: Annotated[str | None, typer.Option(help="Receptacle whose parcels on record were looked at.")] = None,
    operator: Annotated[str | None, typer.Option(help="Operator who lodged them.")] = None,
    certainty: Annotated[str | None, typer.Option(help="presumptive or confirmed.")] = None,
    minutes: Annotated[float | None, typer.Option(help="Time that it took, of a run the whole.", min=0)] = None,
    station: Annotated[str | None, typer.Option(help="Station at which it was done.")] = None,
) -> None:
    """Record what one stage said of a parcel, or of many at once, as known now."""
    given: dict[str, Any] = {"stage": name, "result": result, "certainty": certainty}
    _check(given)
    given |= {"operator": operator, "station": station}
    given["duration_s"] = None if minutes is None else round(minutes * _S_PER_MINUTE)
    if not parcels and receptacle is None:
        raise ParcelRiskError("no parcel is named. Give numbers, or --receptacle.")
    record(Settings(), given, parcels or [], receptacle)


def _check(given: dict[str, Any]) -> None:
    """Refuse what the record of stages does not know."""
    from features.handling import STAGE_FIELDS

    for field in STAGE_FIELDS:
        value = given.get(field.name)
        if field.choices and value is not None and value not in field.choices:
            raise ParcelRiskError(f"{value} is no {field.name}. Give one of {', '.join(field.choices)}.")


def record(settings: Settings, given: dict[str, Any], parcels: list[str], receptacle: str | None = None) -> None:
    """Record a run as known now; one parcel is a run of one."""
    from parcel_risk.local_client import LOCAL
    from serving.installation import Installation
    from serving.office.stages import EMPTY, record_run

    office = Installation.open(settings).office()
    try:
        row = {**EMPTY, **given, LINE: 1}
        with office.writer.transaction() as transaction:
            done = record_run(office, transaction, row, parcels, LOCAL, receptacle=receptacle)
    finally:
        office.close()
    if isinstance(done, Rejection):
        raise ParcelRiskError(f"{done.field}: {done.reason} {done.remedy}")
    out.print(f"recorded for {sum(one.status == 'recorded' for one in done.answers):,} of {done.n_named:,} parcels")
    for answer in done.answers:
        state = "an alarm is open" if answer.has_open_alarm else answer.outcome or "no outcome yet"
        out.print(f"{answer.parcel_id}: {state}", markup=False)
    for number in done.unknown:
        out.print(f"{number}: not on record", markup=False)
