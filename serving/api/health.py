"""Liveness and readiness."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from serving.api.access import TheOffice
from serving.intake.jobs import Jobs

router = APIRouter(tags=["health"])


@router.get("/livez", summary="Is the process alive?")
def livez() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "alive"}


@router.get("/readyz", summary="Can it answer, and how well?", response_model=None)
def readyz(request: Request, office: TheOffice) -> dict[str, Any] | JSONResponse:
    """Ready means that parcels are answered; `degraded` says what those answers lack, `jobs` if files are worked on."""
    champion = office.champion
    jobs: Jobs = request.app.state.jobs
    return {
        "status": "degraded" if champion.problem or not jobs.is_alive else "ready",
        "jobs": "running" if jobs.is_alive else "stopped: large files are pending until the service is restarted",
        "bundle": champion.bundle.bundle_id if champion.bundle else None,
        "degraded": champion.problem,
        "events": office.writer.last_seq,
        "entities": office.writer.n_entities(),
    }
