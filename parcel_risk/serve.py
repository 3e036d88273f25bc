"""Command `serve`: the service in this process, or next to it in a thread."""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, TextIO, cast

import typer

from features import snapshot_words
from features.parcel.problems import ParcelRiskError
from parcel_risk.console import err, out
from parcel_risk.log_lines import Lines, allowed_only
from parcel_risk.ports import listen
from parcel_risk.servers import STOP_TIMEOUT_S, run_until_replaced, server_of
from parcel_risk.standby import waited
from serving.settings import Settings

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

    from serving.office.office import Office
    from serving.office.standby import Standby

_START_TIMEOUT_S = 120.0


def serve(
    standby: Annotated[
        bool,
        typer.Option("--standby", help="Follow the service that writes to the same PostgreSQL store, and take over."),
    ] = False,
) -> None:
    """Start the service; Ctrl-C ends it."""
    serve_forever(Settings(), is_standby=standby)


def serve_forever(settings: Settings, *, is_standby: bool = False) -> None:
    """Serve until a signal ends it; as a standby from when the service that leads has ended.

    Raises
    ------
    StoreError
        When another service writes to the store, or has taken over from this one.
    """
    with logging_to(sys.stdout), listen(settings.host, settings.port, "PARCEL_RISK_PORT") as opened:
        if not is_standby:
            snapshot_words.begin(settings.home / "history")
        standby = waited(settings, opened) if is_standby else None
        with _no_collections():
            office = _opened(settings, standby)
            server = server_of(settings, create(settings, office))
        if office.champion.problem:
            err.print(f"no approved model serves: {office.champion.problem}", markup=False, soft_wrap=True)
        address = f"http://{settings.host}:{opened.getsockname()[1]}"
        out.print(f"station {address}/station, API {address}/docs")
        run_until_replaced(server, opened, office.store)


@contextmanager
def _no_collections() -> Iterator[None]:
    """Search for no cycles of garbage: a start makes half a million objects that stay, and looks through them often."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _opened(settings: Settings, standby: Standby | None) -> Office:
    """The office of an installation; its snapshot was read while Python read the modules, `snapshot_words`."""
    from serving.installation import Installation

    import_module("serving.app")
    return Installation.open(settings).office(standby)


@contextmanager
def background_service(settings: Settings) -> Iterator[str]:
    """Run the service in a thread; yield its address; stop it at the end. Its log goes to a file in ``home``."""
    from serving.installation import Installation

    with (
        (settings.home / "service.log").open("a", encoding="utf-8", buffering=1) as log,
        logging_to(log),
        listen(settings.host, settings.port, "PARCEL_RISK_PORT") as opened,
    ):
        server = server_of(settings, create(settings, Installation.open(settings).office()))
        thread = threading.Thread(target=server.run, args=([opened],), name="service", daemon=True)
        thread.start()
        try:
            yield _address(server, thread, settings.host)
        finally:
            server.should_exit = True
            thread.join(timeout=STOP_TIMEOUT_S + 5)


@contextmanager
def logging_to(stream: TextIO) -> Iterator[None]:
    """Write JSON lines to `stream` meanwhile; a stream that fails takes no answer with it."""
    import structlog

    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            allowed_only,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", Lines(stream))),
    )
    try:
        yield
    finally:
        structlog.reset_defaults()


def create(settings: Settings, office: Office) -> FastAPI:
    """The application around an office."""
    from serving.app import create_app

    return create_app(settings, opened=office)


def _address(server: uvicorn.Server, thread: threading.Thread, host: str) -> str:
    """Wait until the service answers; return its address."""
    deadline = time.monotonic() + _START_TIMEOUT_S
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise ParcelRiskError("the service did not start; see the lines above.")
        time.sleep(0.05)
    return f"http://{host}:{server.servers[0].sockets[0].getsockname()[1]}"
