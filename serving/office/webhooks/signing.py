"""Signatures of messages as *Standard Webhooks* (version 1) specifies: HMAC-SHA-256 over id, time and body."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence

from features.parcel.problems import ParcelRiskError

PREFIX = "whsec_"
ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
TOLERANCE_S = 300
"""A message that is older, or from so far in the future, is refused: somebody may be repeating it."""
_VERSION = "v1"


class WebhookError(ParcelRiskError):
    """A message that is not what it claims to be."""


def secret_text(key: bytes) -> str:
    """A secret as it is shown to its owner, once."""
    return PREFIX + base64.b64encode(key).decode("ascii")


def headers_of(message_id: str, at_s: int, body: bytes, secrets: Sequence[str]) -> dict[str, str]:
    """Headers of a message, with a signature under each of the secrets."""
    signatures = " ".join(f"{_VERSION},{_signature(secret, message_id, at_s, body)}" for secret in secrets)
    return {ID: message_id, TIMESTAMP: str(at_s), SIGNATURE: signatures}


def check(headers: Mapping[str, str], body: bytes, secret: str, *, now_s: float) -> str:
    """Id of a message that was signed under `secret`; whoever receives it twice keeps the first.

    Raises
    ------
    WebhookError
        When a header is missing, the time is too far away, or no signature is right.
    """
    given = {name.lower(): value for name, value in headers.items()}
    try:
        message_id, at, signatures = (given[name] for name in (ID, TIMESTAMP, SIGNATURE))
        at_s = int(at)
    except (KeyError, ValueError) as error:
        raise WebhookError(f"the headers {ID}, {TIMESTAMP} and {SIGNATURE} are not all there. Refuse it.") from error
    if abs(now_s - at_s) > TOLERANCE_S:
        raise WebhookError(f"the message is more than {TOLERANCE_S} s away from now. Refuse it, or set the clock.")
    right = f"{_VERSION},{_signature(secret, message_id, at_s, body)}".encode()
    if not any([hmac.compare_digest(right, one.encode()) for one in signatures.split(" ")]):
        raise WebhookError("no signature of the message is right. Refuse it.")
    return message_id


def _signature(secret: str, message_id: str, at_s: int, body: bytes) -> str:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise WebhookError(f"the secret is not {PREFIX} and base64. Use it as it was shown.") from error
    signed = f"{message_id}.{at_s}.".encode() + body
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode("ascii")
