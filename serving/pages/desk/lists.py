"""Lists at the supervisor's desk: overview, drafts with what they would have done, approval by a second person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, Response

from features.parcel.problems import ListError, Rejection
from features.text import English, Text, Verbatim, day, figure, moment, text
from serving.office.list_keeping import add, approve, replace_entries, retire, unsaved
from serving.office.office import Office
from serving.office.whatif import Changes
from serving.pages.desk.access import PREFIX, Supervisor
from serving.pages.desk.list_form import ENTRIES, FIELDS, terms_in
from serving.pages.desk.outlook import Outlook, form_digest, outlook, seen_in
from serving.pages.desk.words import KINDS, STATES, asked_words
from serving.pages.forms import Filled, blank, filled
from serving.pages.layout import page, redirect
from serving.pages.session import TheOffice, same_site
from serving.pages.tables import Table, percent
from serving.store import Client, Connection
from serving.store.lists import StoredList, days_of, list_named, lists_of
from serving.store.times import time_of

router = APIRouter(prefix=PREFIX, include_in_schema=False)
_MESSAGES = {
    "kept": text("Kept. What is said of its state below holds from now on."),
    "approved": text("Approved: it is live from the next parcel on."),
    "retired": text("Retired: its entries are erased."),
}
_DAYS_SHOWN = 30


@dataclass(frozen=True, kw_only=True)
class ListsPage:
    """Everything `lists.html` shows.

    Attributes
    ----------
    links:
        Names of lists that have a page of their own.
    seen:
        Digest of the list that the outlook is of: only that one can be kept.
    """

    lists: Table
    links: list[str]
    form: Filled
    message: str = ""
    outlook: Outlook | None = None
    seen: str = ""


@dataclass(frozen=True, kw_only=True)
class ListPage:
    """Everything `list.html` shows of one list.

    Attributes
    ----------
    outlook:
        What its newest version would have done; None until somebody asks.
    can_approve:
        Whether it is a draft of somebody else.
    """

    name: str
    state: str
    terms: Table
    versions: Table
    days: Table
    form: Filled
    outlook: Outlook | None = None
    seen: str = ""
    is_draft: bool = False
    can_approve: bool = False
    refusal: str = ""
    message: str = ""


@router.get("/lists")
def lists_page(request: Request, office: TheOffice, officer: Supervisor, message: str = "") -> HTMLResponse:
    """All lists that are not retired, and the form of a new one."""
    return page(request, "lists.html", _overview(office, blank(FIELDS), _MESSAGES.get(message, "")))


@router.post("/lists", dependencies=[Depends(same_site)])
def add_list(
    request: Request,
    office: TheOffice,
    officer: Supervisor,
    form: Annotated[Filled, Depends(filled(*FIELDS))],
    seen: Annotated[str, Depends(seen_in)],
) -> Response:
    """Show what a new list would have done; keep it where just this one was shown before."""
    terms = form if form.refusals else terms_in(form)
    if isinstance(terms, Filled):
        return page(request, "lists.html", _overview(office, terms), 422)
    data, at = form.typed["csv"].encode(), office.clock()
    with office.store.begin_read() as connection:
        tried = unsaved(connection, office.secrets, terms, data, at)
        if isinstance(tried, list):
            return page(request, "lists.html", _overview(office, _faulty(form, tried)), 422)
        if seen != form_digest(form):
            changes = Changes(unsaved=[tried])
            found = outlook(connection, office, request.app.state.settings, changes, terms.hit)
            context = replace(_overview(office, form), outlook=found, seen=form_digest(form))
            return page(request, "lists.html", context)
    with office.writer.transaction() as transaction:
        add(transaction.connection, office.secrets, terms, data, officer, at)
    return redirect(f"{PREFIX}/lists/{terms.name}", message="kept")


@router.get("/lists/{name}")
def list_page(
    request: Request, name: str, office: TheOffice, officer: Supervisor, message: str = "", tried: str = ""
) -> HTMLResponse:
    """One list; what its newest version would have done, where that is asked."""
    changes, said = Changes(lists=[name]) if tried else None, _MESSAGES.get(message, "")
    return _shown(request, office, name, officer, blank(ENTRIES), tried=changes, message=said)


@router.post("/lists/{name}/entries", dependencies=[Depends(same_site)])
def put_entries(
    request: Request,
    name: str,
    office: TheOffice,
    officer: Supervisor,
    form: Annotated[Filled, Depends(filled(*ENTRIES))],
    seen: Annotated[str, Depends(seen_in)],
) -> Response:
    """Show what other entries would have done; keep them as a new version where just these were shown before."""
    if form.refusals:
        return _shown(request, office, name, officer, form, status=422)
    data, at = form.typed["csv"].encode(), office.clock()
    with office.store.begin_read() as connection:
        terms = _newest(connection, name).terms
        tried = unsaved(connection, office.secrets, terms, data, at, is_new=False)
    if isinstance(tried, list):
        return _shown(request, office, name, officer, _faulty(form, tried), status=422)
    if seen != form_digest(form):
        return _shown(request, office, name, officer, form, tried=Changes(unsaved=[tried]), seen=form_digest(form))
    with office.writer.transaction() as transaction:
        replace_entries(transaction.connection, office.secrets, name, data, officer, at)
    return redirect(f"{PREFIX}/lists/{name}", message="kept")


@router.post("/lists/{name}/approved", dependencies=[Depends(same_site)])
def approve_list(request: Request, name: str, office: TheOffice, officer: Supervisor) -> Response:
    """Approve the draft of somebody else."""
    try:
        with office.writer.transaction() as transaction:
            approve(transaction.connection, office.secrets, name, officer, office.clock())
    except ListError as error:
        return _shown(request, office, name, officer, blank(ENTRIES), status=409, refusal=English(error))
    return redirect(f"{PREFIX}/lists/{name}", message="approved")


@router.post("/lists/{name}/retired", dependencies=[Depends(same_site)])
def retire_list(request: Request, name: str, office: TheOffice, officer: Supervisor) -> Response:
    """End a list."""
    try:
        with office.writer.transaction() as transaction:
            retire(transaction.connection, office.secrets, name, officer, office.clock())
    except ListError as error:
        return _shown(request, office, name, officer, blank(ENTRIES), status=409, refusal=English(error))
    return redirect(f"{PREFIX}/lists", message="retired")


def _faulty(form: Filled, faults: Iterable[Rejection]) -> Filled:
    """The form with every fault; what is wrong with entries names their line."""
    names = {one.name for one in form.fields}
    for fault in faults:
        if fault.field in names and not fault.line:
            form = form.refusing(fault.field, _said(fault.reason), _said(fault.remedy))
        else:
            form = form.refusing(
                "csv",
                text(
                    "line {line}, {field}: {reason}",
                    line=fault.line,
                    field=Verbatim(fault.field),
                    reason=_said(fault.reason),
                ),
                _said(fault.remedy),
            )
    return form


def _said(english: str) -> Text:
    """What a check says of an entry: a text of any language, or English."""
    return english if isinstance(english, Text) else text("{reason}", reason=English(english))


def _overview(office: Office, form: Filled, message: str = "") -> ListsPage:
    with office.store.begin_read() as connection:
        known = [one for one in lists_of(connection) if one.state != "retired"]
    rows = [
        (
            one.terms.name,
            KINDS[one.terms.kind.value],
            " ".join(one.terms.fields),
            STATES[one.state],
            one.made_by,
            one.approved_by or "",
            day(one.terms.review_on),
            day(one.terms.expires_on) if one.terms.expires_on else text("without end"),
            figure(one.n_entries),
        )
        for one in known
    ]
    head = (
        text("List"),
        text("Kind"),
        text("Entries name"),
        text("State"),
        text("Made by"),
        text("Approved by"),
        text("Review"),
        text("Last day"),
        text("Entries"),
    )
    table = Table(
        caption=text("Lists that are live or drafts"), head=head, rows=rows, n_texts=8, empty=text("There is no list.")
    )
    links = list(dict.fromkeys(one.terms.name for one in known))
    return ListsPage(lists=table, links=links, form=form, message=message)


def _shown(
    request: Request,
    office: Office,
    name: str,
    officer: Client,
    form: Filled,
    *,
    tried: Changes | None = None,
    seen: str = "",
    status: int = 200,
    refusal: str = "",
    message: str = "",
) -> HTMLResponse:
    with office.store.begin_read() as connection:
        newest = _newest(connection, name)
        is_draft = newest.state == "draft"
        context = ListPage(
            name=name,
            state=STATES[newest.state],
            terms=_terms(newest),
            versions=_versions(connection, name),
            days=_days(connection, name),
            form=form,
            outlook=_outlook(connection, office, request, tried, newest),
            seen=seen,
            is_draft=is_draft,
            can_approve=is_draft and newest.made_by != officer.client_id,
            refusal=refusal,
            message=message,
        )
    return page(request, "list.html", context, status)


def _outlook(
    connection: Connection, office: Office, request: Request, tried: Changes | None, one: StoredList
) -> Outlook | None:
    settings = request.app.state.settings
    return None if tried is None else outlook(connection, office, settings, tried, one.terms.hit)


def _newest(connection: Connection, name: str) -> StoredList:
    found = list_named(connection, name)
    if found is None:
        raise HTTPException(404, "No list has this name.")
    return found


def _terms(one: StoredList) -> Table:
    terms = one.terms
    rows = [
        (text("Kind"), KINDS[terms.kind.value]),
        (text("Entries name"), " ".join(terms.fields)),
        (text("A hit asks for"), asked_words(terms.asks)),
        (text("Office that answers for it"), terms.owner),
        (text("Legal basis"), terms.legal_basis),
        (text("Reason"), terms.reason),
        (text("Source"), f"{terms.source}, {terms.source_code}{terms.information_code}, {terms.handling}"),
        (text("Review"), day(terms.review_on)),
        (text("Last day"), day(terms.expires_on) if terms.expires_on else text("without end")),
    ]
    return Table(caption=text("Terms"), head=(text("Term"), text("As it is")), rows=rows, n_texts=2)


def _versions(connection: Connection, name: str) -> Table:
    rows = [
        (
            f"{one.version}",
            STATES[one.state],
            one.made_by,
            _time(time_of(one.made_at)),
            one.approved_by or "",
            figure(one.n_entries),
        )
        for one in lists_of(connection, name)
    ]
    head = (text("Version"), text("State"), text("Made by"), text("Made at"), text("Approved by"), text("Entries"))
    return Table(caption=text("Versions, newest first"), head=head, rows=rows, n_texts=5)


def _time(at: datetime) -> str:
    return moment(at)


def _days(connection: Connection, name: str) -> Table:
    live = next((one for one in lists_of(connection, name) if one.state == "live"), None)
    days = [] if live is None else days_of(connection, live)[-_DAYS_SHOWN:]
    rows = [
        (
            day.day.isoformat(),
            figure(day.n_looked_up),
            figure(day.n_hit),
            percent(day.n_hit / max(1, day.n_looked_up), 3),
        )
        for day in days
    ]
    head = (text("Day"), text("Parcels looked up"), text("Parcels hit"), text("Share"))
    return Table(
        caption=text("Look-ups in the live version"),
        head=head,
        rows=rows,
        empty=text("No live version was looked up yet."),
    )
