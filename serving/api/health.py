"""Liveness and readiness."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from serving.api.access import TheOffice

router = APIRouter(tags=["health"])


@router.get("/livez", summary="Is the process alive?")
def livez() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "alive"}


@router.get("/readyz", summary="Can it answer, and how well?", response_model=None)
def readyz(office: TheOffice) -> dict[str, Any] | JSONResponse:
    """Ready means that parcels are answered; `degraded` says what those answers lack."""
    champion = office.champion
    return {
        "status": "degraded" if champion.problem else "ready",
        "bundle": champion.bundle.bundle_id if champion.bundle else None,
        "degraded": champion.problem,
        "events": office.writer.last_seq,
        "entities": office.writer.n_entities(),
    }
