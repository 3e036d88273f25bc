"""What a standby answers: that it is one. It accepts nothing, because only the leader can say what is on record."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from serving.api.metrics import CONTENT_TYPE, standby_exposition
from serving.api.problems import Problem
from serving.office.standby import Standby

RETRY_S = 3
"""Within so many seconds a standby has become the leader, or the leader answers again."""
router = APIRouter(include_in_schema=False)


async def the_standby(request: Request) -> Standby:
    """The standby of this process."""
    found: Standby = request.app.state.standby
    return found


TheStandby = Annotated[Standby, Depends(the_standby)]


@router.get("/livez")
async def livez() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "alive"}


@router.get("/readyz")
async def readyz(standby: TheStandby) -> JSONResponse:
    """`standby`, how far it has read, and who leads; 503, so that nothing is sent here."""
    stand = standby.stand
    body: dict[str, Any] = {
        "status": "standby",
        "events": stand.events,
        "leader": stand.leader,
        "lease_s": round(stand.lease_s, 1),
        "following": stand.problem or "possible",
        "bundle": standby.model.now.bundle_id,
    }
    return JSONResponse(body, 503, headers={"Retry-After": str(RETRY_S)})


@router.get("/metrics")
async def metrics(standby: TheStandby) -> Response:
    """Figures of a standby for Prometheus."""
    return Response(standby_exposition(standby.stand), media_type=CONTENT_TYPE)


@router.api_route("/{_path:path}", methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
async def refuse(standby: TheStandby) -> Response:
    """Answer nothing else."""
    detail = (
        f"This service is a standby; {standby.stand.leader or 'another one'} leads. Send the request there, or the "
        f"same request here again in {RETRY_S} seconds: this service takes over when that one ends. Nothing was done."
    )
    raise Problem(503, "Standby", detail, headers={"Retry-After": str(RETRY_S)})
