"""Problem documents (RFC 9457): which field, why, and what to do; the input itself is never repeated."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from errno import ENOSPC
from functools import partial
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from features.parcel.problems import ParcelRiskError, Rejection, StoreError, StoreFull
from serving.api.schemas import rejection
from serving.office.once import KeyUsedBefore
from serving.office.problem_types import type_uri

MEDIA_TYPE = "application/problem+json"
REQUEST_ID = "parcel_risk.request_id"
"""Where the id of a request is kept in its scope."""
Shown = Callable[[Request, JSONResponse], Response]
"""Makes of a problem document what its reader can use: browsers get a page."""
_log = structlog.get_logger()
_MOST_KEYS = 500
"""Fields of an object: the record has fewer than a hundred, and each that is unknown costs an error."""
_MAX_DEPTH_HINT = "Send flat parcels with a list of pieces."


class Problem(HTTPException):
    """An HTTP error with a title, and with rejections where single fields are at fault."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        *,
        errors: tuple[Rejection, ...] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        """`detail` says what to do; it must not hold personal data."""
        super().__init__(status_code=status, detail=detail, headers=headers)
        self.title = title
        self.errors = errors


def problem_response(
    scope: Scope, status: int, title: str, detail: str, errors: tuple[Rejection, ...] = (), headers: Any = None
) -> JSONResponse:
    """Write a problem document about the request of `scope`."""
    body: dict[str, Any] = {"type": type_uri(title), "title": title, "status": status, "detail": detail}
    if REQUEST_ID in scope:
        body["request_id"] = scope[REQUEST_ID]
    if errors:
        body["errors"] = [error.as_dict() for error in errors]
    return JSONResponse(body, status_code=status, media_type=MEDIA_TYPE, headers=headers)


PROBLEM_SCHEMA: dict[str, Any] = {
    "description": "Problem document (RFC 9457).",
    "content": {
        MEDIA_TYPE: {
            "schema": {
                "type": "object",
                "required": ["type", "title", "status", "detail"],
                "properties": {
                    "type": {"type": "string", "format": "uri-reference", "description": "Address of a page about it."},
                    "title": {"type": "string"},
                    "status": {"type": "integer"},
                    "detail": {"type": "string"},
                    "request_id": {"type": "string", "description": "Name it when you ask about this answer."},
                    "errors": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {
                                "line": {"type": "integer"},
                                "field": {"type": "string"},
                                "code": {"type": "string"},
                                "reason": {"type": "string"},
                                "remedy": {"type": "string"},
                            },
                        },
                    },
                },
            }
        }
    },
}


def strict_json(body: bytes) -> Any:
    """Parse JSON as strictly as the standard means it.

    Raises
    ------
    Problem
        400 for what is not JSON, for a duplicate key (another reader might have read the other value), for NaN
        and infinities, and for absurd nesting.
    """
    try:
        text = body.decode("utf-8")
        return _DECODER.decode(text) if text[:1] != _MARK else json.loads(text)  # which refuses the mark
    except UnicodeDecodeError as error:
        raise Problem(400, "Not UTF-8", f"The body is not valid UTF-8 at byte {error.start}.") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Problem(400, "Not JSON", f"The body is not valid JSON at {where}: {error.msg}.") from error
    except ValueError as error:  # an integer of thousands of digits
        raise Problem(400, "Not a number", "A number has too many digits. Check the unit.") from error
    except RecursionError as error:
        raise Problem(400, "Nested too deeply", _MAX_DEPTH_HINT) from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > _MOST_KEYS:
        detail = f"An object holds {len(pairs):,} fields; none may hold more than {_MOST_KEYS}. See docs/fields.md."
        raise Problem(400, "Too many fields", detail)
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Problem(400, "Duplicate key", "An object holds the same key twice. Send each field once.")
    return found


def _refuse(constant: str) -> Any:
    raise Problem(400, "Not a number", f"{constant} is not JSON. Leave the field out when the value is not known.")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise Problem(400, "Not a number", "A number is too large. Check the unit.")
    return value


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_refuse, parse_float=_finite)
_MARK = "\ufeff"
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_LODGING = ("/v1/parcels", "/v1/manifests", "/v1/quarantine/")
_NO_TEXT = "the character NUL, which PostgreSQL does not keep. Leave it out."


