"""Exhibits and the ledger of their custody."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from features.handling.custody import Kind
from features.parcel.field import MAX_G
from features.parcel.numbers import MOST_CHARACTERS, TooLong
from features.parcel.problems import Rejection
from serving.api.access import OfficerCaller, TheOffice
from serving.api.problems import Problem
from serving.api.routing import resource
from serving.office.consulting import CUSTODY, consulted
from serving.office.custody import Ledger, enter, ledger, take

router = resource()
_STRICT = ConfigDict(extra="forbid", str_strip_whitespace=True)
Seal = Annotated[str, Field(min_length=1, max_length=35)]
Grams = Annotated[int, Field(strict=True, ge=0, le=MAX_G)]
Text = Annotated[str, Field(min_length=1, max_length=70)]


class ExhibitModel(BaseModel):
    """An exhibit that is taken from a parcel now, by the caller."""

    model_config = _STRICT
    parcel_id: Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS)]
    operator: Annotated[str, Field(max_length=35)] | None = None
    seal: Seal
    gross_g: Grams = Field(description="Weight with its packing.")
    net_g: Grams | None = Field(None, description="Weight of the goods alone.")


class EntryModel(BaseModel):
    """An entry of the ledger, made by the caller now."""

    model_config = _STRICT
    kind: Kind
    seal: Seal | None = None
    gross_g: Grams | None = None
    net_g: Grams | None = None
    to: Text | None = Field(None, description="Officer to whom it is given, or institution to which it is sent.")
    reference: Text | None = Field(None, description="Receipt, report or record outside of this program.")
    corrects: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = Field(
        None, description="Number of the own entry whose values are replaced."
    )


class EntryOnRecord(EntryModel):
    """An entry on record."""

    number: int
    at: AwareDatetime
    by: str


class LedgerModel(BaseModel):
    """An exhibit: where it is, and every entry about it."""

    number: str = Field(examples=["EX00000001"])
    holder: str
    offered_to: str | None = Field(description="Officer who has not signed for it yet.")
    away_at: str | None
    is_closed: bool
    seal: str | None
    gross_g: int | None
    net_g: int | None
    entries: list[EntryOnRecord]

    @classmethod
    def of(cls, one: Ledger) -> LedgerModel:
        """Write a ledger for the wire."""
        entries = [EntryOnRecord(**vars(entry)) for entry in one.entries]
        return cls(number=one.number, **vars(one.exhibit), entries=entries)


def _answered(done: Ledger | Rejection | None) -> LedgerModel:
    if done is None:
        raise Problem(404, "Unknown exhibit", "No exhibit has this number.")
    if isinstance(done, Rejection):
        raise Problem(409, "Not entered", f"{done.field}: {done.reason} {done.remedy}")
    return LedgerModel.of(done)


@router.post("/exhibits", summary="Take an exhibit", tags=["officers"])
def take_exhibit(exhibit: ExhibitModel, office: TheOffice, client: OfficerCaller) -> LedgerModel:
    """Take an exhibit from a parcel in which something was found, and open its ledger."""
    given = exhibit.model_dump()
    try:
        with office.writer.transaction() as transaction:
            return _answered(take(office, transaction, given.pop("parcel_id"), given, client))
    except TooLong as error:
        raise Problem(422, "Reading too long", f"{error}") from error


@router.post("/exhibits/{number}/entries", summary="Add to the ledger of an exhibit", tags=["officers"])
def add_entry(number: str, entry: EntryModel, office: TheOffice, client: OfficerCaller) -> LedgerModel:
    """Add an entry. A hand-over is signed by both: *given* by its holder, *received* by the one who takes it."""
    with office.writer.transaction() as transaction:
        return _answered(enter(office, transaction, number, entry.kind, entry.model_dump(exclude={"kind"}), client))


@router.get("/exhibits/{number}", summary="Read the ledger of an exhibit", tags=["officers"])
def read_ledger(number: str, office: TheOffice, client: OfficerCaller) -> LedgerModel:
    """Where an exhibit is, and every entry about it; entries that are not as they were written are refused."""
    with office.store.begin_read() as connection:
        found = ledger(connection, number)
    if found is not None:
        consulted(office, client, CUSTODY, [found.number])
    return _answered(found)
