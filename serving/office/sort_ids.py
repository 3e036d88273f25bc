"""The id of a sorting: what was answered, sealed, so that the answer needs no write and its confirmation no look-up."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import os
from dataclasses import asdict, dataclass
from datetime import timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from serving.office.office import Office
from serving.store.times import time_of

VALID = timedelta(hours=24)
"""An item that reaches no chute within a day is sorted anew."""
_NONCE = 12


@dataclass(frozen=True, kw_only=True)
class Sorting:
    """What was answered about an item.

    Attributes
    ----------
    seq:
        Version of the parcel that it is; None where the readings stand for no single one.
    code:
        The sort code.
    answered_at:
        When, in microseconds since 1970.
    weight_g, length_mm, width_mm, height_mm:
        As the machine measured; None where it did not.
    """

    seq: int | None
    code: str
    answered_at: int
    weight_g: int | None = None
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None


def sealed(office: Office, client_id: str, sorting: Sorting) -> str:
    """The id, which only the same client can use."""
    nonce = os.urandom(_NONCE)
    said = json.dumps(asdict(sorting), separators=(",", ":")).encode().ljust(192)  # its length says nothing
    return base64.urlsafe_b64encode(nonce + _cipher(office).encrypt(nonce, said, client_id.encode())).decode()


def opened(office: Office, client_id: str, sort_id: str) -> Sorting | None:
    """What was answered under an id; None for one that this client never got, or that is too old."""
    try:
        raw = base64.b64decode(sort_id, altchars=b"-_", validate=True)
        said = _cipher(office).decrypt(raw[:_NONCE], raw[_NONCE:], client_id.encode())
    except (binascii.Error, InvalidTag, ValueError):
        return None
    sorting = Sorting(**json.loads(said))
    return sorting if office.clock() - VALID <= time_of(sorting.answered_at) else None


def _cipher(office: Office) -> AESGCM:
    return AESGCM(hmac.digest(office.secrets.digest, b"sort ids", "sha256"))
