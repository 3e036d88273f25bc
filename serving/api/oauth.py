"""`POST /v1/oauth/token`: a client shows its key once and gets a token for some minutes (RFC 6749, section 4.4)."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote_plus

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from serving.api.access import TheOffice, tokens_of
from serving.api.problems import REQUEST_ID
from serving.api.routing import resource
from serving.office.office import Office
from serving.office.problem_types import type_uri
from serving.office.tokens import LIFE, Bearer
from serving.office.wrong_keys import WrongKeys
from serving.store.clients import key_of
from serving.store.times import microseconds

router = resource()
TOKEN = "/v1/oauth/token"
_MOST = 8_192
"""Bytes of the form; anything longer is no request for a token."""
_FORM = "application/x-www-form-urlencoded"
_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        _FORM: {
            "schema": {
                "type": "object",
                "required": ["grant_type"],
                "properties": {
                    "grant_type": {"type": "string", "enum": ["client_credentials"]},
                    "client_id": {"type": "string", "description": "Name of the client, unless Basic is used."},
                    "client_secret": {"type": "string", "description": "One of its API keys, unless Basic is used."},
                },
            }
        }
    },
}
_ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["error", "error_description", "type", "title", "status", "detail"],
    "properties": {
        "error": {"type": "string", "description": "As RFC 6749 names it."},
        **{name: {"type": "string"} for name in ("error_description", "type", "title", "detail", "request_id")},
        "status": {"type": "integer"},
    },
}
_ERRORS: dict[int | str, dict[str, Any]] = {
    code: {
        "description": "Error of RFC 6749, and a problem document.",
        "content": {"application/json": {"schema": _ERROR}},
    }
    for code in (400, 401)
}


class Token(BaseModel):
    """A token to send as `Authorization: Bearer ...`."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"
    expires_in: int = Field(description="Seconds for which it is valid.", examples=[int(LIFE.total_seconds())])


class _Refused(Exception):
    """Error of RFC 6749 with its name, and what to do."""

    def __init__(self, error: str, detail: str) -> None:
        super().__init__(detail)
        self.error, self.detail = error, detail


@router.post(
    "/oauth/token",
    summary="Get an access token",
    tags=["access"],
    response_model=Token,
    responses=_ERRORS,
    openapi_extra={"requestBody": _BODY, "security": []},
)
async def give_token(request: Request, office: TheOffice) -> Any:
    """Show a client's name and one of its API keys, by HTTP Basic or in the form; the token is valid for 15 minutes.

    It says who you are. What you may do is as the client's record has it at each request: a revoked key ends its
    tokens at once.
    """
    try:
        bearer = _bearer(request, office, await _form(request))
    except _Refused as refused:
        return _answer(request, refused)
    token = tokens_of(request.app).give(bearer, office.clock())
    content = Token(access_token=token, expires_in=int(LIFE.total_seconds())).model_dump()
    return JSONResponse(content, headers={"Pragma": "no-cache"})


async def _form(request: Request) -> dict[str, str]:
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != _FORM:
        raise _Refused("invalid_request", f"Send a form: Content-Type {_FORM}.")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _MOST:
            raise _Refused("invalid_request", f"The form has more than {_MOST:,} bytes.")
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True, max_num_fields=20)
    except ValueError:
        raise _Refused("invalid_request", "The body is not a form. Send grant_type=client_credentials.") from None
    if len({name for name, _ in pairs}) != len(pairs):
        raise _Refused("invalid_request", "A field of the form is given more than once. Give it once.")
    return dict(pairs)


def _bearer(request: Request, office: Office, form: dict[str, str]) -> Bearer:
    if "grant_type" not in form:
        raise _Refused("invalid_request", "grant_type is not given. Send grant_type=client_credentials.")
    if form["grant_type"] != "client_credentials":
        raise _Refused("unsupported_grant_type", "Send grant_type=client_credentials; there is no other.")
    if form.get("scope"):
        raise _Refused("invalid_scope", "There are no scopes: a client may do what its role allows. Leave it out.")
    name, secret = _credentials(request.headers.get("authorization", ""), form)
    with office.store.begin_read() as connection:
        key = key_of(connection, secret, at_us=microseconds(office.clock()))
    if key is None or key.client.client_id != name:
        raise _Refused("invalid_client", "Name and key do not belong together, or the key is not valid any more.")
    return Bearer(client_id=name, key_id=key.key_id)


def _credentials(header: str, form: dict[str, str]) -> tuple[str, str]:
    in_form = (form.get("client_id", ""), form.get("client_secret", ""))
    kind, _, given = header.partition(" ")
    if kind.lower() != "basic":
        return in_form
    if "client_secret" in form:
        raise _Refused("invalid_request", "The key is given twice. Use HTTP Basic or the form, not both.")
    try:
        name, _, secret = b64decode(given.strip(), validate=True).decode("utf-8").partition(":")
    except (NotBase64, ValueError):
        raise _Refused("invalid_client", "The header Authorization is not HTTP Basic as RFC 6749 has it.") from None
    return unquote_plus(name), unquote_plus(secret)


def _answer(request: Request, refused: _Refused) -> JSONResponse:
    status, title, headers = 400, "Token request refused", {}
    if refused.error == "invalid_client":
        status, title, headers = 401, "Authentication required", {"WWW-Authenticate": "Basic"}
        wait_s = _count(request)
        if wait_s:
            status, title, headers = 429, "Too many wrong keys", {"Retry-After": str(wait_s)}
    body: dict[str, Any] = {
        "error": refused.error,
        "error_description": refused.detail,
        "type": type_uri(title),
        "title": title,
    }
    body |= {"status": status, "detail": refused.detail, "request_id": request.scope.get(REQUEST_ID, "")}
    media = "application/problem+json" if status == 429 else "application/json"
    return JSONResponse(body, status_code=status, headers=headers, media_type=media)


def _count(request: Request) -> int:
    wrong_keys: WrongKeys = request.app.state.wrong_keys
    return wrong_keys.add(request.client.host if request.client is not None else "")
