"""Exchange with partner authorities: the outbox, the quarantine, receipts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import Depends, Query, Request
from fastapi.responses import Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from features.parcel.problems import ListError
from policy.exchange import ExchangeError, Handling, Urgency
from policy.exchange.items import WORDS
from policy.exchange.package import MOST_BYTES, package_of
from policy.rules import RuleError
from serving.api.access import TheOffice, having
from serving.api.problems import Problem
from serving.api.routing import resource
from serving.messages.misp import misp_event
from serving.messages.umf import umf_shaped
from serving.office import exchanging, receiving
from serving.office.exchanging import DRAFTING, RELEASING, ContactPoint, Draft
from serving.office.receiving import Matched
from serving.store import Client, packages
from serving.store.packages import Held
from serving.store.times import time_of

router = resource()
Drafter = Annotated[Client, Depends(having(*DRAFTING))]
Releaser = Annotated[Client, Depends(having(*RELEASING))]
_STRICT = ConfigDict(extra="forbid", str_strip_whitespace=True)
Text = Annotated[str, Field(min_length=1, max_length=200)]
Number = Annotated[str, Field(min_length=1, max_length=60)]
SignedText = Annotated[str, Field(min_length=2, max_length=MOST_BYTES)]


def the_contact_point(request: Request) -> ContactPoint:
    """Contact point of this service."""
    found: ContactPoint = request.app.state.contact_point
    return found


Point = Annotated[ContactPoint, Depends(the_contact_point)]


class IndicatorModel(BaseModel):
    """What parcels are recognised by, in the words of an entry of a list (docs/lists.md)."""

    model_config = _STRICT
    field: Literal["sender", "recipient", "address", "contact", "account", "lane", "description", "number-block"]
    values: dict[str, Text] = Field(description=f"Some of {', '.join(WORDS)}.", min_length=1, max_length=len(WORDS))
    reason: Text
    expires_on: date


class NewPackage(BaseModel):
    """A package to a partner; it is a draft until another person releases it."""

    model_config = _STRICT
    recipient: Annotated[str, Field(min_length=1, max_length=40)] = Field(description="Partner, as the file names it.")
    purpose: Annotated[str, Field(min_length=1, max_length=300)]
    legal_basis: Text
    urgency: Literal["immediate", "urgent", "routine"] = Field(
        "routine", description="Answer due within 8 hours, 3 days or 7 days of its release."
    )
    source_code: Literal["A", "B", "C", "X"] = "X"
    information_code: Literal[1, 2, 3, 4] = 4
    handling: Literal["H0", "H1", "H2", "H3"] = "H1"
    tlp: Literal["clear", "green", "amber", "amber+strict", "red"] = "amber"
    pap: Literal["clear", "green", "amber", "red"] = "amber"
    indicators: list[IndicatorModel] = Field([], max_length=500)
    typologies: list[Annotated[str, Field(max_length=60)]] = Field(
        [], max_length=50, description="Names of typologies."
    )
    seizures: list[Annotated[str, Field(max_length=10)]] = Field([], max_length=500, description="Numbers of forms.")


class PackageModel(BaseModel):
    """A package without what names a person."""

    number: str
    direction: Literal["out", "in"]
    partner: str
    state: str = Field(examples=["released"])
    urgency: str
    made_at: AwareDatetime
    made_by: str
    due_at: AwareDatetime | None = Field(description="When the answer is due.")
    is_overdue: bool
    decided_at: AwareDatetime | None = Field(description="When a person here released or decided about it.")
    decided_by: str | None
    answered_at: AwareDatetime | None = Field(description="When the partner's last receipt came.")
    reason: str | None
    digest: str
    document: dict[str, Any] = Field(description="Codes and items; of an indicator its field alone.")


class PackageList(BaseModel):
    """Packages, newest first."""

    packages: list[PackageModel]


class Signed(BaseModel):
    """A package or receipt that a partner signed, as its file holds it."""

    model_config = _STRICT
    text: SignedText


class Withdrawal(BaseModel):
    """Why a draft does not leave."""

    model_config = _STRICT
    reason: Text


class Decision(BaseModel):
    """What a person decides about a received package."""

    model_config = _STRICT
    decision: Literal["adopt", "refuse"]
    owner: Text = Field("contact point", description="Team that answers for its list and rules.")
    reason: Annotated[str, Field(max_length=300)] = Field("", description="Why it is refused; its sender reads it.")


class WithReceipt(BaseModel):
    """A received package, and the signed receipt for its sender."""

    package: PackageModel
    receipt: str


class MatchedModel(BaseModel):
    """What one item would have matched in the history of this office."""

    what: str
    n_of: int = Field(description="Parcels or forms that were compared.")
    n_matched: int
    n_found: int | None
    problem: str = Field(description="Why it cannot be used here; empty where it can.")


class MatchList(BaseModel):
    """What each item would have matched."""

    items: list[MatchedModel]


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except (ExchangeError, ListError, RuleError) as error:
        raise Problem(422, "Package not usable", str(error)) from None


def _model(office: TheOffice, one: Held) -> PackageModel:
    times = {name: getattr(one, name) for name in ("made_at", "due_at", "decided_at", "answered_at")}
    given = {**vars(one), **{name: at if at is None else time_of(at) for name, at in times.items()}}
    named = {name: given[name] for name in PackageModel.model_fields if name != "is_overdue"}
    return PackageModel(**named, is_overdue=exchanging.is_overdue(one, office.clock()))


@router.get("/exchange/packages", summary="Read outbox or quarantine", tags=["exchange"])
def read_packages(
    office: TheOffice,
    client: Drafter,
    direction: Literal["out", "in"] = "out",
    state: Annotated[Literal["open", "all"], Query(description="Those that somebody must act on, or all.")] = "open",
) -> PackageList:
    """Packages with their clocks; what names a person is in none of them."""
    with office.store.begin_read() as connection:
        found = packages.held(connection, direction, is_open=state == "open")
    return PackageList(packages=[_model(office, one) for one in found])


@router.post("/exchange/packages", summary="Draft a package", tags=["exchange"], status_code=201)
def draft_package(new: NewPackage, office: TheOffice, client: Drafter, point: Point) -> PackageModel:
    """Draft a package for a partner. Nothing leaves until a second person releases it."""
    codes = {name: getattr(new, name) for name in Handling.__dataclass_fields__}
    given = Draft(
        recipient=new.recipient,
        purpose=new.purpose,
        legal_basis=new.legal_basis,
        urgency=Urgency(new.urgency),
        handling=Handling(**codes),
        indicators=[one.model_dump(mode="json") for one in new.indicators],
        typologies=new.typologies,
        seizures=new.seizures,
    )
    with _refused(), office.writer.transaction() as transaction:
        return _model(office, exchanging.draft(office, transaction.connection, point, given, client))


@router.post("/exchange/packages/{number}/release", summary="Release a package", tags=["exchange"])
def release_package(number: Number, office: TheOffice, client: Releaser, point: Point) -> Signed:
    """Release a draft of somebody else; the answer is the signed text that leaves."""
    with _refused(), office.writer.transaction() as transaction:
        return Signed(text=exchanging.release(office, transaction.connection, point, number, client))


@router.post("/exchange/packages/{number}/withdraw", summary="Withdraw a draft", tags=["exchange"])
def withdraw_package(number: Number, withdrawal: Withdrawal, office: TheOffice, client: Drafter) -> PackageModel:
    """Withdraw a draft; what names a person in it is erased."""
    with _refused(), office.writer.transaction() as transaction:
        exchanging.withdraw(office, transaction.connection, number, client, withdrawal.reason)
        return _model(office, exchanging.the_package(transaction.connection, packages.OUT, number))


@router.get(
    "/exchange/packages/{number}/file",
    summary="Read a released package",
    tags=["exchange"],
    response_class=Response,
    responses={
        200: {"content": {"application/json": {"schema": {}}, "application/xml": {"schema": {"type": "string"}}}}
    },
)
def read_file(
    number: Number,
    office: TheOffice,
    client: Drafter,
    point: Point,
    form: Annotated[
        Literal["package", "misp", "umf"], Query(alias="format", description="package, misp, or umf (shaped like it)")
    ] = "package",
) -> Response:
    """A released package as it left, as MISP JSON, or as XML shaped like UMF."""
    with _refused(), office.store.begin_read() as connection:
        text = exchanging.text_of(office, connection, point, number)
        if form == "package":
            return Response(text, media_type="application/json")
        package = package_of(json.loads(text))
    if form == "umf":
        return Response(umf_shaped(package), media_type="application/xml")
    return Response(json.dumps(misp_event(package), indent=1), media_type="application/json")


@router.post("/exchange/received", summary="Quarantine a received package", tags=["exchange"], status_code=201)
def receive_package(signed: Signed, office: TheOffice, client: Drafter, point: Point) -> WithReceipt:
    """Check the signature of a partner's package and put it into quarantine; nothing of it is in force."""
    with _refused(), office.writer.transaction() as transaction:
        held, receipt = receiving.receive(office, transaction.connection, point, signed.text, client)
        return WithReceipt(package=_model(office, held), receipt=receipt)


