"""Pictures at the supervisor's desk, each with a table of the same figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from features.text import text
from serving.office import picturing
from serving.office.examined import examined
from serving.office.office import Office
from serving.office.quality import report
from serving.pages.desk import figures
from serving.pages.desk.access import PREFIX, Supervisor
from serving.pages.layout import page
from serving.pages.session import TheOffice
from serving.pages.svg import Picture
from serving.store import Connection

router = APIRouter(prefix=PREFIX, include_in_schema=False)
_WEEKS = 12
_PERIOD = timedelta(weeks=_WEEKS)
_RECENT = timedelta(weeks=4)


class Of(StrEnum):
    """What is shown."""

    SCORES = "scores"
    FINDINGS = "findings"
    CALIBRATION = "calibration"
    QUALITY = "quality"
    LANES = "lanes"
    DRIFT = "drift"


_WORDS = {
    Of.SCORES: text("Scores and cut"),
    Of.FINDINGS: text("Findings over time"),
    Of.CALIBRATION: text("Calibration"),
    Of.QUALITY: text("Data quality"),
    Of.LANES: text("Map of lanes"),
    Of.DRIFT: text("Drift"),
}


@dataclass(frozen=True, kw_only=True)
class PicturesPage:
    """Everything `pictures.html` shows; `choices` are values of the address and their words."""

    of: str
    choices: Mapping[str, str]
    picture: Picture


@router.get("/pictures")
def pictures_page(request: Request, office: TheOffice, officer: Supervisor, of: str = Of.SCORES.value) -> HTMLResponse:
    """One picture; which one is in the address."""
    chosen = Of(of) if of in tuple(Of) else Of.SCORES
    with office.store.begin_read() as connection:
        picture = _picture(connection, office, chosen)
    choices = {one.value: words for one, words in _WORDS.items()}
    return page(request, "pictures.html", PicturesPage(of=chosen.value, choices=choices, picture=picture))


def _picture(connection: Connection, office: Office, of: Of) -> Picture:
    now, model = office.clock() + timedelta(microseconds=1), office.champion.bundle
    since, recent = now - _PERIOD, now - _RECENT
    match of:
        case Of.SCORES:
            share = office.policy.score_budget
            return figures.scores_picture(picturing.score_counts(connection, model, share, recent, now))
        case Of.FINDINGS:
            volumes = picturing.volumes_by_week(connection, since, _WEEKS)
            return figures.weeks_picture(picturing.by_week(examined(connection, since, now), since, now, volumes))
        case Of.CALIBRATION:
            return figures.calibration_picture(picturing.calibration(examined(connection, since, now)))
        case Of.QUALITY:
            days = {"first": recent.date(), "last": now.date()}
            return figures.quality_picture(report(connection, operator=None, reference=office.reference, **days))
        case Of.LANES:
            parcels = examined(connection, since, now)
            return figures.lanes_picture(picturing.lanes(connection, parcels, since.date(), now.date()))
        case Of.DRIFT:
            return figures.drift_picture(picturing.drift(connection, model, since, now))
