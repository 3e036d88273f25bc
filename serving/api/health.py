"""Liveness, readiness and metrics."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from serving.api.access import TheOffice
from serving.api.metrics import CONTENT_TYPE, exposition
from serving.intake.jobs import pending
from serving.office.ladder import Standing
from serving.office.office import Office
from serving.office.readiness import Readiness, causes_of, of_workers, readiness

router = APIRouter(tags=["health"])


@router.get("/livez", summary="Is the process alive?")
def livez() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "alive"}


@router.get(
    "/readyz",
    summary="Can it answer, and how well?",
    response_model=None,
    responses={503: {"description": "Nothing can be lodged; look-ups may still be answered.", "content": {}}},
)
def readyz(request: Request, office: TheOffice) -> JSONResponse:
    """`ready`, `degraded` where answers lack something or a worker has stopped, else 503 and `not ready`.

    Each worker, the disk, the clock, the store, the model and the age of the data are looked at anew.
    """
    found = _readiness(request, office)
    champion = office.champion
    body: dict[str, Any] = {
        "status": found.status,
        "jobs": found.workers["jobs"] or "running",
        "bundle": champion.bundle_id,
        "degraded": champion.problem,
        "events": office.writer.last_seq,
        "entities": office.writer.n_entities(),
        "workers": {name: problem or "running" for name, problem in found.workers.items()},
        "reading": found.reading or "possible",
        "writing": found.writing or "possible",
        "lacking": dict(found.degraded),
        "level": _level(request.app.state.ladder.now),
        "looks_to_be_logged": found.n_unlogged,
        "age_of_data_s": found.age_s,
    }
    return JSONResponse(body, 503 if found.status == "not ready" else 200)


@router.get("/metrics", summary="Figures for Prometheus", response_class=Response, include_in_schema=False)
def metrics(request: Request, office: TheOffice) -> Response:
    """Counts, times and states; no label names a person, a parcel, a client or an operator."""
    state = request.app.state
    waiting = {"single": state.gathering.n_waiting, "bulk": state.bulk.n_waiting}
    found = _readiness(request, office)
    text = exposition(state.figures, found, office, pending(office), waiting, state.ladder.now.level)
    return Response(text, media_type=CONTENT_TYPE)


def _readiness(request: Request, office: Office) -> Readiness:
    state = request.app.state
    workers = of_workers(
        [
            ("writer", state.gathering.is_alive, None),
            ("jobs", state.jobs.is_alive, None),
            *((task.name, task.is_alive, task.problem) for task in state.tasks),
        ]
    )
    found = readiness(office, state.settings.home, workers, state.clock_watch)
    state.ladder.see(causes_of(found))
    return found


def _level(standing: Standing) -> dict[str, Any]:
    return {"level": int(standing.level), "reason": standing.reason or None, "is_held": standing.is_held}
