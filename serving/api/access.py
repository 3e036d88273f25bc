"""Authentication: bearer keys for the API, a signed cookie for the station."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from serving.api.problems import Problem
from serving.intake.submissions import Lodging, PartResult
from serving.office.gathering import Gathering
from serving.office.office import Office
from serving.store import Client, Role
from serving.store.clients import INSPECTING, find_client
from serving.store.times import microseconds

# Dependencies are coroutines, because a thread costs more than they do.
_bearer = HTTPBearer(auto_error=False, description="API key of the client, as `parcel-risk client` printed it.")

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


def client_of(office: Office, key: str) -> Client | None:
    """Client with this key; None unless it is valid at this moment."""
    with office.store.glance() as connection:
        return find_client(connection, key, at_us=microseconds(office.clock()))


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