@router.get("/exchange/received/{number}/matches", summary="What a package would have matched", tags=["exchange"])
def read_matches(number: Number, office: TheOffice, client: Drafter) -> MatchList:
    """What each item of a quarantined package would have matched in the history of this office."""
    with _refused(), office.store.begin_read() as connection:
        found: list[Matched] = receiving.matches(office, connection, number)
    return MatchList(items=[MatchedModel(**vars(one)) for one in found])


@router.post("/exchange/received/{number}/decision", summary="Adopt or refuse a package", tags=["exchange"])
def decide(number: Number, decision: Decision, office: TheOffice, client: Releaser, point: Point) -> WithReceipt:
    """Adopt a package, whose list and rules are drafts from then on, or refuse it with a reason."""
    with _refused(), office.writer.transaction() as transaction:
        connection = transaction.connection
        if decision.decision == "adopt":
            held, receipt = receiving.adopt(office, connection, point, number, client, owner=decision.owner)
        else:
            held, receipt = receiving.refuse(office, connection, point, number, client, decision.reason)
        return WithReceipt(package=_model(office, held), receipt=receipt)


@router.post("/exchange/receipts", summary="Enter a partner's receipt", tags=["exchange"])
def enter_receipt(signed: Signed, office: TheOffice, client: Drafter, point: Point) -> PackageModel:
    """Note what became of a package: received, adopted or refused; then what names a person in it is erased here."""
    with _refused(), office.writer.transaction() as transaction:
        return _model(office, exchanging.answered(office, transaction.connection, point, signed.text, client))
