"""Clocks of referrals: what is urgent, whose it is, how it ended, and how long parcels were held."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from fastapi import Query, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from features.handling.clocks import CHOSEN, Bound, ClockState, End
from features.handling.direction import Direction
from features.parcel.numbers import MOST_CHARACTERS
from features.parcel.problems import Rejection
from features.parcel.schema import LINE
from policy import Referral
from serving.api.access import OfficerCaller, TheOffice
from serving.api.once import TheOnce, written
from serving.api.problems import Problem
from serving.api.routing import check_size, merged, resource
from serving.office.answers import RejectionModel
from serving.office.clocks import Referred, decide_clocks, holding, referrals
from serving.office.writer import Transaction

router = resource()
_STRICT = ConfigDict(extra="forbid", str_strip_whitespace=True)
_CHOSEN = tuple(end.value for end in CHOSEN)


class ReferredModel(BaseModel):
    """A referral with its clock."""

    parcel_id: str
    operator: str
    referral: Referral
    cause: str
    asked_at: AwareDatetime
    direction: Direction
    state: ClockState = Field(description="`waiting` while the parcel is not here; `overdue` until an end is chosen.")
    latest_at: AwareDatetime | None = Field(description="Latest useful moment; null while nothing sets it.")
    bound: Bound | None = Field(description="What sets it.")
    owner: str
    escalated_to: str = Field(description="Superior of the owner, near the latest moment and past it; else empty.")
    end: End | None

    @classmethod
    def of(cls, one: Referred) -> ReferredModel:
        """Write a referral for the wire."""
        return cls(**{name: value for name, value in vars(one).items() if name != "clock"}, **vars(one.clock))


class ClocksAnswer(BaseModel):
    """Referrals, overdue ones first."""

    referrals: list[ReferredModel]


@router.get("/clocks", summary="Clocks of referrals", tags=["officers"])
def read_clocks(
    office: TheOffice,
    client: OfficerCaller,
    with_ended: Annotated[bool, Query(description="Also those that have ended.")] = False,
) -> ClocksAnswer:
    """Latest useful moment, owner, escalation and end of every referral of a year (docs/clocks.md)."""
    found = referrals(office, with_ended=with_ended)
    return ClocksAnswer(referrals=[ReferredModel.of(one) for one in found])


class ClockModel(BaseModel):
    """Owner or end of a referral."""

    model_config = _STRICT
    parcel_id: Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS)]
    operator: Annotated[str, Field(max_length=35)] | None = None
    owner: Annotated[str, Field(min_length=1, max_length=60)] | None = None
    end: Literal[_CHOSEN] | None = None  # type: ignore[valid-type]
    reason: Annotated[str, Field(max_length=200)] | None = Field(None, description="Why it ends so; no names.")


class ClocksGiven(BaseModel):
    """One or many entries, each answered by itself."""

    model_config = _STRICT
    entries: list[ClockModel] = Field(min_length=1)


class ClockAnswer(BaseModel):
    """An entry that was recorded."""

    status: Literal["recorded"]
    parcel_id: str


class ClocksRecorded(BaseModel):
    """One result per entry, in the order of the request."""

    n_recorded: int
    n_rejected: int
    results: list[ClockAnswer | RejectionModel]


@router.post("/clocks", summary="Name the owner or the end of referrals", tags=["officers"])
def record_clocks(
    request: Request, response: Response, given: ClocksGiven, office: TheOffice, client: OfficerCaller, once: TheOnce
) -> ClocksRecorded:
    """Name who owns a referral, or how it ended, with a reason. An outcome ends a referral by itself."""
    check_size(request, len(given.entries))
    rows = [{LINE: line, **entry.model_dump()} for line, entry in enumerate(given.entries, start=1)]

    def write(transaction: Transaction) -> ClocksRecorded:
        done = decide_clocks(office, transaction, rows, client)
        known = {
            line: one if isinstance(one, Rejection) else ClockAnswer(status="recorded", parcel_id=one)
            for line, one in done.items()
        }
        results = merged(known, ())
        n_recorded = sum(isinstance(one, ClockAnswer) for one in results)
        return ClocksRecorded(results=results, n_recorded=n_recorded, n_rejected=len(results) - n_recorded)

    return written(office, once, response, ClocksRecorded, write)


class HeldModel(BaseModel):
    """Holding times of the parcels of one cause."""

    cause: str
    n: int = Field(description="Parcels that customs held and gave away.")
    p50_h: float | None
    p95_h: float | None
    n_still_held: int


class HoldingAnswer(BaseModel):
    """Holding times of a period by cause."""

    since: AwareDatetime
    until: AwareDatetime
    causes: list[HeldModel]


@router.get("/holding-times", summary="How long parcels were held", tags=["officers"])
def read_holding(
    office: TheOffice,
    client: OfficerCaller,
    since: Annotated[AwareDatetime, Query(description="Beginning of the period, by the time of the decision.")],
    until: Annotated[AwareDatetime | None, Query(description="Its end; left out: now.")] = None,
) -> HoldingAnswer:
    """Hours in customs' hands by customs' own scans and stages, p50 and p95 by cause (docs/clocks.md)."""
    end = until or office.clock() + timedelta(microseconds=1)
    if end <= since:
        raise Problem(422, "Empty period", "The period ends before it begins: give since before until.")
    causes = [HeldModel(**vars(one)) for one in holding(office, since, end)]
    return HoldingAnswer(since=since, until=end, causes=causes)
