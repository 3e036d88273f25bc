"""Lists: their terms and figures, entries in and out, and approval by a second person."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from features.parcel.numbers import MOST_CHARACTERS, TooLong
from policy import Referral
from policy.lists import ListField, ListKind, Terms
from policy.lists.terms import HANDLING_CODES, SOURCE_CODES, usual_referral
from serving.api.access import TheOffice, having
from serving.api.problems import Problem
from serving.api.routing import resource
from serving.office.list_keeping import (
    APPROVING,
    MAKING,
    READING,
    Made,
    add,
    approve,
    exported,
    from_parcels,
    replace_entries,
    retire,
)
from serving.store import Client, Connection
from serving.store.lists import StoredList, days_of, list_named, lists_of
from serving.store.times import time_of

router = resource()
MakerCaller = Annotated[Client, Depends(having(*MAKING))]
ApproverCaller = Annotated[Client, Depends(having(*APPROVING))]
ListReader = Annotated[Client, Depends(having(*READING))]
_STRICT = ConfigDict(extra="forbid", str_strip_whitespace=True)
Text = Annotated[str, Field(min_length=1, max_length=200)]
Csv = Annotated[str, Field(min_length=1, description="CSV of the entries; see docs/lists.md.")]


class TermsModel(BaseModel):
    """Terms of a list."""

    model_config = _STRICT
    name: Annotated[str, Field(min_length=1, max_length=40)]
    kind: ListKind
    fields: Annotated[list[ListField], Field(min_length=1, max_length=len(ListField))]
    asks: Referral | None = Field(None, description="Referral of a hit; by default the usual one of its kind.")
    owner: Text
    legal_basis: Text
    reason: Text
    source: Text
    source_code: str = Field(description=f"Evaluation of the source: {', '.join(SOURCE_CODES)}.")
    information_code: Annotated[int, Field(ge=1, le=4)] = Field(description="Evaluation of the information.")
    handling: str = Field("H0", description=f"Handling code: {', '.join(HANDLING_CODES)}.")
    review_on: dt.date
    expires_on: dt.date | None = None
    threshold: float = Field(0.88, description="Lowest similarity of names, 0.75 to 1.")

    def terms(self) -> Terms:
        """The same as the office takes it."""
        given = {name: getattr(self, name) for name in TermsModel.model_fields}
        fields = tuple(dict.fromkeys(self.fields))
        return Terms(**given | {"fields": fields, "asks": self.asks or usual_referral(self.kind)})


class NewList(BaseModel):
    """A new list with its entries."""

    model_config = _STRICT
    terms: TermsModel
    csv: Csv


class NewEntries(BaseModel):
    """Entries that replace those of a list."""

    model_config = _STRICT
    csv: Csv


class ListOfParcels(BaseModel):
    """A list of what parcels on record have in its fields."""

    model_config = _STRICT
    terms: TermsModel
    parcel_ids: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS)]], Field(min_length=1, max_length=10_000)
    ]
    findings: bool = Field(True, description="Refuse parcels in which nothing was found.")


class DayModel(BaseModel):
    """Parcels of one day that were looked up in a list, and those that it hit."""

    day: dt.date
    n_looked_up: int
    n_hit: int


class ListModel(BaseModel):
    """One version of a list, without its entries."""

    terms: TermsModel
    version: int
    state: str = Field(examples=["live"])
    n_entries: int
    made_by: str
    made_at: dt.datetime
    approved_by: str | None
    days: list[DayModel] = []

    @classmethod
    def of(cls, one: StoredList, days: list[DayModel] | None = None) -> ListModel:
        """Write a list for the wire."""
        same: dict[str, Any] = {
            name: getattr(one, name) for name in ("version", "state", "n_entries", "made_by", "approved_by")
        }
        terms = TermsModel(**vars(one.terms) | {"fields": list(one.terms.fields)})
        return cls(terms=terms, made_at=time_of(one.made_at), days=days or [], **same)


class Lists(BaseModel):
    """Lists of the office, newest version of each first."""

    lists: list[ListModel]


class Retired(BaseModel):
    """Receipt for the end of a list."""

    status: str = "retired"


def _known(connection: Connection, name: str) -> StoredList:
    found = list_named(connection, name)
    if found is None:
        raise Problem(404, "Unknown list", "No list has this name.")
    return found


def _made(made: Made) -> ListModel:
    if isinstance(made, StoredList):
        return ListModel.of(made)
    raise Problem(422, "Not used", "Nothing was changed. Correct every fault, and send it again.", errors=tuple(made))


@router.get("/lists", summary="Read all lists", tags=["analysts"])
def read_lists(office: TheOffice, client: ListReader) -> Lists:
    """Terms and state of every version of every list, without entries."""
    with office.store.begin_read() as connection:
        return Lists(lists=[ListModel.of(one) for one in lists_of(connection)])


@router.post("/lists", summary="Make a list", tags=["analysts"])
def add_list(new: NewList, office: TheOffice, client: MakerCaller) -> ListModel:
    """Make a list. One fault refuses it; one that binds, lowers or names persons waits for a second person."""
    with office.writer.transaction() as transaction:
        data = new.csv.encode()
        return _made(add(transaction.connection, office.secrets, new.terms.terms(), data, client, office.clock()))


@router.post("/lists/from-parcels", summary="Make a list of parcels", tags=["analysts"])
def add_list_of_parcels(new: ListOfParcels, office: TheOffice, client: MakerCaller) -> ListModel:
    """Make a list of what findings, or other parcels on record, have in its fields."""
    given = new.terms.terms(), new.parcel_ids, client, office.clock()
    try:
        with office.writer.transaction() as transaction:
            return _made(from_parcels(transaction.connection, office.secrets, *given, findings=new.findings))
    except TooLong as error:
        raise Problem(422, "Reading too long", f"{error}") from error


@router.get("/lists/{name}", summary="Read a list", tags=["analysts"])
def read_list(name: str, office: TheOffice, client: ListReader) -> ListModel:
    """Terms of a list, and by day how many parcels were looked up in it and how many it hit."""
    with office.store.begin_read() as connection:
        one = _known(connection, name)
        return ListModel.of(one, [DayModel(**vars(day)) for day in days_of(connection, one)])


@router.put("/lists/{name}/entries", summary="Replace the entries of a list", tags=["analysts"])
def put_entries(name: str, entries: NewEntries, office: TheOffice, client: MakerCaller) -> ListModel:
    """Make a new version of a list; the one that is live stays so until this one is."""
    with office.writer.transaction() as transaction:
        _known(transaction.connection, name)
        data = entries.csv.encode()
        return _made(replace_entries(transaction.connection, office.secrets, name, data, client, office.clock()))


@router.get("/lists/{name}/entries", summary="Export the entries of a list", tags=["analysts"])
def read_entries(
    name: str, office: TheOffice, client: MakerCaller, permission: Annotated[str | None, Field(max_length=200)] = None
) -> Response:
    """Entries as CSV, as they were imported. The audit keeps who has them, and by whose permission."""
    with office.writer.transaction() as transaction:
        _known(transaction.connection, name)
        given = name, client, office.clock()
        text = exported(transaction.connection, office.secrets, *given, permission=permission)
    return Response(text, media_type="text/csv")


@router.post("/lists/{name}/approved", summary="Approve a list", tags=["analysts"])
def approve_list(name: str, office: TheOffice, client: ApproverCaller) -> ListModel:
    """Approve the draft of somebody else: it is live from the next parcel on."""
    with office.writer.transaction() as transaction:
        _known(transaction.connection, name)
        return ListModel.of(approve(transaction.connection, office.secrets, name, client, office.clock()))


@router.post("/lists/{name}/retired", summary="Retire a list", tags=["analysts"])
def retire_list(name: str, office: TheOffice, client: MakerCaller) -> Retired:
    """End a list; what was imported is erased."""
    with office.writer.transaction() as transaction:
        _known(transaction.connection, name)
        retire(transaction.connection, office.secrets, name, client, office.clock())
    return Retired()
