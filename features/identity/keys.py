"""Entity keys: a keyed HMAC-SHA-256 of a normalised text, cut to 64 bits; the secret lives outside the database."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

import numpy as np
import polars as pl

KEYS = (
    "sender_key",
    "contact_key",
    "recipient_key",
    "address_key",
    "lane_key",
    "office_key",
    "country_key",
    "commodity_key",
    "chapter_key",
    "look_alike_key",
    "wording_key",
    "number_block_key",
    "operator_key",
)
"""Columns of the log that hold entity keys."""


@dataclass(frozen=True)
class IdentityKey:
    """Secret under which entity keys are computed. Another secret gives another, unrelated set of keys."""

    secret: bytes

    def __post_init__(self) -> None:
        """Refuse a secret that is too short to protect names against guessing."""
        if len(self.secret) < 32:
            raise ValueError("an identity key needs at least 32 bytes; make one with `parcel-risk init`")

    @property
    def key_id(self) -> str:
        """Short name of the secret that says nothing about it: keys made under two secrets must never be mixed."""
        return hmac.digest(self.secret, b"key id", "sha256").hex()[:8]

    def of(self, kind: str, text: str) -> int:
        """Entity key of `text` among entities of `kind`: the same in every batch, file and year."""
        digest = hmac.digest(self.secret, f"{kind}\x1f{text}".encode(), "sha256")
        return int.from_bytes(digest[:8], "big", signed=True)

    def column(self, kind: str, texts: pl.Series) -> pl.Series:
        """Entity keys of a column of texts, named ``<kind>_key``; null stays null, no text is hashed twice."""
        secret, prefix, digest = self.secret, f"{kind}\x1f".encode(), hmac.digest
        distinct = texts.drop_nulls().unique()
        whole = b"".join(digest(secret, prefix + text.encode(), "sha256")[:8] for text in distinct.to_list())
        keys = pl.Series(np.frombuffer(whole, dtype=">i8").astype(np.int64))
        return texts.replace_strict(distinct, keys, default=None, return_dtype=pl.Int64).alias(f"{kind}_key")
