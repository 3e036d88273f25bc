"""The only wiring of the service: settings, store, office, API, station, errors, headers."""

from __future__ import annotations

import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import structlog
from fastapi import Depends, FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool

from features.model_store import ModelStore
from policy.limits import load_limits
from policy.sorting import load_sort_codes
from serving.api import API
from serving.api.description import describe
from serving.api.envelope import Envelope
from serving.api.guard import Guard
from serving.api.manifest_files import is_file
from serving.api.metrics import Figures
from serving.api.parameters import known_only
from serving.api.problems import BodyLimit, install
from serving.api.queues import BulkQueue, BulkTurns
from serving.api.sandbox import SandboxClients
from serving.api.single import SingleParcels
from serving.api.standby import router as STANDBY
from serving.installation import Installation
from serving.intake.formats import Formats
from serving.intake.jobs import Jobs
from serving.intake.submissions import take_at_once
from serving.office.auditing import take_checkpoint, take_last_checkpoint
from serving.office.capacity import keep_cut
from serving.office.comparing import Questions
from serving.office.gathering import Gathering
from serving.office.idle import LastSeen
from serving.office.ladder import LOOK_S, Ladder
from serving.office.model_keeping import keep_model
from serving.office.office import Office
from serving.office.once import EVERY_S as SWEEP_S
from serving.office.once import sweep_answers
from serving.office.overlapping import Counts
from serving.office.rates import Rates
from serving.office.readiness import ClockWatch, causes_now
from serving.office.reads import RETRY_S
from serving.office.regular import Regularly
from serving.office.rescoring import EVERY_S as RESCORING_S
from serving.office.rescoring import Rescoring
from serving.office.row_keeping import EVERY_S, sweep_rows
from serving.office.seeds import keep_committed
from serving.office.shadowing import keep_shadow
from serving.office.standby import Standby
from serving.office.webhooks.addresses import Addresses, networks_of
from serving.office.webhooks.sending import EVERY_S as SEND_S
from serving.office.webhooks.sending import send_due
from serving.office.writer import Clock, now
from serving.office.wrong_keys import WrongKeys, note_wrong_keys
from serving.pages import PAGES
from serving.pages.errors import page_of
from serving.pages.evidence_pdf import record_files
from serving.pages.layout import STATIC
from serving.pages.operator_report import operator_page
from serving.settings import Settings
from serving.verification import checkpoints_of, contact_point_of

_log = structlog.get_logger()
_SWITCH_S = 0.0005
"""Time after which a computing thread gives way to another one: by default it is ten times as long, and who looks a
parcel up while a file is read would wait for it at every step."""
_UPKEEP_S = 60.0
"""Seconds between two looks whether seeds are to be committed, or the share to be cut again."""
_SWAGGER = Path(str(files("fastapi_offline").joinpath("static")))
_DESCRIPTION = """Risk scores for postal and courier parcels. A score is advice about a consignment; a person decides.

Operators lodge parcels (`POST /v1/parcels`, `POST /v1/manifests`) and read the answers; officers record outcomes
(`POST /v1/outcomes`). Every client has its own key. Errors are problem documents (RFC 9457) that name field, reason and
remedy and never repeat personal data.
"""


