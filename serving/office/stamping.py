"""Time stamps of RFC 3161 over bags of evidence: asked of the authority that the operator of this program configured.

What is stamped is ``bag-signature.txt``, under which everything in a bag is. A stamp is a file next to the bag, so that
the bag stays as it was made; `openssl ts` makes and checks the same. Only a digest of the file leaves.
"""

from __future__ import annotations

import urllib.request
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.error import URLError

from cryptography.x509 import load_pem_x509_certificates

from features.parcel.problems import StoreError

STAMPED = "bag-signature.txt"
"""File of a bag that is stamped."""
_TIMEOUT_S = 20.0
_MOST_BYTES = 100_000
_TYPES = ("application/timestamp-query", "application/timestamp-reply")


def asked_stamp(data: bytes, url: str) -> bytes:
    """Stamp that an authority gives over some data, as it answers.

    Raises
    ------
    StoreError
        When it cannot be reached, or gives none.
    """
    client = _client()
    query = client.TimestampRequestBuilder(data=data, hash_algorithm=client.HashAlgorithm.SHA256).build()
    headers = {"Content-Type": _TYPES[0], "Accept": _TYPES[1]}
    try:
        request = urllib.request.Request(url, data=query.as_bytes(), headers=headers)
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response:
            answer = bytes(response.read(_MOST_BYTES))
        given = client.decode_timestamp_response(answer)
    except (URLError, OSError, ValueError) as error:
        raise StoreError(
            f"the time-stamping authority gave no stamp ({type(error).__name__}). The bag was made without one; stamp "
            f"its {STAMPED} later, or look at PARCEL_RISK_STAMP_URL."
        ) from error
    if given.status != 0 or given.tst_info.nonce != query.nonce:
        raise StoreError("the time-stamping authority refused. The bag was made without a stamp; ask what it accepts.")
    return answer


def stamped_at(stamp: bytes, data: bytes, roots: Path) -> datetime:
    """When an authority stamped some data, by a chain up to one of the root certificates in a PEM file.

    Raises
    ------
    StoreError
        When it is no stamp, one of other data, or not of that authority.
    """
    client = _client()
    try:
        certificates = load_pem_x509_certificates(roots.read_bytes())
    except (OSError, ValueError) as error:
        raise StoreError(f"{roots.name} holds no certificate. Give the authority's root in PEM.") from error
    try:
        given = client.decode_timestamp_response(stamp)
        client.VerifierBuilder(roots=certificates).build().verify_message(given, data)
    except (client.VerificationError, ValueError) as error:
        raise StoreError(
            "the stamp is refused: it is none, was changed, is of another bag, or of another authority than that of "
            "the certificates. Give the stamp that belongs to this bag, and the right root."
        ) from error
    at: datetime = given.tst_info.gen_time
    return at


def _client() -> Any:
    try:
        import rfc3161_client
    except ImportError as error:
        raise StoreError("the package rfc3161-client is not installed. Install parcel-risk[stamps].") from error
    return rfc3161_client
