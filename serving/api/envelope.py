"""Around every request: its id, the headers of security, a line in the log, an answer to what nobody expected."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.api.metrics import Figures
from serving.api.problems import REQUEST_ID, Shown, answered

_HEADERS = tuple(
    (name.lower().encode(), value.encode())
    for name, value in {
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cache-Control": "no-store",
    }.items()
)
_ID = b"x-request-id"
_LEVEL = b"degraded-level"
_WELL_FORMED = re.compile(
    rb"[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-7][0-9A-HJKMNP-TV-Z]{25}"
)
"""32 hexadecimal digits, a UUID or a ULID: nothing in which a name or a telephone number reaches the log."""


class Envelope:
    """Give each request an id and log it by its route's pattern, never by the identifier in its path."""

    def __init__(self, app: ASGIApp, figures: Figures, shown: Shown, level: Callable[[], int] = lambda: 0) -> None:
        """Wrap `app`; its answers are counted in `figures`, an error is answered as `shown` to whoever asked.

        `level` is the level of the failure ladder; every answer bears it where it is not 0.
        """
        self.app, self._figures, self._shown, self._level = app, figures, shown, level

    @cached_property
    def _log(self) -> Any:
        return structlog.get_logger().bind()  # once: it takes longer than to write a line

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and log when the answer begins."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, has_begun = time.perf_counter(), False
        given = request_id(scope["headers"])
        scope[REQUEST_ID] = given.decode()

        async def observed(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                names = {name for name, _ in message["headers"]}
                level = self._level()
                extra = [(_LEVEL, b"%d" % level)] if level else []
                more = [one for one in (*_HEADERS, (_ID, given), *extra) if one[0] not in names]
                message["headers"] = [*message["headers"], *more]
                self._write(scope, message["status"], time.perf_counter() - started)
            await send(message)

        try:
            await self.app(scope, receive, observed)
        except Exception as error:  # the server would print it, and with it what it was about
            if has_begun:
                raise ConnectionAbortedError from None
            await self._shown(Request(scope), answered(error, scope))(scope, receive, observed)

    def _write(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        self._figures.add(scope["method"], route, status, seconds)
        ms = round(seconds * 1e3, 1)
        self._log.info(
            "request", method=scope["method"], route=route, status=status, ms=ms, request_id=scope[REQUEST_ID]
        )


def request_id(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Id of a request: the caller's `X-Request-Id` where it is well formed, else a new one."""
    for name, given in headers:
        if name == _ID:
            if _WELL_FORMED.fullmatch(given):
                return given
            break
    return os.urandom(16).hex().encode()
