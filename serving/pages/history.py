"""History of the parties of a parcel: a panel of its card, and a page of its own without the script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import HTMLResponse

from features.text import Text, counted, figure, joined, moment, text
from serving.office.past_cases import MOST_CASES, Case, KnownOf, OnLane, PastCases, past_cases
from serving.pages.layout import page
from serving.pages.outcome_form import CLASSES
from serving.pages.session import Officer, TheOffice
from serving.pages.stance import result_words
from serving.pages.tables import Table

router = APIRouter(prefix="/station", include_in_schema=False)
_NAMES = {
    "sender": text("Sender"),
    "sender_loose": text("Sender by name and region"),
    "contact": text("Phone or e-mail of the sender"),
    "recipient": text("Recipient"),
    "recipient_loose": text("Recipient by name and region"),
    "address": text("Delivery address"),
    "look_alike": text("Parcels that look like it"),
}
_HEAD = (
    text("Known by"),
    text("7 days"),
    text("28 days"),
    text("90 days"),
    text("Ever"),
    text("Counterparties"),
    text("Inspected"),
    text("With a finding"),
)
_CASES_HEAD = (text("When"), text("Parcel"), text("Shares"), text("Outcome"))
_SHARED = text("Parcels by what they share with this one, this one included")
Given = Annotated[str, Query(max_length=35)]


@dataclass(frozen=True, kw_only=True)
class HistoryPage:
    """Everything `history.html` shows.

    Attributes
    ----------
    notes:
        What is to be known of the counts.
    lane:
        How the scores did on the lane of the parcel; empty where nothing was inspected there.
    """

    parcel_id: str
    is_hidden: bool
    known: Table
    cases: Table
    notes: list[str]
    lane: str


@router.get("/history")
def history(
    request: Request, office: TheOffice, officer: Officer, parcel: Given = "", operator: Given = ""
) -> HTMLResponse:
    """What is known of sender, contact and delivery address of a parcel, and inspected parcels that share one."""
    found = past_cases(office, parcel, operator, officer)
    if found is None:
        raise HTTPException(404, "No parcel of this number and operator is on record. Scan it again.")
    return page(request, "history.html", _page(found))


def _page(found: PastCases) -> HistoryPage:
    return HistoryPage(
        parcel_id=found.parcel_id,
        is_hidden=found.is_hidden,
        known=known_table(found.known),
        cases=cases_table(found.cases, found.n_cases),
        notes=notes_about(found.known),
        lane=lane_words(found.lane) if found.lane else "",
    )


def known_table(known: Sequence[KnownOf], caption: Text = _SHARED) -> Table:
    """How often each key was seen, in how many inspections, with how many findings."""
    rows = [(_NAMES[one.entity], *map(figure, (*one.n, one.others, one.inspected, one.found))) for one in known]
    return Table(caption=caption, head=_HEAD, rows=rows, empty=text("Nothing of it makes a key."))


def cases_table(cases: Sequence[Case], n: int) -> Table:
    """Inspected parcels that share something, the newest first."""
    caption = counted("{n} inspected parcel that shares one of them", "{n} inspected parcels that share one of them", n)
    if n > MOST_CASES:
        caption = text("{caption}, the newest {most}", caption=caption, most=MOST_CASES)
    return Table(
        caption=caption, head=_CASES_HEAD, rows=list(map(_row, cases)), n_texts=4, empty=text("None was inspected.")
    )


def _row(one: Case) -> tuple[str, ...]:
    outcome = result_words(one.result)
    if one.finding_class:
        outcome = text(
            "{outcome}: {finding_class}",
            outcome=outcome,
            finding_class=CLASSES.get(one.finding_class, one.finding_class),
        )
    shares = joined(", ", (_NAMES[name] for name in one.shares))
    return moment(one.known_at), one.parcel_id or text("erased"), shares, outcome


def notes_about(known: Sequence[KnownOf]) -> list[str]:
    """What is to be known of the counts, in sentences."""
    hubs = [
        text("{party}: so many unlike parties share it that it is no person.", party=_NAMES[one.entity])
        for one in known
        if one.is_hub
    ]
    cut = [
        text("{party}: only its newest events were counted.", party=_NAMES[one.entity]) for one in known if one.is_cut
    ]
    return [*hubs, *cut]


def lane_words(lane: OnLane) -> Text:
    """How the scores did on a lane: findings expected, and findings."""
    return counted(
        "On this lane {n} scored parcel was inspected within 90 days: its score expected {expected:.1f} findings, and "
        "{found:,} held something.",
        "On this lane {n} scored parcels were inspected within 90 days: their scores expected {expected:.1f} findings, "
        "and {found:,} held something.",
        lane.n,
        expected=lane.expected,
        found=lane.found,
    )
