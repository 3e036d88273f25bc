"""Sorting machines: where an item goes, where it went, and a table for when there is no connection."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import Depends, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from features.parcel.numbers import MOST_CHARACTERS
from features.signing import SORT_TABLE, sign
from policy.sorting import Reading, SortCodes, in_force
from serving.api.access import OfficerCaller, TheOffice, having
from serving.api.problems import Problem
from serving.api.routing import Limit, resource
from serving.office.sorting import (
    Confirmed,
    ConfirmedOtherwise,
    Measured,
    UnknownChute,
    UnknownSorting,
    confirm,
    sort_item,
    sort_table,
    wrong_chutes,
)
from serving.store import Client, Role
from serving.store.sortings import StoredSorting
from serving.store.times import time_of

router = resource()
SorterCaller = Annotated[Client, Depends(having(Role.SORTER))]
_STRICT = ConfigDict(extra="forbid", str_strip_whitespace=True)
_MOST_READINGS = 20
_Size = Annotated[int, Field(strict=True, ge=1, le=100_000)]
_READING = (
    "`one`: one parcel on record; `no_read`: nothing was read; `several`: numbers of several parcels, or of a bill or "
    "receptacle; `misread`: rather a misread; `unknown`: nothing is declared under the number. None of them means that "
    "the item is cleared."
)


async def the_codes(request: Request, office: TheOffice) -> SortCodes:
    """The table of sort codes of today."""
    return in_force(request.app.state.sort_codes, office.clock().date())


TheCodes = Annotated[SortCodes, Depends(the_codes)]


class Item(BaseModel):
    """What a machine saw of one item."""

    model_config = _STRICT
    readings: list[Annotated[str, Field(max_length=MOST_CHARACTERS)]] = Field(
        max_length=_MOST_READINGS, description="All readings of all sides, as they were read; empty where none was."
    )
    weight_g: _Size | None = None
    length_mm: _Size | None = None
    width_mm: _Size | None = None
    height_mm: _Size | None = None


class SortAnswer(BaseModel):
    """Where the item goes."""

    sort_id: str = Field(description="Names this answer in the confirmation, within a day.")
    sort_code: str = Field(description="Where it goes, and never why.", examples=["2"])
    chutes: list[str] = Field(description="Chutes of the code at this machine.")
    reading: Reading = Field(description=_READING)


class NewConfirmation(BaseModel):
    """Where the item went."""

    model_config = _STRICT
    chute: str = Field(min_length=1, max_length=8, pattern="^[0-9A-Za-z]+$", examples=["2"])


class Confirmation(BaseModel):
    """Receipt; a wrong chute is recorded as it is."""

    status: Literal["recorded", "repeated"]
    result: Literal["right_chute", "wrong_chute"]
    sort_code: str
    chutes: list[str] = Field(description="Chutes of the code; after `wrong_chute` the item must be brought to one.")

    @classmethod
    def of(cls, one: Confirmed) -> Confirmation:
        """Write it for the wire."""
        return cls(
            status="recorded" if one.is_new else "repeated",
            result="right_chute" if one.is_right else "wrong_chute",
            sort_code=one.code,
            chutes=list(one.chutes),
        )


class SortTableModel(BaseModel):
    """Sort codes of what is on record; numbers are salted digests (docs/sorting.md)."""

    made_at: AwareDatetime = Field(description="Its age counts from here.")
    valid_until: AwareDatetime = Field(description="Behind this everything is put aside.")
    salt: str
    is_whole: bool = Field(description="False where more parcels are on record than a table holds.")
    without_one: dict[str, str] = Field(description="Code of each reading without one parcel.")
    codes: dict[str, list[str]] = Field(description="Digests by code.")


class SignedSortTable(BaseModel):
    """The table and the installation's signature of it."""

    table: SortTableModel
    signature: dict[str, str]


class WrongChute(BaseModel):
    """An item that was put into a wrong chute."""

    parcel_id: str | None = Field(description="Null where no single parcel was read, or it was erased.")
    sorter: str
    sort_code: str
    chute: str
    confirmed_at: AwareDatetime

    @classmethod
    def of(cls, one: StoredSorting, number: str | None) -> WrongChute:
        """Write it for the wire."""
        return cls(
            parcel_id=number,
            sorter=one.client_id,
            sort_code=one.code,
            chute=one.chute,
            confirmed_at=time_of(one.confirmed_at),
        )


class WrongChutes(BaseModel):
    """Items in wrong chutes, newest first."""

    items: list[WrongChute]


@router.post("/sort", summary="Ask where an item goes", tags=["sorters"])
def ask(item: Item, office: TheOffice, client: SorterCaller, codes: TheCodes) -> SortAnswer:
    """Answer with a sort code of the office's table, which says where the item goes and never why.

    Nothing is written but who asked; the answer to the same item may differ later. No answer means that it is cleared.
    """
    measured = Measured(**item.model_dump(exclude={"readings"}))
    done = sort_item(office, codes, client, item.readings, measured)
    chutes = list(codes.chutes_of(client.client_id, done.code))
    return SortAnswer(sort_id=done.sort_id, sort_code=done.code, chutes=chutes, reading=done.reading)


@router.post("/sort/{sort_id}/confirmation", summary="Confirm the chute", tags=["sorters"])
def confirm_chute(
    sort_id: str, new: NewConfirmation, office: TheOffice, client: SorterCaller, codes: TheCodes
) -> Confirmation:
    """Say in which chute the item was put. Of one parcel it is a scan: a fact that moves it (docs/states.md).

    The same confirmation again is answered as `repeated` and changes nothing.
    """
    try:
        with office.writer.transaction() as transaction:
            return Confirmation.of(confirm(office, transaction, codes, client, sort_id, new.chute))
    except UnknownSorting:
        raise Problem(
            404, "Unknown sorting", "This machine got no such id within a day. Sort the item again."
        ) from None
    except UnknownChute:
        detail = "The office's table has no such chute of this machine. Correct it, or have it added to the table."
        raise Problem(422, "Unknown chute", detail) from None
    except ConfirmedOtherwise:
        raise Problem(409, "Confirmed otherwise", "Another chute was confirmed before. Sort the item again.") from None


@router.get("/sort/table", summary="Sort codes for who has no connection", tags=["sorters"])
def read_table(request: Request, office: TheOffice, client: SorterCaller, codes: TheCodes) -> SignedSortTable:
    """Codes of the parcels that were lodged lately, signed by the installation, with the time when it was made.

    What is not in it is put aside, and so is everything once it is too old.
    """
    table = sort_table(office, codes, client, secrets.token_hex(16))
    signature = sign(
        table.digest(),
        name="installation",
        key=_key(request),
        signed_at=office.clock().isoformat(timespec="seconds"),
        purpose=SORT_TABLE,
    )
    document: dict[str, Any] = table.as_dict()
    return SignedSortTable(table=SortTableModel(**document), signature=asdict(signature))


@router.get("/sort/wrong", summary="Items in wrong chutes", tags=["officers"])
def read_wrong(office: TheOffice, client: OfficerCaller, limit: Limit = 100) -> WrongChutes:
    """Which items machines put into another chute than was answered, the newest first."""
    with office.store.begin_read() as connection:
        return WrongChutes(items=[WrongChute.of(*one) for one in wrong_chutes(connection, limit)])


def _key(request: Request) -> Path:
    key: Path = request.app.state.contact_point.key
    return key
