"""Investigations, complaints, waivers, and the accounts of a quarter, for supervisors and auditors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Annotated, Literal

from fastapi import Depends, Path
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from features.parcel.numbers import MOST_CHARACTERS, TooLong
from features.parcel.problems import StoreError
from policy.quarters import Quarter
from serving.api.access import OfficerCaller, TheOffice, having
from serving.api.problems import Problem
from serving.api.routing import resource
from serving.office import casework
from serving.office.accounts import Accounts, accounts
from serving.office.consulting import COMPLAINTS, INVESTIGATIONS, consulted
from serving.store import Client
from serving.store import casework as stored
from serving.store.times import time_of

router = resource()
MOST_ROWS = 10_000
"""Rows of a register that are answered: the newest ones."""
Switcher = Annotated[Client, Depends(having(*casework.SWITCHING))]
Reader = Annotated[Client, Depends(having(*casework.READING))]
_STRICT = ConfigDict(extra="forbid", str_strip_whitespace=True)
Reference = Annotated[str, Field(min_length=1, max_length=70, description="Number of the office's own file.")]
Number = Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS)]
Text = Annotated[str, Field(min_length=1, max_length=200)]
RowId = Annotated[int, Path(ge=1, le=2**31 - 1)]


class NewInvestigation(BaseModel):
    """The switch from control to investigation, made now by the caller."""

    model_config = _STRICT
    parcel_id: Number
    operator: Annotated[str, Field(max_length=35)] | None = None
    case_reference: Reference
    legal_basis: Text
    may_train: bool = Field(False, description="Whether models may learn from its result meanwhile.")


class InvestigationModel(BaseModel):
    """One investigation; nothing of it names a person of the parcel."""

    id: int
    number: str | None = Field(description="Of the parcel; null once it was erased.")
    case_reference: str
    legal_basis: str
    may_train: bool
    hold_id: int = Field(description="Legal hold that keeps the parcel meanwhile.")
    began_at: AwareDatetime
    began_by: str
    ended_at: AwareDatetime | None
    ended_by: str | None


class NewComplaint(BaseModel):
    """A complaint; the letter stays in the office's own file."""

    model_config = _STRICT
    subject: Literal["delay", "damage", "opened", "seizure", "personal_data", "treatment", "other"]
    reference: Reference
    parcel_id: Number | None = None
    operator: Annotated[str, Field(max_length=35)] | None = None


class NewAnswer(BaseModel):
    """The answer that was given to a complaint."""

    model_config = _STRICT
    answer: Literal["upheld", "partly_upheld", "rejected", "no_action"]
    reference: Reference


class ComplaintModel(BaseModel):
    """One complaint with its answer."""

    id: int
    number: str | None = Field(description="Of the parcel that it is about.")
    subject: str
    reference: str
    received_at: AwareDatetime
    received_by: str
    answer: str | None
    answer_reference: str | None
    answered_at: AwareDatetime | None
    answered_by: str | None


class NewWaiver(BaseModel):
    """A waiver of advance data, and what is done instead."""

    model_config = _STRICT
    operator: Annotated[str, Field(min_length=1, max_length=35)]
    origin_country: Annotated[str, Field(pattern="^[A-Z]{2}$")] | None = None
    reason: Text
    instead: Text
    first_on: date
    last_on: date


class WaiverModel(BaseModel):
    """One waiver of advance data."""

    id: int
    operator: str
    origin_country: str | None = Field(description="Country of dispatch; null: all.")
    reason: str
    instead: str = Field(description="What is done in place of advance data.")
    first_on: date
    last_on: date
    made_at: AwareDatetime
    made_by: str


class Waivers(BaseModel):
    """Waivers, oldest first."""

    waivers: list[WaiverModel]


class Registered(BaseModel):
    """Number under which something was registered."""

    id: int


class Investigations(BaseModel):
    """Investigations, oldest first."""

    investigations: list[InvestigationModel]


class Complaints(BaseModel):
    """Complaints, oldest first."""

    complaints: list[ComplaintModel]


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except (StoreError, TooLong) as error:
        raise Problem(409, "Not registered", str(error)) from None


