"""The officer's session: sign in, sign out, and who may see a page."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, Response

from features.text import text
from serving.office.office import Office
from serving.office.wrong_keys import WrongKeys
from serving.pages.forms import Control, Filled, FormField, blank, filled
from serving.pages.layout import page, redirect
from serving.settings import Settings
from serving.store import Client, sessions
from serving.store.clients import INSPECTING
from serving.store.times import microseconds

_COOKIE = "parcel_risk_station"
_MESSAGES = {
    "signed_out": text("Signed out."),
    "session_ended": text(
        "Your session had ended: the outcome was NOT recorded. Sign in, scan the parcel, record it again."
    ),
    "wrong_key": text("This key is not valid for the station."),
    "too_often": text("Too many keys that are not valid came from this address. Check the key, and wait a minute."),
}
_FIELDS = (
    FormField(
        name="key",
        label=text("Officer's key"),
        control=Control.SECRET,
        required=True,
        max_length=200,
        remedy=text("Scan or type the key that you were given."),
        is_first=True,
    ),
)
router = APIRouter(prefix="/station", include_in_schema=False)


@dataclass(frozen=True, kw_only=True)
class LoginPage:
    """Everything `login.html` shows."""

    form: Filled = field(default_factory=lambda: blank(_FIELDS))
    message: str = ""


def _the_office(request: Request) -> Office:
    found: Office = request.app.state.office
    return found


TheOffice = Annotated[Office, Depends(_the_office)]


def signed_in(request: Request, office: TheOffice) -> Client:
    """Officer of the session; others are sent to the sign-in page."""
    token = request.cookies.get(_COOKIE)
    if token is not None:
        with office.store.begin_read() as connection:
            client = sessions.client_in(connection, token, at_us=microseconds(office.clock()))
        if client is not None and client.role in INSPECTING:
            request.state.officer = client
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
def login(request: Request, office: TheOffice, form: Annotated[Filled, Depends(filled(*_FIELDS))]) -> Response:
    """Begin a session with an officer's key; what was typed is not given back, since it is a secret."""
    if form.refusals:
        return page(request, "login.html", LoginPage(form=replace(form, typed={})), 422)
    settings: Settings = request.app.state.settings
    at_us, hours = microseconds(office.clock()), settings.session_hours
    with office.store.begin() as connection:
        token = sessions.begin(connection, form.typed["key"], *INSPECTING, at_us=at_us, hours=hours)
    if token is None:
        wrong_keys: WrongKeys = request.app.state.wrong_keys
        is_too_often = request.client is not None and wrong_keys.add(request.client.host)
        return redirect("/station/login", message="too_often" if is_too_often else "wrong_key")
    response = redirect("/station")
    response.set_cookie(
        _COOKIE, token, max_age=hours * 3600, httponly=True, samesite="strict", secure=is_secure(settings)
    )
    return response


def is_secure(settings: Settings) -> bool:
    """Whether the cookie is sent over HTTPS only: by default wherever others could listen."""
    is_local = settings.host in ("localhost", "::1") or settings.host.startswith("127.")
    return not is_local if settings.secure_cookies is None else settings.secure_cookies


@router.post("/logout", dependencies=[Depends(same_site)])
def logout(request: Request, office: TheOffice) -> Response:
    """End the session, also for whoever has copied what the browser held."""
    with office.store.begin() as connection:
        sessions.end(connection, request.cookies.get(_COOKIE, ""), at_us=microseconds(office.clock()))
    response = redirect("/station/login", message="signed_out")
    response.delete_cookie(_COOKIE)
    return response
