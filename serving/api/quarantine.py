"""Quarantine: rows that could not be used, until the operator corrects or discards them."""

from __future__ import annotations

from typing import Any

import polars as pl
from pydantic import BaseModel, Field

from features.parcel.problems import Accepted, Rejection
from features.parcel.validation import validate_parcels
from serving.api.access import OperatorCaller, TheDesk
from serving.api.problems import Problem
from serving.api.records import table_of
from serving.api.routing import After, Limit, resource
from serving.api.schemas import Parcel
from serving.office.answers import Answer
from serving.office.scoring import Desk
from serving.store import Client
from serving.store.quarantine import DROPPED, FIXED, OPEN, Held, held_row, held_rows, settle

router = resource()


class Reason(BaseModel):
    """Why a row could not be used."""

    line: int
    field: str
    code: str
    reason: str
    remedy: str


class HeldRow(BaseModel):
    """A row that could not be used, as you sent it."""

    held_id: int
    state: str = Field(description="open, fixed or dropped")
    source: str = Field(description="Format in which it came.")
    line: int = Field(description="Line or place in the file.")
    text: str = Field(description="The row as it was read; long ones are cut.")
    reasons: list[Reason]


class Quarantine(BaseModel):
    """A page of rows that wait to be mended."""

    rows: list[HeldRow]
    next_after: int | None = Field(description="Ask for `after` this place to go on; null at the end.")


@router.get("/quarantine", summary="Rows that could not be used", tags=["operators"])
def read_quarantine(desk: TheDesk, client: OperatorCaller, after: After = 0, limit: Limit = 100) -> Quarantine:
    """Your rows that wait to be mended, with the reasons."""
    with desk.store.begin_read() as connection:
        rows = held_rows(connection, desk.secrets.vault, client.operator or "", after=after, limit=limit)
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


def _held(desk: Desk, held_id: int, client: Client) -> Held:
    with desk.store.begin_read() as connection:
        held = held_row(connection, desk.secrets.vault, client.operator or "", held_id)
    if held is None:
        raise Problem(404, "Unknown row", "No such row of yours is in quarantine.")
    if held.state != OPEN:
        raise Problem(409, "Settled already", f"The row was {held.state} before.")
    return held


@router.post("/quarantine/{held_id}", summary="Resubmit a mended row", tags=["operators"])
def resubmit(held_id: int, parcel: Parcel, desk: TheDesk, client: OperatorCaller) -> Answer:  # type: ignore[valid-type]
    """Lodge the mended row as a parcel; it leaves the quarantine when it is taken."""
    held = _held(desk, _bounded(held_id), client)
    rows = table_of([parcel]).with_columns(pl.lit(client.operator).alias("operator"))
    checked: Accepted = validate_parcels(rows, fields_checked=True)
    if checked.rejections:
        raise Problem(422, "Invalid content", "The row still cannot be used; see errors.", errors=checked.rejections)
    answers = desk.score(checked.rows, client, then=lambda connection, found: _settled(connection, held, found))
    result = answers[1]
    if isinstance(result, Rejection):
        raise Problem(409, "Not taken", "The parcel cannot be taken; see errors.", errors=(result,))
    return result


def _settled(connection: Any, held: Held, found: dict[int, Answer | Rejection]) -> None:
    if isinstance(found[1], Answer):
        settle(connection, held.held_id, FIXED)


@router.delete("/quarantine/{held_id}", summary="Drop a row", tags=["operators"], status_code=204)
def drop(held_id: int, desk: TheDesk, client: OperatorCaller) -> None:
    """Give a row up: it will not be sent again."""
    held = _held(desk, _bounded(held_id), client)
    with desk.lock, desk.store.begin_read() as connection:
        settle(connection, held.held_id, DROPPED)


def _bounded(held_id: int) -> int:
    if not 0 <= held_id < 2**53:
        raise Problem(404, "Unknown row", "No such row of yours is in quarantine.")
    return held_id
