"""The model that serves, for whoever answers for it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel, Field

from features.catalogue import catalogue
from serving.api.access import TheOffice, having
from serving.api.routing import resource
from serving.office.champion import Champion
from serving.store import Client, Role

router = resource()
_READERS = (Role.SUPERVISOR, Role.ANALYST, Role.SCIENTIST, Role.AUDITOR, Role.ADMINISTRATOR)
Reader = Annotated[Client, Depends(having(*_READERS))]


class ModelInService(BaseModel):
    """The bundle that answers at this moment."""

    bundle: str | None = Field(description="Name and digest; null without one.", examples=["spring@0123456789ab"])
    approved_by: str | None = Field(description="Who signed it; null for the reference model, and without one.")
    approved_at: str | None
    catalogue: str = Field(description="Version of the features of this installation.")
    before: str | None = Field(description="Bundle that served before it since the start; it explains its own answers.")
    degraded: str | None = Field(description="What answers lack; null where an approved model gives them.")
    problem: str | None = Field(description="Why the champion does not serve, or is not to be trusted; null otherwise.")

    @classmethod
    def of(cls, found: Champion, before: str | None, unusable: str | None) -> ModelInService:
        """Write it for the wire."""
        signature = found.bundle.signature if found.bundle and found.is_approved else None
        return cls(
            bundle=found.bundle_id,
            approved_by=signature.name if signature else None,
            approved_at=signature.signed_at if signature else None,
            catalogue=catalogue().fingerprint,
            before=before,
            degraded=found.degraded,
            problem=found.problem or unusable,
        )


@router.get("/model", summary="Which model serves", tags=["analysts"])
def read_model(office: TheOffice, client: Reader) -> ModelInService:
    """An approved or rolled back bundle serves within seconds; one that is refused is named here, and never serves."""
    live = office.model
    return ModelInService.of(live.now, live.before.bundle_id if live.before else None, live.unusable)
