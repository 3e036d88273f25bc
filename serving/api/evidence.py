"""Bags of evidence of a parcel, as a ZIP of both editions."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from features.model_store import ModelStore
from features.parcel.problems import StoreError
from serving.api.access import TheOffice, having
from serving.api.problems import Problem
from serving.api.routing import resource
from serving.office.bag_archives import MAKING, archive
from serving.office.bags import Order
from serving.store import Client

router = resource()
EvidenceCaller = Annotated[Client, Depends(having(*MAKING))]


class EvidenceOrder(BaseModel):
    """Of which parcel evidence is wanted, and for which case."""

    parcel_id: str = Field(max_length=70, examples=["RB473124829US"])
    operator: str | None = Field(default=None, max_length=35, description="Where several use the number.")
    case: str = Field(min_length=1, max_length=70, description="Own case number.", examples=["2026/17"])


@router.post("/evidence", summary="Make a bag of evidence", tags=["officers"], response_class=Response)
def make_evidence(request: Request, office: TheOffice, client: EvidenceCaller, order: EvidenceOrder) -> Response:
    """Both editions of the evidence of a parcel as a ZIP; the audit notes who asked (docs/bags.md)."""
    state = request.app.state
    wanted = Order(number=order.parcel_id, operator=order.operator, case=order.case, client=client, at=office.clock())
    try:
        models = ModelStore(state.settings.models_dir)
        made = archive(office, models, state.checkpoints, wanted, state.record_files)
    except StoreError as error:
        raise Problem(404, "No such parcel", str(error)) from error
    return Response(made, media_type="application/zip")
