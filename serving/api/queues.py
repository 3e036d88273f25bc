"""Two queues: what stations ask is worked on at once, manifests and long questions a few at a time.

Requests share a pool of threads. Without a bound of their own, manifests that wait for their turn to write would hold
all of them, and an officer's look-up would wait behind the last one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.api.problems import Problem
from serving.office.office import Office

AT_ONCE = 8
"""Bulk requests that are worked on at a time: a fifth of the threads."""
BUDGET_S = 10.0
"""Seconds for which another one may wait."""
RETRY_S = 10
_POSTED = ("/v1/manifests", "/v1/whatif", "/v1/hunts", "/v1/shadow")
_READ = ("/v1/accounts", "/v1/operator-reports", "/v1/shadow", "/v1/whatif")


class BulkTurns:
    """Whose turn it is among requests for bulk work.

    Attributes
    ----------
    n_waiting:
        Requests that wait.
    """

    def __init__(self) -> None:
        """All turns are free."""
        self.n_waiting = 0
        self._free = asyncio.Semaphore(AT_ONCE)

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Wait for a turn and hold it.

        Raises
        ------
        Problem
            503 when it does not come within the budget.
        """
        self.n_waiting += 1
        try:
            async with asyncio.timeout(BUDGET_S):
                await self._free.acquire()
        except TimeoutError:
            detail = (
                f"{AT_ONCE} manifests or long questions are worked on, and this one has waited for its turn for as "
                f"long as it may. Nothing of it was done. Send it again in {RETRY_S} seconds."
            )
            raise Problem(503, "Time budget spent", detail, headers={"Retry-After": str(RETRY_S)}) from None
        finally:
            self.n_waiting -= 1
        try:
            yield
        finally:
            self._free.release()


class BulkQueue:
    """Let requests for bulk work through a few at a time, and all others at once."""

    def __init__(self, app: ASGIApp, turns: BulkTurns, api: FastAPI) -> None:
        """Wrap `app`, a part of `api`."""
        self.app, self._turns, self._api = app, turns, api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, now or when it is its turn."""
        if is_bulk(scope):
            async with self._turns.one():
                await self.app(scope, receive, send)
        elif scope["type"] == "http" and scope["method"] == "GET":
            await self._asked(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _asked(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer before anybody who works through a file; what follows the beginning of an answer may be endless."""
        office: Office = self._api.state.office
        answered = office.writer.precedence.asked()

        async def sent(message: Message) -> None:
            answered()
            await send(message)

        try:
            await self.app(scope, receive, sent)
        finally:
            answered()


def is_bulk(scope: Scope) -> bool:
    """Whether a request is one for bulk work, which whoever sent it can wait for."""
    if scope["type"] != "http":
        return False
    wanted = _READ if scope["method"] == "GET" else _POSTED
    return any(scope["path"] == one or scope["path"].startswith(f"{one}/") for one in wanted)
