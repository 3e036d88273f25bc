"""Encrypt what may hold personal data; the place where it belongs is authenticated with it."""

from __future__ import annotations

import json
import os
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def seal(key: bytes, content: Any, place: str) -> dict[str, bytes]:
    """Columns ``nonce`` and ``sealed`` of `content`, which can be written as JSON."""
    nonce = os.urandom(12)
    text = json.dumps(content, ensure_ascii=False, default=str).encode("utf-8", "replace")
    return {"nonce": nonce, "sealed": AESGCM(key).encrypt(nonce, text, place.encode())}


def unseal(key: bytes, nonce: bytes, sealed: bytes, place: str) -> Any:
    """Content that `seal` encrypted for the same place."""
    return json.loads(AESGCM(key).decrypt(nonce, sealed, place.encode()))
