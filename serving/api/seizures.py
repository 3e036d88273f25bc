"""Seizure forms: officers enter what a finding was, once; the export has the columns of whoever collects records."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Depends, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from features.parcel.problems import Rejection
from serving.api.access import OfficerCaller, TheOffice, having
from serving.api.once import TheOnce, written
from serving.api.problems import Problem
from serving.api.routing import resource
from serving.api.schemas import SeizureForm
from serving.messages.seizure_records import csv_of, recipients, records
from serving.office.consulting import SEIZURES, consulted
from serving.office.seizures import Seizure, enter, of_parcel, of_period
from serving.office.writer import Transaction
from serving.store import Client, Role
from serving.store.clients import INSPECTING
from serving.store.database import note
from serving.store.times import microseconds

router = resource()
Collector = Annotated[Client, Depends(having(*INSPECTING, Role.ANALYST))]
RecipientName = Literal["ionics", "cen", "ids", "ews", "statistics"]


class SeizureModel(BaseModel):
    """A form on record."""

    model_config = ConfigDict(from_attributes=True)
    number: str = Field(examples=["SZ00000001"])
    made_at: AwareDatetime
    by: str
    parcel_id: str | None = Field(description="Null once the parcel was erased.")
    operator: str | None
    lane: str
    cause: str | None = Field(description="Why the parcel was selected.")
    replaces: str | None = Field(description="Form that this one corrects.")
    form: dict[str, str | int | None]


class SeizuresOnRecord(BaseModel):
    """Forms in force of a parcel, oldest first."""

    seizures: list[SeizureModel]


class SeizureExport(BaseModel):
    """Forms in the columns of a recipient."""

    recipient: str
    title: str
    verified: bool = Field(description="Whether somebody compared the columns with the recipient's specification.")
    source: str
    records: list[dict[str, str | int | float | None]]


@router.post("/seizures", summary="Enter a seizure form", tags=["officers"])
def enter_seizure(
    response: Response,
    seizure: SeizureForm,  # type: ignore[valid-type]
    office: TheOffice,
    client: OfficerCaller,
    once: TheOnce,
) -> SeizureModel:
    """Say what a finding was. A form that is wrong is corrected by a new one that names its number in `corrects`."""
    given: dict[str, Any] = seizure.model_dump()  # type: ignore[attr-defined]
    corrects = given.pop("corrects")

    def write(transaction: Transaction) -> SeizureModel:
        return _answered(enter(office, transaction, given, client, corrects=corrects))

    return written(office, once, response, SeizureModel, write)


def _answered(done: Seizure | Rejection) -> SeizureModel:
    if isinstance(done, Rejection):
        raise Problem(409, "Seizure form not usable", f"{done.field}: {done.reason} {done.remedy}")
    return SeizureModel.model_validate(done)


@router.get("/seizures", summary="Read the seizure forms of a parcel", tags=["officers"])
def read_seizures(
    office: TheOffice,
    client: OfficerCaller,
    parcel_id: Annotated[str, Query(min_length=1, max_length=70)],
    operator: Annotated[str | None, Query(max_length=35)] = None,
) -> SeizuresOnRecord:
    """Forms in force of the parcels under a number."""
    with office.store.begin_read() as connection:
        found = of_parcel(connection, parcel_id, operator)
    if found:
        consulted(office, client, SEIZURES, [one.number for one in found])
    return SeizuresOnRecord(seizures=[SeizureModel.model_validate(one) for one in found])


@router.get(
    "/seizures/export",
    summary="Export seizure records",
    tags=["officers"],
    response_model=SeizureExport,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def export_seizures(
    office: TheOffice,
    client: Collector,
    recipient: RecipientName,
    since: AwareDatetime,
    until: AwareDatetime,
    form: Annotated[Literal["json", "csv"], Query(alias="format", description="json or csv")] = "json",
) -> Response | SeizureExport:
    """Forms of a period in the columns of a recipient; none of them names a person or a parcel. The audit notes it."""
    to = recipients()[recipient]
    with office.store.begin_read() as connection:
        found = of_period(connection, since, until)
    with office.writer.transaction() as transaction:
        at_us = microseconds(office.clock())
        detail = f"{recipient}, {len(found)} forms"
        note(
            transaction.connection,
            at_us=at_us,
            client_id=client.client_id,
            action="seizures exported",
            seqs=[],
            detail=detail,
        )
    if form == "csv":
        name = f"seizures-{recipient}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(csv_of(found, to), media_type="text/csv; charset=utf-8", headers=headers)
    return SeizureExport(
        recipient=to.name, title=to.title, verified=to.is_verified, source=to.source, records=records(found, to)
    )
