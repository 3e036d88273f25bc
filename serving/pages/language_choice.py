"""The choice of a language, which every page offers."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from features.text import text
from serving.pages.forms import Control, Filled, FormField, filled
from serving.pages.languages import COOKIE, languages_of
from serving.pages.session import is_secure, same_site

router = APIRouter(prefix="/station", include_in_schema=False)
_ONE_YEAR_S = 365 * 86_400
_FIELDS = (
    FormField(name="language", label=text("Language"), required=True, max_length=10),
    FormField(name="address", label=text("Page"), control=Control.HIDDEN, max_length=2_000),
)


@router.post("/language", dependencies=[Depends(same_site)])
def choose(request: Request, form: Annotated[Filled, Depends(filled(*_FIELDS))]) -> Response:
    """Keep the language in this browser, and return to the page; it belongs to the person, who may not be signed in."""
    address = form.typed["address"]
    response = RedirectResponse(address if address.startswith("/station") else "/station", status_code=303)
    code = form.typed["language"]
    if code in languages_of(request):
        secure = is_secure(request.app.state.settings)
        response.set_cookie(COOKIE, code, max_age=_ONE_YEAR_S, httponly=True, samesite="strict", secure=secure)
    return response
