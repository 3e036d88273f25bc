"""Messages of webhooks, checked by the very function that belongs to the one that signs them."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping

from pydantic import AwareDatetime, BaseModel, ConfigDict

from serving.office.webhooks.signing import WebhookError, check

__all__ = ["Event", "WebhookError", "verified"]


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")
    parcel_id: str | None = None
    version: int | None = None
    changed: str | None = None


class Event(BaseModel):
    """A message of the service: which parcel, and what changed. Ask for the answer by `Service.parcel`.

    Attributes
    ----------
    id:
        A message may come twice, and has the same id then.
    type:
        `parcel.answered`, or `webhook.test` for a test message, which names no parcel.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    id: str
    type: str
    timestamp: AwareDatetime
    data: _Data

    @property
    def parcel_id(self) -> str | None:
        """Number of the parcel."""
        return self.data.parcel_id


def verified(headers: Mapping[str, str], body: bytes, secret: str, *, now_s: float | None = None) -> Event:
    """Event of a message that was signed under `secret`.

    Parameters
    ----------
    headers, body:
        Of the request as it came; the body before anything parsed it.
    now_s:
        Seconds since 1970; the clock of this machine by default.

    Raises
    ------
    WebhookError
        When the signature is not right, the message is too old, or it cannot be read. Answer 400 and do nothing.
    """
    message_id = check(headers, body, secret, now_s=time.time() if now_s is None else now_s)
    try:
        return Event.model_validate({**json.loads(body), "id": message_id})
    except (ValueError, TypeError):
        raise WebhookError("the message is signed, and not one of this version. Refuse it, and update.") from None
