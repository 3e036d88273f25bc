"""Bags of evidence of a parcel, as a ZIP of both editions."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from features.model_store import ModelStore
from features.parcel.problems import StoreError
from serving.api.access import TheOffice, having
from serving.api.problems import Problem
from serving.api.routing import resource
from serving.office.bags import Files, Order, make
from serving.office.evidence import Sources
from serving.store import Client, Connection, Role
from serving.store.clients import INSPECTING
from serving.store.times import microseconds

router = resource()
EvidenceCaller = Annotated[Client, Depends(having(*INSPECTING, Role.AUDITOR))]


class EvidenceOrder(BaseModel):
    """Of which parcel evidence is wanted, and for which case."""

    parcel_id: str = Field(max_length=70, examples=["RB473124829US"])
    operator: str | None = Field(default=None, max_length=35, description="Where several use the number.")
    case: str = Field(min_length=1, max_length=70, description="Own case number.", examples=["2026/17"])


@router.post("/evidence", summary="Make a bag of evidence", tags=["officers"], response_class=Response)
def make_evidence(request: Request, office: TheOffice, client: EvidenceCaller, order: EvidenceOrder) -> Response:
    """Both editions of the evidence of a parcel as a ZIP; the audit notes who asked (docs/bags.md)."""
    at, state = office.clock(), request.app.state

    def sources(connection: Connection) -> Sources:
        return Sources(
            connection=connection,
            vault=office.secrets.vault,
            models=ModelStore(state.settings.models_dir),
            draw_secret=office.seeds.secret,
            at_us=microseconds(at),
            client=client,
        )

    @contextmanager
    def write() -> Iterator[Connection]:
        with office.writer.transaction(can_wait=True) as transaction:
            yield transaction.connection

    wanted = Order(number=order.parcel_id, operator=order.operator, case=order.case, client=client, at=at)
    try:
        editions = make(office.store, write, sources, state.checkpoints, wanted, state.record_files)
    except StoreError as error:
        raise Problem(404, "No such parcel", str(error)) from error
    return Response(_zip(editions), media_type="application/zip")


def _zip(editions: Mapping[str, Files]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for edition, files in editions.items():
            for name, data in files.items():
                archive.writestr(f"{edition}/{name}", data)
    return content.getvalue()
