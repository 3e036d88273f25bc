"""Current decisions in the operator's own message format."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Query
from fastapi.responses import Response

from serving.api.access import OperatorCaller, TheOffice
from serving.api.routing import After, resource
from serving.messages.cusrsp import cusrsp
from serving.messages.ics2 import ics2_referrals
from serving.office.publisher import answers_after

router = resource()


_TEXT = {"schema": {"type": "string"}}
_NUMBER = {"description": "Give it as `after` to continue.", "schema": {"type": "integer"}}
_IS_END = {
    "description": "Whether there is nothing more for now.",
    "schema": {"type": "string", "enum": ["true", "false"]},
}
_ANSWER: dict[str, Any] = {
    "content": {"application/edifact": _TEXT, "application/xml": _TEXT},
    "headers": {"Next-After": _NUMBER, "At-End": _IS_END},
}


@router.get(
    "/replies",
    summary="Answers in your own format",
    tags=["operators"],
    response_class=Response,
    responses={200: _ANSWER},
)
def read_replies(
    office: TheOffice,
    client: OperatorCaller,
    form: Annotated[Literal["cusrsp", "ics2"], Query(alias="format", description="cusrsp or ics2")] = "cusrsp",
    after: After = 0,
) -> Response:
    """Current decisions as a CUSRSP-like or ICS2-like message; docs/formats.md says how referrals are mapped.

    Continue with `after` set to the `Next-After` header, until `At-End` is true; later ask again from there.
    """
    feed = answers_after(office, client, after=after)
    headers = {"Next-After": str(feed.next_after), "At-End": str(feed.is_end).lower()}
    if form == "cusrsp":
        return Response(cusrsp(feed.answers, office.clock()), media_type="application/edifact", headers=headers)
    return Response(ics2_referrals(feed.answers, office.clock()), media_type="application/xml", headers=headers)
