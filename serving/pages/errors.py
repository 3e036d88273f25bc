"""Errors at the station: a browser that asked for a page gets a page, whatever else asks gets the problem document."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from features.text import Text, text
from serving.pages.layout import page

_TITLES = {404: text("There is no such page")}
_REMEDIES = {404: text("Check the address, or return to the station.")}
_TITLES_ABROAD = {
    400: text("The request cannot be understood"),
    401: text("Sign in first"),
    403: text("This is not allowed"),
    413: text("This is too large"),
    422: text("This cannot be used as it is"),
    429: text("Too many requests"),
    503: text("The service is busy"),
}
"""Titles in languages other than that of the problem documents."""
_REFUSED = text("This did not work")
_RETURN = text("Return to the station, and try again.")
_UNUSABLE = text("the value cannot be used.")


@dataclass(frozen=True, kw_only=True)
class ErrorPage:
    """Everything `error.html` shows; `details` are field, reason and remedy of each value at fault."""

    title: str
    text: str
    details: list[tuple[str, Text]]


def page_of(request: Request, problem: JSONResponse) -> Response:
    """A problem document as a page, where a browser asked for one; a redirect stays what it is."""
    if problem.status_code < 400 or not _asks_page(request):
        return problem
    said, status = json.loads(bytes(problem.body)), problem.status_code
    abroad = _TITLES_ABROAD.get(status, _REFUSED)
    context = ErrorPage(
        title=_TITLES.get(status) or Text.of(said["title"], abroad.message, {}),
        text=_REMEDIES.get(status) or Text.of(said["detail"], _RETURN.message, {}),
        details=[_detail(one) for one in said.get("errors", [])],
    )
    answer = page(request, "error.html", context, problem.status_code)
    answer.headers.update({name: value for name, value in problem.headers.items() if name == "retry-after"})
    return answer


def _detail(one: dict[str, Any]) -> tuple[str, Text]:
    """Field and reason of a value at fault; what the API says of it is English."""
    return str(one["field"]), Text.of(f"{one['reason']} {one['remedy']}", _UNUSABLE.message, {})


def _asks_page(request: Request) -> bool:
    return not request.url.path.startswith("/v1/") and "text/html" in request.headers.get("accept", "")
