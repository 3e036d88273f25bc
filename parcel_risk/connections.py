"""Connections of the service: one on which no request comes is closed, so that half-open ones cannot use them up."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

PATIENCE_S = 10.0
"""The head of a request has to come within so many seconds."""


class Connection(HttpToolsProtocol):
    """Uvicorn's connection, with an end to waiting for the head of a request."""

    def __init__(self, *given: Any, **named: Any) -> None:
        """Begin without waiting for anything."""
        super().__init__(*given, **named)
        self._end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Wait for the rest of a further request from its first byte on."""
        if self._end is None and (self.cycle is None or self.cycle.response_complete):
            self._wait()
        super().data_received(data)

    def on_headers_complete(self) -> None:
        """Wait no more: the head is there."""
        self._rest()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more can come."""
        self._rest()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._end = self.loop.call_later(PATIENCE_S, self.transport.close)

    def _rest(self) -> None:
        if self._end is not None:
            self._end.cancel()
            self._end = None
