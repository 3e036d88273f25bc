"""Quarantine: rows that could not be used or were used in part, until the operator corrects or discards them."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel, Field, SkipValidation

from features.parcel.problems import Rejection
from serving.api.access import OperatorCaller, TheOffice
from serving.api.problems import Problem
from serving.api.records import lodging_of
from serving.api.routing import After, Limit, resource
from serving.api.schemas import Parcel
from serving.office.answers import Answer, shown, with_doubts
from serving.office.batching import Submission
from serving.office.office import Office
from serving.office.scoring import score
from serving.office.waiting import WAIT
from serving.store import Client
from serving.store.quarantine import DOUBTFUL, DROPPED, FIXED, OPEN, Held, held_row, held_rows, settle
from serving.store.times import microseconds

router = resource()


class Reason(BaseModel):
    """Why a row, or a value of it, could not be used as it was."""

    line: int
    field: str
    code: str
    reason: str
    remedy: str


class HeldRow(BaseModel):
    """A row that could not be used, or not as it was, as you sent it."""

    held_id: int
    state: str = Field(description="open, doubtful, fixed or dropped")
    source: str = Field(description="Format in which it came.")
    line: int = Field(description="Line or position in the file.")
    text: str = Field(description="The row as it was read; long ones are cut.")
    reasons: list[Reason]


class Quarantine(BaseModel):
    """A page of rows that are pending correction."""

    rows: list[HeldRow]
    next_after: int | None = Field(description="Ask for `after` this entry to continue; null at the end.")


@router.get("/quarantine", summary="Rows that could not be used", tags=["operators"])
def read_quarantine(
    office: TheOffice,
    client: OperatorCaller,
    after: After = 0,
    limit: Limit = 100,
    state: Annotated[
        Literal["open", "doubtful"], Query(description="open: not used; doubtful: used without some values")
    ] = "open",
) -> Quarantine:
    """Your rows that are pending correction, with the reasons."""
    with office.store.begin_read() as connection:
        rows = held_rows(
            connection,
            office.secrets.vault,
            client.operator or "",
            state=state,
            after=after,
            limit=limit,
            waiting_since_us=microseconds(office.clock() - WAIT),
        )
    next_after = rows[-1].held_id if len(rows) == limit else None
    return Quarantine(rows=[_row(row) for row in rows], next_after=next_after)


def _row(held: Held) -> HeldRow:
    return HeldRow(
        held_id=held.held_id,
        state=held.state,
        source=held.source,
        line=held.line,
        text=held.text,
        reasons=[Reason(**reason) for reason in held.reasons],
    )


def _held(office: Office, held_id: int, client: Client) -> Held:
    with office.store.begin_read() as connection:
        held = held_row(connection, office.secrets.vault, client.operator or "", held_id)
    if held is None:
        raise Problem(404, "Unknown row", "No such row of yours is in quarantine.")
    if held.state not in (OPEN, DOUBTFUL):
        raise Problem(409, "Settled already", f"The row was {held.state} before.")
    return held


@router.post("/quarantine/{held_id}", summary="Resubmit a corrected row", tags=["operators"])
def resubmit(
    held_id: int,
    parcel: Annotated[Parcel, SkipValidation],  # type: ignore[valid-type]
    office: TheOffice,
    client: OperatorCaller,
) -> Answer:
    """Lodge the corrected row as a parcel; it leaves the quarantine when it is accepted."""
    held = _held(office, _bounded(held_id), client)
    lodging = lodging_of(office, client, [parcel], explain=False)
    if lodging.rejections:
        raise Problem(422, "Invalid content", "The row still cannot be used; see errors.", errors=lodging.rejections)
    with office.writer.transaction() as transaction:
        result = score(office, transaction, [Submission(rows=lodging.rows, client=client)])[0][1]
        if isinstance(result, Answer):
            settle(transaction.connection, held.held_id, FIXED)
            result = shown(with_doubts(result, lodging.doubts), client)
    if isinstance(result, Rejection):
        raise Problem(409, "Not accepted", "The parcel cannot be accepted; see errors.", errors=(result,))
    return result


@router.delete("/quarantine/{held_id}", summary="Discard a row", tags=["operators"], status_code=204)
def discard(held_id: int, office: TheOffice, client: OperatorCaller) -> None:
    """Discard a row: it will not be sent again."""
    held = _held(office, _bounded(held_id), client)
    with office.writer.transaction() as transaction:
        settle(transaction.connection, held.held_id, DROPPED)


def _bounded(held_id: int) -> int:
    if not 0 <= held_id < 2**53:
        raise Problem(404, "Unknown row", "No such row of yours is in quarantine.")
    return held_id
