"""The stop switch of the score, and what the system did not look at."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from features.parcel.problems import StoreError
from serving.api.access import TheOffice, having
from serving.api.problems import Problem
from serving.api.routing import resource
from serving.office import stopping
from serving.office.overlooked import Overlooked, overlooked
from serving.store import Client, Role
from serving.store.stops import stops
from serving.store.times import time_of

router = resource()
Switcher = Annotated[Client, Depends(having(*stopping.STOPPING))]
Reader = Annotated[Client, Depends(having(*stopping.READING))]
LineName = Annotated[str | None, Field(min_length=1, max_length=35)]
Accountable = Annotated[Client, Depends(having(Role.SUPERVISOR, Role.AUDITOR))]


class NewStop(BaseModel):
    """Why the score is stopped."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    reason: Annotated[str, Field(min_length=1, max_length=200)]
    line: LineName = Field(None, description="Screening line for which it is stopped; all lines where none is named.")


class EndOfStop(BaseModel):
    """What is resumed."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    line: LineName = Field(None, description="Screening line; without one the stop of all lines ends.")


class StopModel(BaseModel):
    """A stop of the score."""

    id: int
    reason: str
    stopped_at: AwareDatetime
    stopped_by: str
    resumed_at: AwareDatetime | None = Field(description="Null while it holds.")
    resumed_by: str | None
    line: str | None = Field(None, description="Null: all lines.")
    condition: str | None = Field(
        None, description="Which parcels came to the line when it was stopped: those it holds for. Null: all."
    )

    @classmethod
    def of(cls, row: dict[str, Any]) -> StopModel:
        """Write a stop for the wire."""
        times = {name: None if row[name] is None else time_of(row[name]) for name in ("stopped_at", "resumed_at")}
        return cls.model_validate({**row, **times})


class Stops(BaseModel):
    """Stops, newest first."""

    is_stopped: bool = Field(description="Whether it is stopped for a line, or for all.")
    stops: list[StopModel]


@router.get("/score-stops", summary="Read when the score was stopped", tags=["supervisors"])
def read_stops(office: TheOffice, client: Reader) -> Stops:
    """Who stopped it, for which line and why, and who resumed it."""
    with office.store.begin_read() as connection:
        rows = stops(connection)
    models = [StopModel.of(row) for row in rows]
    return Stops(is_stopped=any(one.resumed_at is None for one in models), stops=models)


@router.post("/score-stops", summary="Stop the score", tags=["supervisors"], status_code=201)
def stop(new: NewStop, office: TheOffice, client: Switcher) -> Stops:
    """From the next parcel on nothing is referred for its score, on one line or on all; lists and rules decide."""
    try:
        with office.writer.transaction() as transaction:
            stopping.stop(office, transaction.connection, new.reason, client, new.line)
    except StoreError as error:
        raise Problem(409, "Not registered", str(error)) from None
    return read_stops(office, client)


@router.post("/score-stops/end", summary="Resume the score", tags=["supervisors"])
def resume(office: TheOffice, client: Switcher, which: EndOfStop | None = None) -> Stops:
    """The score refers parcels again from the next one on; those of before stay as they were decided."""
    line = None if which is None else which.line
    try:
        with office.writer.transaction() as transaction:
            stopping.resume(office, transaction.connection, client, line)
    except StoreError as error:
        raise Problem(409, "Not registered", str(error)) from None
    return read_stops(office, client)


@router.get("/overlooked", summary="What the system did not look at, and why", tags=["supervisors"])
def read_overlooked(
    office: TheOffice,
    client: Accountable,
    days: Annotated[int, Query(ge=1, le=366, description="Days to look back.")] = 30,
) -> Overlooked:
    """Parcels not assessed, answered with something missing, limited by law, or referred and not examined, and why."""
    until = office.clock() + timedelta(microseconds=1)  # what was answered just now is in it, too
    with office.store.begin_read() as connection:
        return overlooked(connection, until - timedelta(days=days), until)
