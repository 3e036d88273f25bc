"""Signing in and out at the station: with a name and a passphrase, or with a key."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from features.text import text
from serving.office.passphrases import MOST
from serving.office.signing_in import sign_in
from serving.office.wrong_keys import WrongKeys
from serving.pages.forms import Control, Filled, FormField, blank, filled
from serving.pages.layout import page, redirect
from serving.pages.session import COOKIE, HOME, LOGIN, PASSPHRASE, TheOffice, give, same_site, start_of
from serving.settings import Settings
from serving.store import sessions
from serving.store.clients import INSPECTING
from serving.store.database import note
from serving.store.times import microseconds

_MESSAGES = {
    "signed_out": text("Signed out."),
    "session_ended": text(
        "Your session had ended: the outcome was NOT recorded. Sign in, scan the parcel, record it again."
    ),
    "wrong_key": text("This key is not valid for the station."),
    "wrong_passphrase": text(
        "Name and passphrase do not belong together, or too many wrong ones came before. Five in a row cost some "
        "minutes; an administrator ends them."
    ),
    "too_often": text("Too many wrong keys or passphrases came from this address. Check them, and wait a minute."),
}
_KEY = (
    FormField(
        name="key",
        label=text("Officer's key"),
        control=Control.SECRET,
        required=True,
        max_length=200,
        remedy=text("Scan or type the key that you were given."),
    ),
)
_PERSON = (
    FormField(
        name="name", label=text("Name"), required=True, max_length=60, remedy=text("Type your name."), is_first=True
    ),
    FormField(
        name="passphrase",
        label=text("Passphrase"),
        control=Control.SECRET,
        required=True,
        max_length=MOST,
        remedy=text("Type your passphrase."),
    ),
)
router = APIRouter(prefix=HOME, include_in_schema=False)


@dataclass(frozen=True, kw_only=True)
class LoginPage:
    """Everything `login.html` shows: a form for persons, one for keys, and what happened before."""

    person: Filled = field(default_factory=lambda: blank(_PERSON))
    form: Filled = field(default_factory=lambda: blank(_KEY))
    message: str = ""


@router.get("/login")
def login_page(request: Request, message: str = "") -> HTMLResponse:
    """Ask who is there."""
    return page(request, "login.html", LoginPage(message=_MESSAGES.get(message, "")))


@router.post("/sign-in", dependencies=[Depends(same_site)])
def sign_in_person(request: Request, office: TheOffice, form: Annotated[Filled, Depends(filled(*_PERSON))]) -> Response:
    """Begin a session with a name and a passphrase; neither is given back, since a passphrase may be in either."""
    if form.refusals:
        return page(request, "login.html", LoginPage(person=replace(form, typed={})), 422)
    if _waits(request):
        return redirect(LOGIN, message="too_often")
    settings: Settings = request.app.state.settings
    found = sign_in(office, form.typed["name"], form.typed["passphrase"], hours=settings.session_hours)
    if found is None:
        return _refused(request, "wrong_passphrase")
    return give(
        request, redirect(PASSPHRASE if found.must_change else start_of(found.client)), found.token, found.hours
    )


@router.post("/login", dependencies=[Depends(same_site)])
def login(request: Request, office: TheOffice, form: Annotated[Filled, Depends(filled(*_KEY))]) -> Response:
    """Begin a session with an officer's key; what was typed is not given back, since it is a secret."""
    if form.refusals:
        return page(request, "login.html", LoginPage(form=replace(form, typed={})), 422)
    settings: Settings = request.app.state.settings
    at_us, hours = microseconds(office.clock()), settings.session_hours
    with office.store.begin() as connection:
        token = sessions.begin(connection, form.typed["key"], *INSPECTING, at_us=at_us, hours=hours)
        session = sessions.session_in(connection, token, at_us=at_us) if token is not None else None
        if session is not None:
            name = session.client.client_id
            note(connection, at_us=at_us, client_id=name, action="signed in", seqs=[], detail="with a key")
    return give(request, redirect(HOME), token, hours) if token is not None else _refused(request, "wrong_key")


@router.post("/logout", dependencies=[Depends(same_site)])
def logout(request: Request, office: TheOffice) -> Response:
    """End the session, also for whoever has copied what the browser held."""
    token, at_us = request.cookies.get(COOKIE, ""), microseconds(office.clock())
    with office.store.begin() as connection:
        session = sessions.session_in(connection, token, at_us=at_us)
        sessions.end(connection, token, at_us=at_us)
        if session is not None:
            note(connection, at_us=at_us, client_id=session.client.client_id, action="signed out", seqs=[])
    request.app.state.last_seen.forget(token)
    response = redirect(LOGIN, message="signed_out")
    response.delete_cookie(COOKIE)
    return response


def _waits(request: Request) -> bool:
    wrong_keys: WrongKeys = request.app.state.wrong_keys
    return request.client is not None and wrong_keys.wait_s(request.client.host) > 0


def _refused(request: Request, message: str) -> Response:
    """To the sign-in page; after many tries from one address it says so."""
    wrong_keys: WrongKeys = request.app.state.wrong_keys
    is_too_often = request.client is not None and wrong_keys.add(request.client.host)
    return redirect(LOGIN, message="too_often" if is_too_often else message)
