"""The only wiring of the service: settings, store, desk, API, station, errors, headers."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool
from starlette.middleware.sessions import SessionMiddleware

from features.identity import IdentityKey
from features.parcel.reference import use_reference
from features.shelf import Shelf
from serving.api import API
from serving.api.manifest_files import is_file
from serving.api.problems import BodyLimit, install
from serving.intake.jobs import Jobs
from serving.office.champion import load_champion
from serving.office.scoring import Clock, Desk, Secrets, now
from serving.pages import PAGES
from serving.pages.layout import STATIC
from serving.settings import Settings
from serving.store import Store
from serving.store.vault import Vault

_log = structlog.get_logger()
_SWAGGER = Path(str(files("fastapi_offline").joinpath("static")))
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_DESCRIPTION = """Risk scores for postal and courier parcels. A score is advice about a consignment; a person decides.

Operators lodge parcels (`POST /v1/parcels`, `POST /v1/manifests`) and read the answers; officers record outcomes
(`POST /v1/outcomes`). Every client has its own key. Errors are problem documents (RFC 9457) that name field, reason and
remedy and never repeat personal data.
"""


def open_desk(settings: Settings, clock: Clock = now) -> Desk:
    """Open the store as its single writer, verify the champion and rebuild the history from the log."""
    use_reference(settings.reference_dir)
    secrets = Secrets(
        identity=IdentityKey(settings.secret("identity")),
        vault=Vault.open(
            settings.home / "vault", wrapping_key=settings.secret("vault"), spool_key=settings.secret("spool")
        ),
        digest=settings.secret("digest"),
        draw=settings.secret("draw"),
    )
    champion = load_champion(Shelf(settings.models_dir), settings.trusted())
    return Desk(Store(settings.database), champion, settings.policy, secrets, settings.home / "history", clock)


def create_app(settings: Settings, clock: Clock = now, opened: Desk | None = None) -> FastAPI:
    """Service for `settings`. Its desk is opened when it starts, unless one is given."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.desk = opened or open_desk(settings, clock)
        problem = app.state.desk.champion.problem
        (_log.error if problem else _log.info)("ready", events=app.state.desk.engine.last_seq, degraded=problem)
        jobs = Jobs(
            app.state.desk,
            settings.home / "intake",
            max_waiting=settings.max_waiting_jobs,
            max_bytes=settings.max_manifest_bytes,
        )
        app.state.jobs = jobs
        jobs.start()
        yield
        await run_in_threadpool(jobs.stop)
        app.state.desk.close()

    app = FastAPI(
        title="parcel-risk",
        version=version("parcel-risk"),
        description=_DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False},
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    app.state.settings = settings
    install(app)
    for router in (*API, *PAGES):
        app.include_router(router)
    app.mount("/static/swagger", StaticFiles(directory=_SWAGGER), name="swagger")
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_middleware(
        SessionMiddleware,
        secret_key=settings.secret("session").hex(),
        session_cookie="parcel_risk_station",
        max_age=settings.session_hours * 3600,
        same_site="strict",
        https_only=settings.secure_cookies,
    )
    app.add_middleware(
        BodyLimit, max_bytes=settings.max_body_bytes, max_file_bytes=settings.max_manifest_bytes, is_file=is_file
    )
    app.middleware("http")(_observed)
    return app


async def _observed(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Add the security headers, and log what was asked: the route's pattern, never the identifier in it."""
    started = time.perf_counter()
    response = await call_next(request)
    route = request.scope.get("route")
    response.headers.update({name: value for name, value in _HEADERS.items() if name not in response.headers})
    _log.info(
        "request",
        method=request.method,
        route=getattr(route, "path", "unmatched"),
        status=response.status_code,
        ms=round((time.perf_counter() - started) * 1e3, 1),
    )
    return response
