"""A person's own session: locked and unlocked, and another passphrase chosen."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from features.text import Text, text
from serving.office.passphrases import LEAST, LEAST_PIN, MOST, MOST_PIN, PassphraseError
from serving.office.signing_in import SignedIn, change, set_pin, takes_pin, unlock
from serving.pages.forms import Control, Filled, FormField, Refusal, blank, filled
from serving.pages.layout import page, redirect
from serving.pages.refusals import EMPTY
from serving.pages.session import (
    HOME,
    LOCKED,
    PASSPHRASE,
    Held,
    HeldSession,
    Person,
    TheOffice,
    give,
    own_page,
    same_site,
    start_of,
)
from serving.store import sessions
from serving.store.clients import key_of
from serving.store.passphrases import person_named
from serving.store.times import microseconds

router = APIRouter(prefix=HOME, include_in_schema=False)
_MESSAGES = {
    "not_recorded": text(
        "The station was locked: what was just entered was NOT recorded. Unlock it, and enter it again."
    ),
    "wrong": text("This was not right, or too many wrong ones came before. Five in a row cost some minutes."),
    "too_often": text("Too many wrong ones came from this address. Wait a minute."),
    "changed": text("Your passphrase was changed. All other sessions of yours are over."),
    "pin_set": text("Your PIN unlocks the station from now on; your passphrase does, too."),
}


_NOT_CHOSEN = text("this passphrase cannot be chosen: it is too short or too long, too uniform, or holds your name.")
"""What is said of it in other languages than English, which says which."""


_NO_PIN = text("this PIN cannot be chosen.")


def _secret(name: str, label: str, remedy: str, *, is_first: bool = False) -> FormField:
    given = {"control": Control.SECRET, "required": True, "max_length": MOST, "is_first": is_first}
    return FormField(name=name, label=label, remedy=remedy, **given)  # type: ignore[arg-type]


_BACK = FormField(name="back", label=text("Page before"), control=Control.HIDDEN, max_length=4_000)
_UNLOCK = (_secret("passphrase", text("Passphrase"), text("Type your passphrase."), is_first=True), _BACK)
_UNLOCK_KEY = (_secret("passphrase", text("Officer's key"), text("Scan or type your key."), is_first=True), _BACK)
_UNLOCK_PIN = (
    _secret("passphrase", text("PIN or passphrase"), text("Type your PIN or passphrase."), is_first=True),
    _BACK,
)
PIN = (
    _secret("pin_passphrase", text("Your passphrase"), text("Type your passphrase.")),
    _secret(
        "pin",
        text("PIN"),
        text(
            "Type {least} to {most} digits, four of them different, in no plain order.", least=LEAST_PIN, most=MOST_PIN
        ),
    ),
    _secret("pin_again", text("PIN once more"), text("Type the same once more.")),
)
_OLD = replace(
    _secret("old", text("Passphrase until now"), text("Type the passphrase that you signed in with."), is_first=True),
    required=False,
)
_NEW = (
    _secret(
        "new", text("New passphrase"), text("Type at least {least} characters; several words do well.", least=LEAST)
    ),
    _secret("again", text("New passphrase once more"), text("Type the same once more.")),
)


@dataclass(frozen=True, kw_only=True)
class LockedPage:
    """Everything `locked.html` shows."""

    form: Filled
    name: str
    locked_officer: str
    message: str = ""


@dataclass(frozen=True, kw_only=True)
class PassphrasePage:
    """Everything `passphrase.html` shows."""

    form: Filled = field(default_factory=lambda: blank((_OLD, *_NEW)))
    pin: Filled = field(default_factory=lambda: blank(()))
    must_change: bool = False
    message: str = ""


@router.get("/locked")
def locked(
    request: Request, office: TheOffice, found: HeldSession, back: str = HOME, message: str = ""
) -> HTMLResponse:
    """Lock the station, and ask for the passphrase; what was scanned is kept in the address to return to."""
    if not found.is_locked:
        request.app.state.last_seen.forget(found.token)
        with office.writer.transaction() as transaction:
            sessions.lock(transaction.connection, found.token)
    form = blank(_unlocking(office, found), back=own_page(back))
    name = found.session.client.client_id
    context = LockedPage(form=form, name=name, locked_officer=name, message=_MESSAGES.get(message, ""))
    return page(request, "locked.html", context)


def _unlocking(office: TheOffice, found: Held) -> tuple[FormField, ...]:
    """What the session is unlocked with."""
    if found.session.by_key:
        return _UNLOCK_KEY
    with office.store.begin_read() as connection:
        return _UNLOCK_PIN if takes_pin(person_named(connection, found.session.client.client_id)) else _UNLOCK


@router.post("/unlock", dependencies=[Depends(same_site)])
def unlock_session(
    request: Request, office: TheOffice, found: HeldSession, form: Annotated[Filled, Depends(filled(*_UNLOCK))]
) -> Response:
    """Unlock with the passphrase or the key that the session began with, and return to the page before."""
    back, wrong_keys = own_page(form.text("back") or HOME), request.app.state.wrong_keys
    address = request.client.host if request.client is not None else ""
    if wrong_keys.wait_s(address):
        return redirect(LOCKED, back=back, message="too_often")
    if form.refusals or not _is_proved(office, found, form.typed["passphrase"]):
        wrong_keys.add(address)
        return redirect(LOCKED, back=back, message="wrong")
    request.app.state.last_seen.note(found.token)
    return redirect(back)


def _is_proved(office: TheOffice, found: Held, text: str) -> bool:
    if not found.session.by_key:
        return unlock(office, found.session.client, found.token, text)
    with office.writer.transaction() as transaction:
        at_us = microseconds(transaction.clock())
        key = key_of(transaction.connection, text, at_us=at_us)
        if key is None or key.client != found.session.client:
            return False
        sessions.unlock(transaction.connection, found.token, at_us=at_us)
    return True


@router.get("/passphrase")
def passphrase(request: Request, person: Person, found: HeldSession, message: str = "") -> HTMLResponse:
    """Form for another passphrase."""
    must_change = found.session.must_change
    form = blank(_NEW if must_change else (_OLD, *_NEW))
    pin = blank(() if must_change or found.session.by_key else PIN)
    said = _MESSAGES.get(message, "")
    if found.session.by_key:
        said = text("You signed in with a key. Sign in with your name and passphrase to change the passphrase.")
        form = blank(())
    return page(request, "passphrase.html", PassphrasePage(form=form, pin=pin, must_change=must_change, message=said))


@router.post("/passphrase", dependencies=[Depends(same_site)])
def change_passphrase(
    request: Request,
    person: Person,
    office: TheOffice,
    found: HeldSession,
    form: Annotated[Filled, Depends(filled(_OLD, *_NEW))],
) -> Response:
    """Keep another passphrase, and continue in a session of it; nothing that was typed is given back."""
    if found.session.by_key:
        return redirect(PASSPHRASE)
    must_change, settings = found.session.must_change, request.app.state.settings
    try:
        form, fresh = _changed(office, found, form, settings.session_hours)
    except PassphraseError as error:
        form, fresh = _refused(form, "new", Text.of(str(error), _NOT_CHOSEN.message, {}), ""), None
    if fresh is not None:
        to = start_of(fresh.client)
        return give(request, redirect(to, message="changed"), fresh.token, fresh.hours)
    shown = replace(form, typed={}, fields=_NEW if must_change else form.fields)
    return page(request, "passphrase.html", PassphrasePage(form=shown, must_change=must_change), 422)


@router.post("/pin", dependencies=[Depends(same_site)])
def choose_pin(
    request: Request,
    person: Person,
    office: TheOffice,
    found: HeldSession,
    form: Annotated[Filled, Depends(filled(*PIN))],
) -> Response:
    """Keep a PIN that unlocks the station; nothing that was typed is given back."""
    if found.session.by_key or found.session.must_change:
        return redirect(PASSPHRASE)
    form = _pin_refused(office, found, form)
    if not form.refusals:
        return redirect(PASSPHRASE, message="pin_set")
    return page(request, "passphrase.html", PassphrasePage(pin=replace(form, typed={})), 422)


def _pin_refused(office: TheOffice, found: Held, form: Filled) -> Filled:
    """Keep the PIN unless something is refused; the form says what."""
    if form.typed["pin"] != form.typed["pin_again"]:
        form = _refused(form, "pin_again", text("it is not the same."), text("Type the new PIN twice alike."))
    if form.refusals:
        return form
    given = {"passphrase": form.typed["pin_passphrase"], "pin": form.typed["pin"]}
    try:
        is_set = set_pin(office, found.session.client, found.token, **given)
    except PassphraseError as error:
        return _refused(form, "pin", Text.of(str(error), _NO_PIN.message, {}), PIN[1].remedy)
    wrong = text("it is not right, or too many wrong ones came before.")
    return form if is_set else _refused(form, "pin_passphrase", wrong, text("Type it again."))


def _changed(office: TheOffice, found: Held, form: Filled, hours: int) -> tuple[Filled, SignedIn | None]:
    """Change it unless something is refused; the form says what."""
    must_change = found.session.must_change
    if not must_change and not form.typed["old"]:
        form = _refused(form, "old", EMPTY, _OLD.remedy)
    if form.typed["new"] != form.typed["again"]:
        form = _refused(form, "again", text("it is not the same."), text("Type the new passphrase twice alike."))
    if form.refusals:
        return form, None
    old = None if must_change else form.typed["old"]
    fresh = change(office, found.session.client, found.token, old=old, new=form.typed["new"], hours=hours)
    if fresh is None:
        form = _refused(
            form, "old", text("it is not right, or too many wrong ones came before."), text("Type it again.")
        )
    return form, fresh


def _refused(form: Filled, name: str, reason: str, remedy: str) -> Filled:
    label = next(one.label for one in form.fields if one.name == name)
    return replace(form, refusals=(*form.refusals, Refusal(field=name, label=label, reason=reason, remedy=remedy)))
