"""Capacity at the supervisor's desk: what a change would have meant is shown before anything of it is saved."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from features.parcel.problems import ParcelRiskError
from features.text import Text, figure, joined, moment, text
from policy.shifts import Capacity
from serving.office.capacity import Preview, approve, preview, propose
from serving.office.capacity_model import CapacityModel, capacity_of, text_of
from serving.office.office import Office
from serving.pages.desk.access import PREFIX, Supervisor
from serving.pages.desk.capacity_form import WEEKDAYS, capacity_in, form_of, groups, read
from serving.pages.desk.outlook import seen_in
from serving.pages.forms import Filled
from serving.pages.layout import page, redirect
from serving.pages.session import TheOffice, same_site
from serving.pages.tables import Table, percent
from serving.store import Connection
from serving.store.policy_history import capacity_in_force, capacity_proposed
from serving.store.times import time_of

router = APIRouter(prefix=PREFIX, include_in_schema=False)
_MESSAGES = {
    "proposed": text("Proposed. It comes into force when another supervisor approves it."),
    "approved": text("Approved. The share is cut by it within a minute."),
    "not_approved": text("Not approved: it is not the newest proposal, is in force already, or is your own."),
}


@dataclass(frozen=True, kw_only=True)
class CapacityPage:
    """Everything `capacity.html` shows.

    Attributes
    ----------
    figures:
        What was asked about next to what is in force; None before a preview.
    seen:
        Digest of the capacity that the figures are of: only that one can be proposed.
    proposal:
        Number of what waits for another person; 0 where nothing does.
    """

    shifts: Table
    now: Table
    form: Filled
    groups: list[tuple[str, Filled]]
    figures: Table | None = None
    seen: str = ""
    proposal: int = 0
    author: str = ""
    is_own: bool = False
    proposed: Table | None = None
    proposed_figures: Table | None = None
    message: str = ""


async def _posted(request: Request) -> Filled:
    return read(await request.form())


@router.get("/capacity")
def capacity_page(request: Request, office: TheOffice, officer: Supervisor, message: str = "") -> HTMLResponse:
    """Shifts in force and proposed, and a form to change them."""
    with office.store.begin_read() as connection:
        saved = capacity_in_force(connection)
        form = form_of(None if saved is None else capacity_of(saved.content))
        context = _page(connection, office, officer.client_id, form, message=_MESSAGES.get(message, ""))
    return page(request, "capacity.html", context)


@router.post("/capacity", dependencies=[Depends(same_site)])
def show_or_propose(
    request: Request,
    office: TheOffice,
    officer: Supervisor,
    form: Annotated[Filled, Depends(_posted)],
    seen: Annotated[str, Depends(seen_in)],
) -> Response:
    """Show what a capacity would have meant; keep it where just this one was shown before."""
    wanted = form if form.refusals else capacity_in(form)
    if isinstance(wanted, Capacity) and seen == _digest(wanted):
        with office.writer.transaction() as transaction:
            propose(transaction.connection, wanted, officer.client_id, office.clock())
        return redirect(f"{PREFIX}/capacity", message="proposed")
    with office.store.begin_read() as connection:
        if isinstance(wanted, Filled):
            return page(request, "capacity.html", _page(connection, office, officer.client_id, wanted), 422)
        said = text("It was changed after it was shown: these are its figures.") if seen else ""
        context = _page(connection, office, officer.client_id, form, asked=wanted, message=said)
    return page(request, "capacity.html", context)


@router.post("/capacity/{number}/approval", dependencies=[Depends(same_site)])
def approve_proposal(number: int, office: TheOffice, officer: Supervisor) -> Response:
    """Put the proposal of somebody else into force."""
    try:
        with office.writer.transaction() as transaction:
            approve(transaction.connection, number, officer.client_id, office.clock())
    except ParcelRiskError:
        return redirect(f"{PREFIX}/capacity", message="not_approved")
    return redirect(f"{PREFIX}/capacity", message="approved")


def _page(
    connection: Connection, office: Office, who: str, form: Filled, *, asked: Capacity | None = None, message: str = ""
) -> CapacityPage:
    saved, waiting = capacity_in_force(connection), capacity_proposed(connection)
    now = None if saved is None else capacity_of(saved.content)
    is_open = waiting is not None and waiting.approver is None
    other = capacity_of(waiting.content) if waiting is not None and is_open else None
    return CapacityPage(
        shifts=_shifts(text("Shifts in force"), now),
        now=_now(office),
        form=form,
        groups=groups(form),
        figures=None if asked is None else _figures(connection, office, now, asked, text("What you ask about")),
        seen="" if asked is None else _digest(asked),
        proposal=waiting.id if waiting is not None and is_open else 0,
        author=waiting.author if waiting is not None and is_open else "",
        is_own=waiting is not None and waiting.author == who,
        proposed=None if other is None else _shifts(text("Shifts proposed"), other),
        proposed_figures=None if other is None else _figures(connection, office, now, other, text("Proposed")),
        message=message,
    )


def _digest(capacity: Capacity) -> str:
    return hashlib.sha256(text_of(capacity).encode()).hexdigest()[:16]


def _shifts(caption: str, capacity: Capacity | None) -> Table:
    rows = [] if capacity is None else CapacityModel.of(capacity).shifts
    return Table(
        caption=caption,
        head=(text("Line"), text("Weekdays"), text("From, UTC"), text("To, UTC"), text("Officers")),
        rows=[(one.line, _days(one.weekdays), one.begins, one.ends, f"{one.hands:g}") for one in rows],
        n_texts=4,
        empty=text("No shifts are set: a fixed share of the parcels is inspected, see docs/settings.md."),
    )


def _days(weekdays: Sequence[str]) -> Text:
    return joined(" ", (WEEKDAYS[day] for day in weekdays))


def _now(office: Office) -> Table:
    """What the office decides by at this moment."""
    policy, cut = office.line.now.policy, office.line.now.cut
    rows = [
        (text("Share of the parcels to come that is selected"), percent(policy.capacity_share, 2)),
        (text("Of these drawn at random"), percent(policy.random_share)),
    ]
    if cut is not None:
        rows += [
            (text("Until"), moment(time_of(cut.window.until_us))),
            (text("Inspections left"), figure(cut.left)),
            (text("Parcels still expected"), figure(cut.expected, ",.0f")),
            (text("Chance that more is selected than can be inspected"), percent(cut.overflow)),
        ]
    return Table(caption=text("What holds at this moment"), head=(text("Figure"), text("Value")), rows=rows)


def _figures(connection: Connection, office: Office, now: Capacity | None, asked: Capacity, name: str) -> Table:
    """Both capacities over the four weeks before, side by side."""
    at, base = office.clock(), office.line.base
    pair = (preview(connection, now, base, at), preview(connection, asked, base, at))
    limits = (text("no limit is set") if now is None else percent(now.overflow, 0), percent(asked.overflow, 0))
    rows = [*(_row(says, attribute, pair) for says, attribute in _ROWS), (_OVERFLOW, *limits)]
    return Table(
        caption=text("What it would have meant in the four weeks before, per shift on average"),
        head=(text("Figure"), text("In force"), name),
        rows=rows,
        note="" if any(one.n_windows for one in pair) else text("Too few parcels were scored to say anything."),
    )


_OVERFLOW = text("Chance of overflow in a shift, at most")
_ROWS = (
    (text("Shifts that the figures are the mean of"), "n_windows"),
    (text("Parcels that came"), "parcels"),
    (text("Inspections"), "inspections"),
    (text("Of these drawn at random"), "drawn"),
    (text("Expected findings"), "expected_findings"),
    (text("Expected findings that are let go"), "let_go"),
    (text("Share of the selection that only a draw among equals decided"), "tie_share"),
)


def _row(says: str, attribute: str, pair: tuple[Preview, Preview]) -> tuple[str, ...]:
    return says, *(_cell(attribute, one) for one in pair)


def _cell(attribute: str, one: Preview) -> str:
    value = getattr(one, attribute)
    if attribute == "n_windows":
        return f"{value}"
    if not one.n_windows:
        return text("not known")
    return percent(value) if attribute == "tie_share" else figure(value, ",.1f")
