"""What can go wrong between a program and the service::

RemoteError             nothing else is raised by a call
  ServiceProblem        the service refused the request: status, title, fields with reason and remedy
  Unreachable           no answer came; for a request without a key that writes, what it did is not known
  UnexpectedAnswer      something answered that is not the service, or another version of it
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx2
from pydantic import BaseModel, ConfigDict, ValidationError

from features.parcel.problems import ParcelRiskError
from parcel_risk.remote.answers import FieldProblem

MEDIA_TYPE = "application/problem+json"


class RemoteError(ParcelRiskError):
    """A call that did not give what it was made for."""


class Unreachable(RemoteError):
    """No answer came."""


class UnexpectedAnswer(RemoteError):
    """What answered is not the service, or another version of it."""


class ServiceProblem(RemoteError):
    """The service refused the request, and says why.

    Attributes
    ----------
    status, type, title, detail:
        As in the problem document (RFC 9457); `type` never changes.
    errors:
        Each field with its reason and remedy.
    request_id:
        Name it when you ask about this answer.
    retry_after_s:
        Seconds after which the service wants to be asked again; None where it does not say.
    """

    def __init__(self, document: _Document, retry_after_s: float | None) -> None:
        """Make it of a document that was read."""
        super().__init__(" ".join((f"{document.title}: {document.detail}", *map(str, document.errors))))
        self.status, self.type = document.status, document.type
        self.title, self.detail = document.title, document.detail
        self.errors: tuple[FieldProblem, ...] = document.errors
        self.request_id = document.request_id
        self.retry_after_s = retry_after_s


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")
    type: str
    title: str
    status: int
    detail: str
    request_id: str | None = None
    errors: tuple[FieldProblem, ...] = ()


def problem_of(response: httpx2.Response) -> RemoteError:
    """Error for an answer that is no success."""
    media_type = response.headers.get("content-type", "").partition(";")[0]
    if media_type == MEDIA_TYPE:
        try:
            return ServiceProblem(_Document.model_validate_json(response.content), retry_after_s(response))
        except ValidationError:
            pass
    return UnexpectedAnswer(
        f"{where(response)} answered {response.status_code}, which is no answer of the service. Check the address, and "
        "what is between."
    )


def where(response: httpx2.Response) -> str:
    """Server that answered, without what was asked."""
    url = response.request.url
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


def retry_after_s(response: httpx2.Response, now: datetime | None = None) -> float | None:
    """Seconds that the header ``Retry-After`` asks to wait, written as seconds or as a date."""
    given = response.headers.get("retry-after", "").strip()
    if given.isascii() and given.isdigit():
        return float(given[:9])
    try:
        at = parsedate_to_datetime(given)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, math.ceil((at - (now or datetime.now(UTC))).total_seconds()))
