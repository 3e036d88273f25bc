"""Declarations that were amended often: officers read which, and how often another referral followed."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import AwareDatetime, BaseModel, Field

from serving.api.access import OfficerCaller, TheOffice
from serving.api.routing import Limit, resource
from serving.office.amending import probed
from serving.store.amendments import Amended
from serving.store.times import time_of

router = resource()


class AmendedModel(BaseModel):
    """A parcel whose declaration was amended often."""

    operator: str
    parcel_id: str | None = Field(description="Null where it was erased.")
    n_amendments: int
    n_moved: int = Field(description="Of these, amendments after which another referral followed.")
    last_at: AwareDatetime

    @classmethod
    def of(cls, one: Amended) -> AmendedModel:
        """Write it for the wire."""
        return cls(**vars(one) | {"last_at": time_of(one.last_at)})


class AmendedParcels(BaseModel):
    """Parcels that were amended often, the most often amended first."""

    parcels: list[AmendedModel]


@router.get("/amendments", summary="Parcels that were amended often", tags=["officers"])
def read_amended(
    office: TheOffice,
    client: OfficerCaller,
    days: Annotated[int, Query(ge=1, le=30, description="Days up to now.")] = 1,
    limit: Limit = 100,
) -> AmendedParcels:
    """Who amends a declaration again and again may try what is let through; policy/amendments.toml has the number.

    The audit has an entry `probing` for each of them as well.
    """
    with office.store.begin_read() as connection:
        found = probed(office, connection, days, limit)
    return AmendedParcels(parcels=[AmendedModel.of(one) for one in found])
