"""Messages of webhooks are believed only when they were signed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from parcel_risk.remote import WebhookError, verified
from serving.office.webhooks.news import ANSWERED, message
from serving.office.webhooks.signing import headers_of, secret_text

SECRET, OTHER = secret_text(b"s" * 24), secret_text(b"o" * 24)
AT = datetime(2026, 11, 2, 8, 15, tzinfo=UTC)
BODY = message(ANSWERED, AT, {"parcel_id": "RB473124829US", "version": 1, "changed": "lodged"})
NOW_S = AT.timestamp()


def test_a_message_as_the_service_signs_it_is_read() -> None:
    event = verified(headers_of("msg_1", int(NOW_S), BODY, [OTHER, SECRET]), BODY, SECRET, now_s=NOW_S + 1)
    assert (event.id, event.type, event.parcel_id, event.data.changed) == ("msg_1", ANSWERED, "RB473124829US", "lodged")


@pytest.mark.parametrize(
    ("body", "secret", "late_s"),
    [(BODY.replace(b"lodged", b"answer"), SECRET, 0), (BODY, OTHER, 0), (BODY, SECRET, 301)],
)
def test_a_message_that_was_changed_forged_or_is_old_is_refused(body: bytes, secret: str, late_s: float) -> None:
    with pytest.raises(WebhookError):
        verified(headers_of("msg_1", int(NOW_S), BODY, [SECRET]), body, secret, now_s=NOW_S + late_s)


def test_a_signed_message_that_is_none_is_refused() -> None:
    with pytest.raises(WebhookError, match="not one of this version"):
        verified(headers_of("msg_1", int(NOW_S), b"[]", [SECRET]), b"[]", SECRET, now_s=NOW_S)
