"""Legal holds: parcels that are neither masked nor erased while somebody needs them as evidence."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Depends
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from features.parcel.numbers import MOST_CHARACTERS, TooLong
from features.parcel.problems import StoreError
from serving.api.access import TheOffice, having
from serving.api.casework import Reader, RowId
from serving.api.problems import Problem
from serving.api.routing import resource
from serving.office import holding
from serving.office.consulting import HOLDS, consulted
from serving.store import Client, holds
from serving.store.times import time_of

router = resource()
Holder = Annotated[Client, Depends(having(*holding.HOLDING))]
Lifter = Annotated[Client, Depends(having(*holding.LIFTING))]
Text = Annotated[str, Field(min_length=1, max_length=200)]


class NewHold(BaseModel):
    """Which parcel is kept, why, and by what law."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    parcel_id: Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS)]
    operator: Annotated[str, Field(max_length=35)] | None = None
    reason: Text = Field(description="As in the number of a case; it names nobody.")
    legal_basis: Text
    review_on: date | None = Field(None, description="When it is looked at again; null: after half a year.")


class HoldModel(BaseModel):
    """One legal hold."""

    id: int
    number: str | None = Field(description="Of the parcel; null once it was erased.")
    reason: str
    legal_basis: str
    review_on: date
    made_at: AwareDatetime
    made_by: str
    lifted_at: AwareDatetime | None = Field(description="Null while it is open.")
    lifted_by: str | None


class Hold(BaseModel):
    """Number of a hold."""

    id: int


class Holds(BaseModel):
    """Holds that are open, oldest first."""

    holds: list[HoldModel]


@router.post("/holds", summary="Keep a parcel from masking and erasure", tags=["casework"], status_code=201)
def add_hold(new: NewHold, office: TheOffice, client: Holder) -> Hold:
    """From now on the parcel is neither masked nor erased, whoever asks for it, until the hold is lifted."""
    try:
        with office.writer.transaction() as transaction:
            hold_id = holding.add(
                transaction.connection,
                office.secrets.vault,
                new.parcel_id,
                reason=new.reason,
                legal_basis=new.legal_basis,
                client=client,
                at=office.clock(),
                review_on=new.review_on,
                operator=new.operator,
            )
    except (StoreError, TooLong) as error:
        raise Problem(409, "Not registered", str(error)) from None
    return Hold(id=hold_id)


@router.post("/holds/{row_id}/lift", summary="Lift a legal hold", tags=["casework"])
def lift_hold(row_id: RowId, office: TheOffice, client: Lifter) -> Hold:
    """End it; what is due by then is masked or erased by the next run. That of an investigation ends with it."""
    try:
        with office.writer.transaction() as transaction:
            holding.lift(transaction.connection, row_id, client=client, at=office.clock())
    except StoreError as error:
        raise Problem(409, "Not registered", str(error)) from None
    return Hold(id=row_id)


@router.get("/holds", summary="Read the legal holds that are open", tags=["casework"])
def read_holds(office: TheOffice, client: Reader) -> Holds:
    """Which parcels are kept, why, by what law, and when that is looked at again."""
    with office.store.begin_read() as connection:
        found = holds.all_holds(connection, is_open=True)
    consulted(office, client, HOLDS)
    return Holds(holds=[_model(one) for one in found])


def _model(one: holds.Hold) -> HoldModel:
    lifted_at = None if one.lifted_at is None else time_of(one.lifted_at)
    return HoldModel.model_validate({**vars(one), "made_at": time_of(one.made_at), "lifted_at": lifted_at})