@router.post("/investigations", summary="Switch to an investigation", tags=["casework"], status_code=201)
def begin_investigation(new: NewInvestigation, office: TheOffice, client: Switcher) -> Registered:
    """From now on the parcel is held, officers do not see its persons, and no model learns from it unless said so."""
    with _refused(), office.writer.transaction() as transaction:
        begun = casework.begin(
            office,
            transaction.connection,
            new.parcel_id,
            case=new.case_reference,
            legal_basis=new.legal_basis,
            may_train=new.may_train,
            client=client,
            operator=new.operator,
        )
    return Registered(id=begun)


@router.post("/investigations/{row_id}/end", summary="End an investigation", tags=["casework"])
def end_investigation(row_id: RowId, office: TheOffice, client: Switcher) -> Registered:
    """End it, and its hold."""
    with _refused(), office.writer.transaction() as transaction:
        casework.end(office, transaction.connection, row_id, client)
    return Registered(id=row_id)


@router.get("/investigations", summary="Read the investigations", tags=["casework"])
def read_investigations(office: TheOffice, client: Reader) -> Investigations:
    """Who switched which parcel when, by what law, and whether it has ended."""
    with office.store.begin_read() as connection:
        rows = stored.rows(connection, stored.investigations, newest=MOST_ROWS)
    consulted(office, client, INVESTIGATIONS)
    return Investigations(
        investigations=[InvestigationModel.model_validate(_timed(row, "began_at", "ended_at")) for row in rows]
    )


@router.post("/complaints", summary="Register a complaint", tags=["casework"], status_code=201)
def register_complaint(new: NewComplaint, office: TheOffice, client: OfficerCaller) -> Registered:
    """Register a complaint, linked to its parcel where a number is given."""
    with _refused(), office.writer.transaction() as transaction:
        made = casework.complain(
            office,
            transaction.connection,
            subject=new.subject,
            reference=new.reference,
            number=new.parcel_id,
            operator=new.operator,
            client=client,
        )
    return Registered(id=made)


@router.post("/complaints/{row_id}/answer", summary="Note the answer to a complaint", tags=["casework"])
def answer_complaint(row_id: RowId, new: NewAnswer, office: TheOffice, client: Switcher) -> Registered:
    """Note which answer was given, and where it is filed."""
    with _refused(), office.writer.transaction() as transaction:
        connection, given = transaction.connection, {"answer": new.answer, "reference": new.reference}
        casework.answer(office, connection, row_id, **given, client=client)
    return Registered(id=row_id)


@router.get("/complaints", summary="Read the complaints", tags=["casework"])
def read_complaints(office: TheOffice, client: Reader) -> Complaints:
    """All complaints with their answers."""
    with office.store.begin_read() as connection:
        rows = stored.rows(connection, stored.complaints, newest=MOST_ROWS)
    consulted(office, client, COMPLAINTS)
    return Complaints(
        complaints=[ComplaintModel.model_validate(_timed(row, "received_at", "answered_at")) for row in rows]
    )


@router.post("/waivers", summary="Register a waiver of advance data", tags=["casework"], status_code=201)
def register_waiver(new: NewWaiver, office: TheOffice, client: Switcher) -> Registered:
    """Say for whom advance data are waived, why, until when, and what is done instead."""
    with _refused(), office.writer.transaction() as transaction:
        return Registered(id=casework.waive(office, transaction.connection, **new.model_dump(), client=client))


@router.get("/waivers", summary="Read the waivers of advance data", tags=["casework"])
def read_waivers(office: TheOffice, client: Reader) -> Waivers:
    """For whom advance data are or were waived, why, until when, and what is done instead."""
    with office.store.begin_read() as connection:
        rows = stored.rows(connection, stored.waivers, newest=MOST_ROWS)
    return Waivers(waivers=[WaiverModel.model_validate(_timed(row, "made_at")) for row in rows])


@router.get("/accounts/{quarter}", summary="Accounts of a quarter", tags=["casework"])
def read_accounts(
    quarter: Annotated[str, Path(pattern="^20[0-9]{2}-Q[1-4]$", description="As in 2026-Q4, in UTC.")],
    office: TheOffice,
    client: Reader,
) -> Accounts:
    """Coverage, waivers, sites, cost per finding by arm, what was missed, times, complaints (docs/accounts.md)."""
    with office.store.begin_read() as connection:
        return accounts(connection, Quarter.parse(quarter))


def _timed(row: dict[str, object], *names: str) -> dict[str, object]:
    times = {name: None if row[name] is None else time_of(int(str(row[name]))) for name in names}
    return {**row, **times}
