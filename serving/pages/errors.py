"""Errors at the station: a browser that asked for a page gets a page, whatever else asks gets the problem document."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from serving.pages.layout import page

_TITLES = {404: "There is no such page"}
_REMEDIES = {404: "Check the address, or return to the station."}


@dataclass(frozen=True, kw_only=True)
class ErrorPage:
    """Everything `error.html` shows; `details` are field, reason and remedy of each value at fault."""

    title: str
    text: str
    details: list[dict[str, Any]]


def page_of(request: Request, problem: JSONResponse) -> Response:
    """A problem document as a page, where a browser asked for one; a redirect stays what it is."""
    if problem.status_code < 400 or not _asks_page(request):
        return problem
    said = json.loads(bytes(problem.body))
    context = ErrorPage(
        title=_TITLES.get(problem.status_code, said["title"]),
        text=_REMEDIES.get(problem.status_code, said["detail"]),
        details=said.get("errors", []),
    )
    answer = page(request, "error.html", context, problem.status_code)
    answer.headers.update({name: value for name, value in problem.headers.items() if name == "retry-after"})
    return answer


def _asks_page(request: Request) -> bool:
    return not request.url.path.startswith("/v1/") and "text/html" in request.headers.get("accept", "")
