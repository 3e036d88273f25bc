"""Authentication: bearer keys for the API, a signed cookie for the station."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from features.parcel.problems import StoreError
from serving.api.problems import Problem
from serving.intake.submissions import Lodging, PartResult
from serving.office.gathering import Gathering
from serving.office.office import Office
from serving.office.tokens import Tokens, looks_like_one
from serving.store import Client, Role
from serving.store.clients import INSPECTING, client_of_key, find_client
from serving.store.times import microseconds

# Dependencies are coroutines, because a thread costs more than they do.
_bearer = HTTPBearer(
    auto_error=False,
    description="API key of the client, as `parcel-risk client` printed it, or a token of `POST /v1/oauth/token`.",
)

CLIENT = "parcel_risk.client"
"""Where the client of a request is kept in its scope."""


async def the_office(request: Request) -> Office:
    """Office of this service."""
    found: Office = request.app.state.office
    return found


TheOffice = Annotated[Office, Depends(the_office)]


async def the_gathering(request: Request) -> Gathering[Lodging, PartResult]:
    """Where single parcels wait to be written together."""
    found: Gathering[Lodging, PartResult] = request.app.state.gathering
    return found


TheGathering = Annotated[Gathering[Lodging, PartResult], Depends(the_gathering)]


def tokens_of(api: FastAPI) -> Tokens:
    """What gives and checks access tokens; its secret is read when it is needed first.

    Raises
    ------
    StoreError
        When the installation has no secret for tokens.
    """
    if api.state.tokens is None:
        try:
            api.state.tokens = Tokens(api.state.settings.secret("tokens"))
        except StoreError:  # which names a file
            remedy = "Its administrator makes it with `parcel-risk init`; until then send the key itself."
            raise StoreError(f"this installation has no secret for access tokens. {remedy}") from None
    found: Tokens = api.state.tokens
    return found


def client_of(office: Office, key: str, api: FastAPI) -> Client | None:
    """Client with this key or access token; None unless it is valid at this moment."""
    at = office.clock()
    if not looks_like_one(key):
        with office.store.glance() as connection:
            return find_client(connection, key, at_us=microseconds(at))
    try:
        holder = tokens_of(api).holder(key, at)
    except StoreError:
        return None
    if holder is None:
        return None
    with office.store.glance() as connection:
        client = client_of_key(connection, holder.key_id, at_us=microseconds(at))
    return client if client is not None and client.client_id == holder.client_id else None


async def caller(request: Request, _: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Client:
    """Client of the request: `serving.api.guard` has looked at its key before anything was read."""
    client: Client = request.scope[CLIENT]
    return client


Caller = Annotated[Client, Depends(caller)]


def having(*roles: Role) -> Callable[[Client], Awaitable[Client]]:
    """Make a dependency: the client of the request, which has one of `roles`; 403 for others."""
    who = ", ".join(roles)

    async def allowed(client: Caller) -> Client:
        if client.role not in roles:
            raise Problem(403, "Not allowed", f"Only for the roles {who}; this key has the role {client.role}.")
        return client

    return allowed


OperatorCaller = Annotated[Client, Depends(having(Role.OPERATOR))]
OfficerCaller = Annotated[Client, Depends(having(*INSPECTING))]
ReaderCaller = Annotated[Client, Depends(having(Role.OPERATOR, *INSPECTING))]
"""Who reads answers: operators those to their own parcels."""
