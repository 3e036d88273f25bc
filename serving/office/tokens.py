"""Access tokens: short, signed statements of which client showed which key, so that keys travel seldom.

A token says who; what a client may do is read from its record each time, so that a revoked key or another role counts
at once. Nothing in a token chooses how it is checked: algorithm and key are those of this installation alone.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode
from binascii import Error as NotBase64
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

ISSUER, AUDIENCE = "parcel-risk", "parcel-risk-api"
LIFE = timedelta(minutes=15)
LEEWAY = timedelta(seconds=30)
"""Clocks of two machines of one installation may differ by so much."""
_ALGORITHM, _TYPE = "HS256", "at+jwt"
_MOST = 2_048
"""Characters of a token; ours have some 400."""
_CLAIMS = {"iss", "aud", "sub", "key", "iat", "exp", "jti"}


@dataclass(frozen=True, kw_only=True)
class Bearer:
    """Whose token it is, and by which of its keys it was given."""

    client_id: str
    key_id: str


class Tokens:
    """Gives and checks tokens under one secret of the installation."""

    def __init__(self, secret: bytes) -> None:
        """The name of the key in tokens is a digest of it."""
        self._key = OctKey.import_key(secret)
        self._kid = hashlib.sha256(b"parcel-risk token key" + secret).hexdigest()[:16]

    def give(self, bearer: Bearer, at: datetime) -> str:
        """Token of a client, valid from `at` for `LIFE`."""
        issued = int(at.timestamp())
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": bearer.client_id, "key": bearer.key_id, "iat": issued}
        claims |= {"exp": issued + int(LIFE.total_seconds()), "jti": secrets.token_urlsafe(12)}
        return jwt.encode(self._header, claims, self._key, algorithms=[_ALGORITHM])

    @property
    def _header(self) -> dict[str, Any]:
        return {"alg": _ALGORITHM, "typ": _TYPE, "kid": self._kid}

    def holder(self, token: str, at: datetime) -> Bearer | None:
        """Who holds a token; None for one that is not ours, not for this API, or over."""
        if len(token) > _MOST or not token.isascii() or _header_of(token) != self._header:
            return None
        try:
            claims = jwt.decode(token, self._key, algorithms=[_ALGORITHM]).claims
        except (JoseError, ValueError):
            return None
        return _bearer(claims, at.timestamp())


def looks_like_one(text: str) -> bool:
    """Whether a text has the form of a token and not that of a key."""
    return text.count(".") == 2


def _header_of(token: str) -> Any:
    """Header as it was sent; it is compared as a whole, so that nothing in it can ask for anything."""
    first = token.split(".", 1)[0]
    try:
        return json.loads(urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    except (NotBase64, ValueError, RecursionError):
        return None


def _bearer(claims: dict[str, Any], now: float) -> Bearer | None:
    if claims.keys() != _CLAIMS or (claims["iss"], claims["aud"]) != (ISSUER, AUDIENCE):
        return None
    issued, ends = claims["iat"], claims["exp"]
    if type(issued) is not int or type(ends) is not int or ends - issued > LIFE.total_seconds():
        return None
    leeway = LEEWAY.total_seconds()
    if now < issued - leeway or now >= ends + leeway:
        return None
    return Bearer(client_id=str(claims["sub"]), key_id=str(claims["key"]))
