"""The session of a person: who may see a page, where the sign-in is asked for, and how the cookie is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, HTTPException, Request
from fastapi.responses import Response

from serving.office.idle import LastSeen
from serving.office.office import Office
from serving.settings import Settings
from serving.store import Client, sessions
from serving.store.clients import INSPECTING
from serving.store.sessions import Session
from serving.store.times import microseconds

COOKIE = "parcel_risk_station"
HOME = "/station"
LOGIN, LOCKED, PASSPHRASE = f"{HOME}/login", f"{HOME}/locked", f"{HOME}/passphrase"
_REFRESH, _EVENTS = "x-refresh", f"{HOME}/events"
"""Header, and path, of requests that the script makes by itself: they do not show that anybody is there."""
_MOST_BACK = 2_000


async def _the_office(request: Request) -> Office:
    found: Office = request.app.state.office
    return found


TheOffice = Annotated[Office, Depends(_the_office)]


@dataclass(frozen=True, kw_only=True)
class Held:
    """An open session, and the token that the browser holds of it."""

    token: str
    session: Session
    is_locked: bool


async def held(request: Request, office: TheOffice) -> Held:
    """Session of the browser, whether locked or not; whoever has none is sent to the sign-in page."""
    token, at_us = request.cookies.get(COOKIE), microseconds(office.clock())
    if token is not None:
        with office.store.glance() as connection:
            session = sessions.session_in(connection, token, at_us=at_us)
        if session is not None:
            seen: LastSeen = request.app.state.last_seen
            is_locked = seen.is_locked(token, unlocked_us=session.unlocked_at, at_us=at_us)
            return Held(token=token, session=session, is_locked=is_locked)
    raise _elsewhere(LOGIN, {} if request.method == "GET" else {"message": "session_ended"})


async def signed_in(request: Request, found: Annotated[Held, Depends(held)]) -> Client:
    """Person of the session; who has to unlock it, or to choose a passphrase, is led there."""
    if found.is_locked:
        raise _elsewhere(LOCKED, {"back": here(request)} if request.method == "GET" else {"message": "not_recorded"})
    if found.session.must_change and request.url.path != PASSPHRASE:
        raise _elsewhere(PASSPHRASE, {})
    if _REFRESH not in request.headers and request.url.path != _EVENTS:
        seen: LastSeen = request.app.state.last_seen
        seen.note(found.token)
    request.state.officer = found.session.client
    return found.session.client


async def inspecting(client: Annotated[Client, Depends(signed_in)]) -> Client:
    """Person who works at the station; 403 for other roles."""
    if client.role not in INSPECTING:
        raise HTTPException(403, f"This page is for {' and '.join(INSPECTING)}; you are signed in as {client.role}.")
    return client


HeldSession = Annotated[Held, Depends(held)]
Person = Annotated[Client, Depends(signed_in)]
"""Whoever is signed in, of any role."""
Officer = Annotated[Client, Depends(inspecting)]


async def same_site(request: Request) -> None:
    """Refuse forms that another site posts."""
    origin = request.headers.get("origin")
    if origin is not None and origin.split("://")[-1] != request.headers.get("host"):
        raise HTTPException(403, "The form was sent from another site. Return to the station, and enter it there.")


def is_secure(settings: Settings) -> bool:
    """Whether the cookie is sent over HTTPS only: by default wherever others could listen."""
    is_local = settings.host in ("localhost", "::1") or settings.host.startswith("127.")
    return not is_local if settings.secure_cookies is None else settings.secure_cookies


def give(request: Request, response: Response, token: str, hours: int) -> Response:
    """Let the browser hold a session for some hours; no script reads it, and no other site has it sent."""
    seen: LastSeen = request.app.state.last_seen
    seen.note(token)
    secure = is_secure(request.app.state.settings)
    response.set_cookie(COOKIE, token, max_age=hours * 3600, httponly=True, samesite="strict", secure=secure)
    return response


def here(request: Request) -> str:
    """Path and query of a request."""
    return f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path


def start_of(client: Client) -> str:
    """First page of a person, by role."""
    return HOME if client.role in INSPECTING else PASSPHRASE


def own_page(text: str) -> str:
    """Where to return to: a page of the station, never another site."""
    is_own = text == HOME or text.startswith((f"{HOME}?", f"{HOME}/"))
    return text if is_own and len(text) <= _MOST_BACK and text.isprintable() and "\\" not in text else HOME


def _elsewhere(path: str, query: dict[str, str]) -> HTTPException:
    where = f"{path}?{urlencode(query)}" if query else path
    return HTTPException(303, "Sign in first.", headers={"Location": where})
