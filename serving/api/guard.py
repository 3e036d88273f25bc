"""Before anything of a request is read: its key, and the time that it may take.

A body is parsed only for a client with a valid key, and one that comes drop by drop holds nobody up.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Generator
from functools import cache, partial
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from policy.limits import Limits
from serving.api.access import CLIENT, client_of
from serving.api.oauth import TOKEN
from serving.api.problems import Problem, answered, check_address
from serving.office.office import Office
from serving.office.rates import Left, Rates
from serving.office.wrong_keys import WrongKeys
from serving.store import Client

_PREFIX = "/v1/"
_BEARER = b"bearer "
PATIENCE_S, LEAST_RATE = 20.0, 10_000.0
"""A body may take so many seconds, and one more for so many bytes that have come."""


class Guard:
    """Refuse requests to the API without a valid key, and bodies that do not come."""

    def __init__(self, app: ASGIApp, api: FastAPI) -> None:
        """Wrap `app`, a part of `api`."""
        self.app, self._api = app, api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer that it is refused."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            check_address(scope)
            if scope["path"].startswith(_PREFIX) and scope["path"] != TOKEN:
                scope[CLIENT] = client = self._client(scope)
                send = self._limited(client, send)
            await self.app(scope, _in_time(receive), send)
        except Problem as error:  # the application answers its own
            await answered(error, scope)(scope, receive, send)

    def _limited(self, client: Client, send: Send) -> Send:
        """Count a request of a client; where there is a limit, every answer says what is left of it."""
        limits: Limits = self._api.state.limits
        office: Office = self._api.state.office
        per_minute = limits.per_minute(client.client_id, client.role, office.clock().date())
        if not per_minute:
            return send
        rates: Rates = self._api.state.rates
        left = rates.take(client.client_id, per_minute)
        if left.wait_s:
            detail = f"This client may send {per_minute:,} requests a minute. Wait as long as Retry-After says."
            raise Problem(429, "Too many requests", detail, headers=left.headers())
        return _with_headers(send, left)

    def _client(self, scope: Scope) -> Client:
        office: Office = self._api.state.office
        key = _key(scope)
        client = client_of(office, key, self._api) if key is not None else None
        if client is None:
            raise _refusal(self._api.state.wrong_keys, scope, is_wrong=key is not None)
        return client


def _with_headers(send: Send, left: Left) -> Send:
    more = [(_written(name), value.encode()) for name, value in left.headers().items()]

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *more]
        await send(message)

    return sent


@cache
def _written(name: str) -> bytes:
    return name.lower().encode()


def _key(scope: Scope) -> str | None:
    given = b""
    for name, value in scope["headers"]:
        if name == b"authorization":
            given = value
            break
    is_bearer = given[: len(_BEARER)].lower() == _BEARER
    return given[len(_BEARER) :].strip().decode("latin-1") if is_bearer else None


def _refusal(wrong_keys: WrongKeys, scope: Scope, *, is_wrong: bool) -> Problem:
    # What follows of the body is not read, so that the connection is of no further use.
    headers = {"Connection": "close"}
    wait_s = wrong_keys.add((scope.get("client") or ("",))[0]) if is_wrong else 0
    if wait_s:
        detail = "Too many requests with keys that are not valid came from this address. Wait, and check the key."
        return Problem(429, "Too many wrong keys", detail, headers={**headers, "Retry-After": str(wait_s)})
    detail = "Send a valid API key or access token: `Authorization: Bearer prk_...`."
    return Problem(401, "Authentication required", detail, headers={**headers, "WWW-Authenticate": "Bearer"})


def _in_time(receive: Receive) -> Receive:
    """Receive, until the body has taken too long."""
    started, n_bytes, is_whole = time.monotonic(), 0, False

    async def received() -> Message:
        nonlocal n_bytes, is_whole
        if is_whole:
            return await receive()  # what comes now is that the client has gone
        try:
            message = await _within(receive(), lambda: started + PATIENCE_S + n_bytes / LEAST_RATE - time.monotonic())
        except TimeoutError:
            detail = f"The body came with less than {LEAST_RATE:,.0f} bytes a second. Send it again."
            raise Problem(408, "Body too slow", detail, headers={"Connection": "close"}) from None
        n_bytes += len(message.get("body", b""))
        is_whole = not message.get("more_body", False)
        return message

    return received


async def _within(message: Awaitable[Message], left_s: Callable[[], float]) -> Message:
    """Await a message for so long; without a clock where it is there already, as that of nearly every parcel.

    Raises
    ------
    TimeoutError
        When it does not come.
    """
    steps = message.__await__()
    try:
        awaited = next(steps)
    except StopIteration as done:
        came: Message = done.value
        return came
    async with asyncio.timeout(max(left_s(), 0.0)):
        return await _Begun(steps, awaited)


class _Begun:
    """What is awaited from where it has stopped."""

    def __init__(self, steps: Generator[Any, Any, Message], awaited: Any) -> None:
        self._steps, self._awaited = steps, awaited

    def __await__(self) -> Generator[Any, Any, Message]:
        awaited = self._awaited
        while True:
            try:
                given = yield awaited
            except BaseException as error:  # as a timeout, which ends what is awaited
                step = partial(self._steps.throw, error)
            else:
                step = partial(self._steps.send, given)
            try:
                awaited = step()
            except StopIteration as done:
                return done.value  # type: ignore[no-any-return]
