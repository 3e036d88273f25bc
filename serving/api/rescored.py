"""Degraded answers that were given again when nothing was missing any more, and what differs."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import AwareDatetime, BaseModel, Field

from policy import Cause, Referral
from serving.api.access import OfficerCaller, TheOffice
from serving.api.routing import Limit, resource
from serving.office.rescoring import Difference, differences
from serving.store import Scored

router = resource()


class GivenModel(BaseModel):
    """One of the two answers."""

    referral: Referral
    cause: Cause
    probability: float | None = Field(description="Null without a model.")
    bundle: str | None

    @classmethod
    def of(cls, scored: Scored) -> GivenModel:
        """Write an answer for the wire."""
        return cls(
            referral=Referral.parse(scored.referral),
            cause=Cause.parse(scored.cause),
            probability=scored.probability,
            bundle=scored.bundle_id,
        )


class RescoredModel(BaseModel):
    """A degraded answer and the one that replaced it."""

    number: int
    operator: str | None
    parcel_id: str | None = Field(description="Null where it was erased.")
    missing: str = Field(description="What the first answer lacked.", examples=["no model"])
    rescored_at: AwareDatetime
    is_moved: bool = Field(description="Whether another referral or cause followed.")
    before: GivenModel
    after: GivenModel

    @classmethod
    def of(cls, one: Difference) -> RescoredModel:
        """Write it for the wire."""
        return cls(
            number=one.number,
            operator=one.operator,
            parcel_id=one.parcel_id,
            missing=one.missing,
            rescored_at=one.rescored_at,
            is_moved=one.is_moved,
            before=GivenModel.of(one.before),
            after=GivenModel.of(one.after),
        )


class RescoredParcels(BaseModel):
    """Parcels whose degraded answer was given again, in order."""

    parcels: list[RescoredModel]
    next_after: int | None = Field(description="Give it as `after` to continue; null at the end.")


@router.get("/rescored", summary="Degraded answers that were given again", tags=["officers"])
def read_rescored(
    office: TheOffice,
    client: OfficerCaller,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="Number behind which to continue.")] = 0,
    limit: Limit = 100,
) -> RescoredParcels:
    """What was decided while something was missing is decided again when that is back; a referral of before stays.

    Parcels that were inspected, amended or cancelled meanwhile, and those of more than seven days ago, are left out.
    """
    with office.store.begin_read() as connection:
        found = differences(connection, after=after, limit=limit)
    last = found[-1].number if len(found) == limit else None
    return RescoredParcels(parcels=[RescoredModel.of(one) for one in found], next_after=last)
