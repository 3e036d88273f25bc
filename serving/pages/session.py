"""The officer's session: sign in, sign out, and who may see a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, Response

from serving.office.office import Office
from serving.pages.layout import page, redirect
from serving.store import Client
from serving.store.clients import INSPECTING, client_named, find_client
from serving.store.times import microseconds

_SESSION = "client"
_MESSAGES = {
    "signed_out": "Signed out.",
    "session_ended": "Your session had ended: the outcome was NOT recorded. Sign in, scan the parcel, record it again.",
    "wrong_key": "This key is not valid for the station.",
}
router = APIRouter(prefix="/station", include_in_schema=False)


@dataclass(frozen=True, kw_only=True)
class LoginPage:
    """Everything `login.html` shows."""

    message: str = ""


def _the_office(request: Request) -> Office:
    found: Office = request.app.state.office
    return found


TheOffice = Annotated[Office, Depends(_the_office)]


def signed_in(request: Request, office: TheOffice) -> Client:
    """Officer of the session; others are sent to the sign-in page."""
    client_id = request.session.get(_SESSION)
    if client_id is not None:
        with office.store.begin_read() as connection:
            client = client_named(connection, client_id, at_us=microseconds(office.clock()))
        if client is not None and client.role in INSPECTING:
            return client
    where = "/station/login" if request.method == "GET" else "/station/login?message=session_ended"
    raise HTTPException(303, "Sign in first.", headers={"Location": where})


Officer = Annotated[Client, Depends(signed_in)]


def same_site(request: Request) -> None:
    """Refuse forms that another site posts."""
    origin = request.headers.get("origin")
    if origin is not None and origin.split("://")[-1] != request.headers.get("host"):
        raise HTTPException(403, "The form was sent from another site.")


@router.get("/login")
def login_page(request: Request, message: str = "") -> HTMLResponse:
    """Ask for the officer's key."""
    return page(request, "login.html", LoginPage(message=_MESSAGES.get(message, "")))


@router.post("/login", dependencies=[Depends(same_site)])
def login(request: Request, office: TheOffice, key: Annotated[str, Form(max_length=200)]) -> Response:
    """Start a session with an officer's key."""
    with office.store.begin_read() as connection:
        client = find_client(connection, key.strip(), at_us=microseconds(office.clock()))
    if client is None or client.role not in INSPECTING:
        return redirect("/station/login", message="wrong_key")
    request.session[_SESSION] = client.client_id
    return redirect("/station")


@router.post("/logout", dependencies=[Depends(same_site)])
def logout(request: Request) -> Response:
    """End the session."""
    request.session.clear()
    return redirect("/station/login", message="signed_out")
