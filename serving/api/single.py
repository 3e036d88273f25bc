"""`POST /v1/parcels` past the web framework, which takes longer for a request than everything else together.

Only the request that nearly every client sends is answered here: a JSON object of an operator. What is unusual about
a request, from a header to a duplicate key in its JSON, is handed on unread to the route of `serving.api.parcels`,
so that there is one place that says what is wrong.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.api.access import CLIENT
from serving.api.once import KEY, REPLAYED, once_of, sha256
from serving.api.parcels import SINGLE, scored_parcel
from serving.api.problems import Problem, answered, strict_json
from serving.api.records import lodging_of
from serving.office.office import Office
from serving.store import Client, Role

_EXPLAIN = {b"": False, b"explain=false": False, b"explain=true": True}
_KEY = KEY.lower().encode()
_MOST_DIGITS = 18
"""Of a length; a text of thousands of digits is no number to Python."""


class SingleParcels:
    """Answer single parcels, and hand everything else on to the application that is wrapped."""

    def __init__(self, app: ASGIApp, api: FastAPI, max_bytes: int) -> None:
        """Wrap `app`, a part of `api`; bodies of more than `max_bytes` are handed on, too."""
        self.app, self._api, self._max_bytes = app, api, max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand on what was received so far."""
        explain = _explain(scope, self._max_bytes) if scope["type"] == "http" and scope["path"] == SINGLE else None
        if explain is None:
            await self.app(scope, receive, send)
            return
        client: Client = scope[CLIENT]
        received = await _received(receive)
        office: Office = self._api.state.office
        body = b"".join([message.get("body", b"") for message in received])
        item = _item(body, self._max_bytes)
        if item is None or client.role is not Role.OPERATOR:
            await self.app(scope, _again(received, receive), send)
            return
        scope["route"] = _ROUTE
        key = next(iter([value.decode("latin-1") for name, value in scope["headers"] if name == _KEY]), None)
        try:
            lodging = lodging_of(office, client, [item], explain=explain)
            if key is not None:
                lodging = replace(lodging, once=once_of(office, client, key, scope, sha256(body)))
            answer, is_replay = await scored_parcel(self._api.state.gathering, lodging)
        except Exception as error:
            await answered(error, scope)(scope, receive, send)
            return
        await _answer(send, answer, is_replay=is_replay)


async def _answer(send: Send, body: bytes, *, is_replay: bool) -> None:
    headers = [(b"content-length", str(len(body)).encode()), (b"content-type", b"application/json")]
    headers += [(REPLAYED.lower().encode(), b"true")] if is_replay else []
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class _Route(NamedTuple):
    """What the log says of a request."""

    path: str


_ROUTE = _Route(SINGLE)


def _explain(scope: Scope, max_bytes: int) -> bool | None:
    """Whether reasons are asked for; None for what is not the usual request."""
    explain = _EXPLAIN.get(scope["query_string"])
    if scope["method"] != "POST" or explain is None:
        return None
    headers = dict(scope["headers"])
    length = headers.get(b"content-length", b"")
    is_usual = (
        len(headers) == len(scope["headers"])
        and headers.get(b"content-type") == b"application/json"
        and length.isdigit()
        and len(length) <= _MOST_DIGITS
        and int(length) <= max_bytes
    )
    return explain if is_usual else None


async def _received(receive: Receive) -> list[Message]:
    """Messages of a request up to the end of its body."""
    received = [await receive()]
    while received[-1].get("more_body", False):
        received.append(await receive())
    return received


def _item(body: bytes, max_bytes: int) -> dict[str, Any] | None:
    """The JSON object that was sent; None where it is something else, or something is wrong with it."""
    if len(body) > max_bytes:
        return None
    try:
        item = strict_json(body)
    except Problem:
        return None
    return item if isinstance(item, dict) else None


def _again(received: list[Message], receive: Receive) -> Receive:
    """Receive the same once more, and then what follows."""
    messages = iter(received)

    async def again() -> Message:
        return next(messages, None) or await receive()

    return again