def create_app(settings: Settings, clock: Clock = now, opened: Office | None = None) -> FastAPI:
    """Service for `settings`. Its office is opened when it starts, unless one is given, here or as `state.opened`."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.office = app.state.opened or Installation.open(settings, clock).office()
        problem = app.state.office.champion.problem
        (_log.error if problem else _log.info)("ready", events=app.state.office.writer.last_seq, degraded=problem)
        jobs = Jobs(
            app.state.office,
            settings.home / "intake",
            max_pending=settings.max_pending_jobs,
            max_bytes=settings.max_manifest_bytes,
            formats=Formats(folder=settings.mappings_dir),
        )
        app.state.jobs = jobs
        app.state.wrong_keys = WrongKeys(partial(note_wrong_keys, app.state.office))
        app.state.rates = Rates()
        app.state.last_seen = LastSeen(settings.idle_minutes)
        app.state.checkpoints = kept = checkpoints_of(settings)
        app.state.record_files = record_files
        app.state.operator_page = operator_page
        app.state.contact_point = contact_point_of(settings)
        app.state.questions, app.state.counts = Questions(), Counts()
        app.state.gathering = Gathering(partial(take_at_once, app.state.office))
        jobs.start()
        office = app.state.office
        app.state.clock_watch = ClockWatch()
        app.state.addresses = Addresses(networks=networks_of(settings.webhook_networks))
        ladder, rescoring = app.state.ladder, Rescoring(office, app.state.ladder)
        app.state.tasks = tasks = (
            Regularly("ladder", LOOK_S, lambda _: ladder.see(causes_now(office, settings.home))),
            Regularly("rescoring", RESCORING_S, lambda _: rescoring.keep()),
            Regularly("feature rows", EVERY_S, partial(sweep_rows, office, settings.row_days)),
            Regularly("audit", settings.audit_minutes * 60.0, partial(take_checkpoint, office, kept)),
            Regularly("looks", RETRY_S, lambda _: office.writer.reads.retry()),
            Regularly("kept answers", SWEEP_S, lambda _: sweep_answers(office)),
            Regularly("seeds", _UPKEEP_S, lambda _: keep_committed(office)),
            Regularly("capacity", _UPKEEP_S, lambda _: keep_cut(office)),
            Regularly("model", settings.model_look_s, lambda _: keep_model(office)),
            Regularly("webhooks", SEND_S, lambda over: send_due(office, app.state.addresses, over)),
            Regularly("shadow", _UPKEEP_S, partial(keep_shadow, office, ModelStore(settings.models_dir))),
        )
        sys.setswitchinterval(_SWITCH_S)
        # What is there now stays: looking through it again and again held everybody up for some 100 ms. Two thousand of
        # its half a million objects are garbage, and a search for them would take .3 s of the start.
        gc.freeze()
        yield
        gc.unfreeze()
        await run_in_threadpool(app.state.gathering.close)
        await run_in_threadpool(jobs.stop)
        for task in tasks:
            await run_in_threadpool(task.stop)
        await run_in_threadpool(take_last_checkpoint, app.state.office, kept)
        app.state.office.close()

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
    app.state.opened = opened
    app.state.is_ending = lambda: False
    app.state.tokens = None
    app.state.limits = load_limits(settings.reference_dir)
    app.state.sort_codes = load_sort_codes(settings.reference_dir)
    install(app, page_of)
    for router in API:
        app.include_router(router, dependencies=[Depends(known_only)])
    for router in PAGES:
        app.include_router(router)
    describe(app)
    app.mount("/static/swagger", StaticFiles(directory=_SWAGGER), name="swagger")
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_middleware(
        BodyLimit, max_bytes=settings.max_body_bytes, max_file_bytes=settings.max_manifest_bytes, is_file=is_file
    )
    app.state.bulk = BulkTurns()
    app.add_middleware(BulkQueue, turns=app.state.bulk, api=app)
    app.add_middleware(SingleParcels, api=app, max_bytes=settings.max_body_bytes)
    app.add_middleware(SandboxClients, api=app, shown=page_of)
    app.add_middleware(Guard, api=app)
    app.state.figures = Figures()
    app.state.ladder = ladder = Ladder()
    app.add_middleware(Envelope, figures=app.state.figures, shown=page_of, level=lambda: ladder.now.level)
    return app


def create_standby(settings: Settings, standby: Standby) -> FastAPI:
    """What is served as long as `standby` follows another service."""
    app = FastAPI(title="parcel-risk standby", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.settings, app.state.standby = settings, standby
    install(app, page_of)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.include_router(STANDBY)
    app.add_middleware(Envelope, figures=Figures(), shown=page_of)
    return app
