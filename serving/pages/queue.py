"""The queue at the station: which parcels to fetch, by urgency, with a list to print; filters are in the address."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from features.messages.places import country_text, office_text
from features.text import moment, text
from serving.office.queue import Waiting, claim, queue
from serving.pages.forms import Control, Filled, FormField, filled
from serving.pages.layout import page, redirect
from serving.pages.second_officer import handed_words
from serving.pages.session import Officer, TheOffice, same_site
from serving.pages.stance import headline
from serving.store import Client

router = APIRouter(prefix="/station", include_in_schema=False)
MOST_SHOWN = 200
_CLAIM = (
    FormField(
        name="seq",
        label=text("Number of the event"),
        control=Control.NUMBER,
        required=True,
        maximum=2**53,
        max_length=16,
    ),
    FormField(name="receptacle", label=text("Receptacle"), control=Control.HIDDEN),
)


@dataclass(frozen=True, kw_only=True)
class QueueRow:
    """One parcel to fetch, ready to be shown."""

    parcel_id: str
    seq: int
    tone: str
    mark: str
    headline: str
    receptacle: str
    came_from: str
    contents: str
    weight: str
    asked_at: str
    claimed_by: str
    handed: str


@dataclass(frozen=True, kw_only=True)
class QueuePage:
    """Everything `queue.html` shows.

    Attributes
    ----------
    n:
        Parcels that the filter leaves; of more than ``MOST_SHOWN`` only so many are shown.
    receptacles:
        Receptacles with the number of parcels that are to be fetched from each, the fullest first.
    """

    rows: list[QueueRow]
    n: int
    receptacle: str
    receptacles: list[tuple[str, int]]
    message: str


@router.get("/queue")
def queue_page(
    request: Request, office: TheOffice, officer: Officer, receptacle: str = "", message: str = ""
) -> HTMLResponse:
    """Parcels to fetch, of one receptacle where the address names it."""
    waiting = queue(office, officer)
    counted = Counter(str(one.event["receptacle_id"]) for one in waiting if one.event["receptacle_id"])
    chosen = [one for one in waiting if receptacle in ("", one.event["receptacle_id"])]
    context = QueuePage(
        rows=[_row(one, officer) for one in chosen[:MOST_SHOWN]],
        n=len(chosen),
        receptacle=receptacle,
        receptacles=counted.most_common(),
        message=text("Another officer fetches this parcel.") if message == "claimed" else "",
    )
    return page(request, "queue.html", context)


def _row(one: Waiting, officer: Client) -> QueueRow:
    event = one.event
    tone, mark, title = headline(one.referral)
    weight = event["gross_weight_g"]
    sent_from, country = event["origin_office"], event["sender_country"]
    return QueueRow(
        parcel_id=one.key[1],
        seq=event["seq"],
        tone=tone,
        mark=mark,
        headline=title,
        receptacle=event["receptacle_id"] or "",
        came_from=office_text(sent_from) if sent_from else country_text(country) if country else "",
        contents=event["description"] or "",
        weight="" if weight is None else text("{weight:,} g", weight=weight),
        asked_at=moment(one.asked_at),
        claimed_by=one.claimed_by or "",
        handed=handed_words(one.handed, officer) if one.handed else "",
    )


@router.post("/claim", dependencies=[Depends(same_site)])
def claim_parcel(office: TheOffice, officer: Officer, form: Annotated[Filled, Depends(filled(*_CLAIM))]) -> Response:
    """Claim a parcel: the others see who fetches it."""
    seq = None if form.refusals else form.number("seq")
    is_claimed = seq is not None and claim(office, seq, officer)
    return redirect("/station/queue", receptacle=form.typed["receptacle"], message="" if is_claimed else "claimed")
