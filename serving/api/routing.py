"""What every resource of the API shares: its router, paging, the merging of answers with rejections."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from features.parcel.problems import Rejection
from serving.api.problems import PROBLEM_SCHEMA, Problem, StrictRoute
from serving.office.answers import RejectionModel

_CODES = (400, 401, 403, 404, 408, 409, 413, 422, 429, 503, 507)
_PROBLEMS: dict[int | str, dict[str, Any]] = {code: PROBLEM_SCHEMA for code in _CODES}
After = Annotated[int, Query(ge=0, le=2**53, description="Sequence number behind which to continue.")]
Limit = Annotated[int, Query(ge=1, le=1000, description="Most entries of one page.")]


def resource() -> APIRouter:
    """Router of one resource."""
    return APIRouter(prefix="/v1", route_class=StrictRoute, responses=_PROBLEMS)


def merged(answers: dict[int, Any], rejections: tuple[Rejection, ...]) -> list[Any]:
    """Results in the order of the request; an item with several faults is answered with each of them."""
    found = [(line, RejectionModel.of(item) if isinstance(item, Rejection) else item) for line, item in answers.items()]
    found += [(rejection.line, RejectionModel.of(rejection)) for rejection in rejections]
    return [item for _, item in sorted(found, key=lambda pair: pair[0])]


def check_size(request: Request, n: int) -> None:
    """Refuse requests with more items than the settings allow."""
    limit: int = request.app.state.settings.max_items
    if n > limit:
        raise Problem(413, "Too many items", f"The request holds {n:,} items; send at most {limit:,} at a time.")
