"""The HTTP server around an application: how it is set up, and when it ends by itself."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

from features.parcel.problems import StoreError
from serving.settings import Settings

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

    from serving.store import Store

STOP_TIMEOUT_S = 5
"""Seconds for which requests may be answered and streams be read once the server is to end."""
_LOOK_S = 0.1


def server_of(settings: Settings, app: FastAPI) -> uvicorn.Server:
    """Server for an application; it listens to nothing yet."""
    import uvicorn

    from parcel_risk.connections import Connection

    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            http=Connection,
            access_log=False,  # paths hold parcel identifiers; the service logs the pattern of the route instead
            log_level="warning",
            timeout_graceful_shutdown=STOP_TIMEOUT_S,
        )
    )
    app.state.is_ending = lambda: server.should_exit  # streams that never end by themselves ask it
    return server


def run_until_replaced(server: uvicorn.Server, opened: socket.socket, store: Store) -> None:
    """Serve until a signal ends it, or another service has become the writer of the store.

    Raises
    ------
    StoreError
        In the second case, behind an end in order: whoever started the service starts it again, as a standby.
    """
    ended, found = threading.Event(), []

    def watch() -> None:
        while not ended.wait(_LOOK_S):
            if store.is_replaced:
                found.append(True)
                server.should_exit = True
                return

    watching = threading.Thread(target=watch, name="replaced", daemon=True)
    watching.start()
    try:
        server.run(sockets=[opened])
    finally:
        ended.set()
        watching.join()
    if found:
        raise StoreError("another service has taken over from this one. Start this one again, as its standby.")
