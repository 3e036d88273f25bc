"""What is usual at this station: the method of its line, preset with every outcome, and stops of the score."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from features.text import text
from serving.pages.card import METHOD_WORDS
from serving.pages.forms import Filled, FormField, blank, filled
from serving.pages.layout import page, redirect
from serving.pages.outcome_form import METHOD_COOKIE, method_of_line
from serving.pages.session import Officer, TheOffice, is_secure, same_site
from serving.pages.stopped import stops_now

router = APIRouter(prefix="/station", include_in_schema=False)
_FIELDS = (FormField(name="method", label=text("How this line inspects"), choices=METHOD_WORDS, required=True),)
_ONE_YEAR_S = 365 * 86_400


@dataclass(frozen=True, kw_only=True)
class LinePage:
    """Everything `line.html` shows."""

    form: Filled
    message: str = ""
    stopped: list[str] = field(default_factory=list)


@router.get("/line")
def line(request: Request, office: TheOffice, officer: Officer, message: str = "") -> HTMLResponse:
    """Form for the method that is preset at this station, and for which lines the score is stopped."""
    form = blank(_FIELDS, method=method_of_line(request))
    with office.store.begin_read() as connection:
        stopped = stops_now(connection)
    said = text("The method is preset with every outcome at this station.") if message == "kept" else ""
    return page(request, "line.html", LinePage(form=form, message=said, stopped=stopped))


@router.post("/line", dependencies=[Depends(same_site)])
def keep_line(request: Request, officer: Officer, form: Annotated[Filled, Depends(filled(*_FIELDS))]) -> Response:
    """Keep the method in this browser: it belongs to the station, not to the officer."""
    if form.refusals:
        return page(request, "line.html", LinePage(form=form), 422)
    response = redirect("/station/line", message="kept")
    secure = is_secure(request.app.state.settings)
    response.set_cookie(
        METHOD_COOKIE, form.typed["method"], max_age=_ONE_YEAR_S, httponly=True, samesite="strict", secure=secure
    )
    return response