def check_address(scope: Scope) -> None:
    """Refuse an address with the character NUL, which no text and no number has.

    Raises
    ------
    Problem
        422.
    """
    if "\0" in scope["path"] or b"%00" in scope["query_string"]:
        raise Problem(422, "Invalid content", f"The address holds {_NO_TEXT}")


class StrictRequest(Request):
    """A request whose JSON is read by `strict_json`."""

    async def json(self) -> Any:
        """Parse the body; the character NUL is refused but in parcels, whose texts are cleaned one by one."""
        body = await self.body()
        if _NUL.search(body) and not self.scope["path"].startswith(_LODGING):
            raise Problem(422, "Invalid content", f"A text of the body holds {_NO_TEXT}")
        return strict_json(body)


class StrictRoute(APIRoute):
    """A route that reads its JSON strictly."""

    def get_route_handler(self) -> Any:
        """Hand the endpoint a `StrictRequest`."""
        handle = super().get_route_handler()

        async def strictly(request: Request) -> Any:
            return await handle(StrictRequest(request.scope, request.receive))

        return strictly


class BodyLimit:
    """Refuse bodies that are too large with a problem document; the framework's own limit answers in plain text."""

    def __init__(self, app: ASGIApp, max_bytes: int, max_file_bytes: int, is_file: Callable[[Scope], bool]) -> None:
        """Wrap `app`; requests that lodge a file have a limit of their own, since they are not held in memory."""
        self.app = app
        self.max_bytes = max_bytes
        self.max_file_bytes = max_file_bytes
        self.is_file = is_file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what is received, and stop reading once it is too much."""
        received = 0
        limit = self.max_file_bytes if self.is_file(scope) else self.max_bytes

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                detail = f"The body has more than {limit:,} bytes. Send fewer items at a time."
                raise Problem(413, "Body too large", detail)
            return message

        await self.app(scope, counted, send)


def answered(error: Exception, scope: Scope) -> JSONResponse:
    """Problem document for an error; what nobody expected is logged by its place alone."""
    write = partial(problem_response, scope)
    match error:
        case HTTPException():
            title = error.title if isinstance(error, Problem) else "Request refused"
            errors = error.errors if isinstance(error, Problem) else ()
            return write(error.status_code, title, str(error.detail), errors, error.headers)
        case RequestValidationError():
            details = [{**detail, "loc": detail["loc"][1:]} for detail in error.errors()]
            errors = tuple(rejection(1, detail) for detail in details)
            return write(422, "Invalid content", "Some fields cannot be used; see errors.", errors)
        case StoreFull():
            return write(507, "No room", str(error), headers={"Retry-After": "60"})
        case OSError() if error.errno == ENOSPC:  # its message names a file
            detail = "The disk is full where files are kept until they are read. Make room; nothing was stored."
            return write(507, "No room", detail, headers={"Retry-After": "60"})
        case StoreError():
            return write(503, "Store unavailable", str(error), headers={"Retry-After": "10"})
        case KeyUsedBefore():
            return write(422, "Idempotency key used before", str(error))
        case ParcelRiskError():
            return write(409, "Refused", str(error))
        case _:
            return _unexpected(error, scope)


def _unexpected(error: Exception, scope: Scope) -> JSONResponse:
    # The traceback may hold personal data, so only its location is logged.
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    location = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else ""
    kind, request_id = type(error).__name__, scope.get(REQUEST_ID)
    _log.error("unexpected", method=scope["method"], kind=kind, location=location, request_id=request_id)
    detail = "Nothing is known to be stored. Ask for the parcel again before sending it again."
    return problem_response(scope, 500, "Unexpected error", detail)


def install(app: FastAPI, shown: Shown) -> None:
    """Answer every expected error of `app` with a problem document, as `shown` to whoever asked.

    `serving.api.envelope` answers the others.
    """

    async def answer(request: Request, error: Exception) -> Response:
        return shown(request, answered(error, request.scope))

    for kind in (HTTPException, RequestValidationError, ParcelRiskError):
        app.add_exception_handler(kind, answer)
