"""Rows of the log with odd values in every column, and what a history might have read for them."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from features.facts.codes import FLAGS
from features.history import ENTITIES, History, kernel
from features.log import LOG_SCHEMA
from features.parcel.fields import CATEGORIES, STREAMS

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_WORDS = [
    *("gift", "Gifts", "SAMPLE", "goods", "misc", "personal effects", "bath salts", "tea", "Geschenk", "für", "Stück"),
    *("vêtements", "algodón", "libro", "cotone", "boek", "książka", "ěřů", "the", "shirt", "SM-G991B", "A1", "12", "ẞ"),
    *("STRASSE", "ſample", "gıft", "GİFT", "茶", "チャイ", "차", "شاي", "चाय", "τσάι", "Чай", "½", "²", "Ⅷ", "Ⓐ", "_"),
    *("a\u0301", "e\u200dx", "\u203f", "𝒳", "ª", "\u00b5", "\u212a9", "١٢", "㊀", "\u00ad"),
]
_BREAKS = (" ", " ", " / ", ", ", "!", "-", "", "\n", "\u00a0", "\u3000", "\x1c")


def odd_rows(n: int, *, seed: int) -> list[dict[str, Any]]:
    """Make parcel events as plain rows; a quarter of their values is missing, and the first row has none at all."""
    makers = _makers(random.Random(seed))
    rng = random.Random(-seed)
    rows = []
    for seq in range(1, n + 1):
        row = {name: make() if seq > 1 and rng.random() < 0.75 else None for name, make in makers.items()}
        at = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(microseconds=rng.randrange(10**14))
        rows.append(dict.fromkeys(LOG_SCHEMA) | row | {"seq": seq, "kind": "parcel", "known_at": at})
    return rows


def as_log(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Put rows into a table of the log."""
    return pl.DataFrame(rows, schema=LOG_SCHEMA)


def odd_history(n: int, *, seed: int) -> History:
    """Make what an engine might have read for `n` parcels; some have no such entity."""
    rng = np.random.default_rng(seed)
    read = {}
    for entity in ENTITIES:
        words = rng.integers(0, 40, (n, kernel.N_READ)) * (rng.random((n, kernel.N_READ)) < 0.7)
        words[rng.random(words.shape) < 0.05] = 2**40 + 1
        seen_at = rng.integers(1_700_000_000, 1_790_000_000, (n, 2))
        words[:, kernel.READ.index("first_at") :][:, :2] = np.where(rng.random((n, 2)) < 0.2, -1, seen_at)
        words[:, 0] = rng.integers(kernel.PERSON, kernel.HUB + 1, n) if entity.parties else kernel.PERSON
        words[rng.random(n) < 0.2] = 0
        read[entity.name] = words.astype(np.int64)
    return read


def _makers(rng: random.Random) -> dict[str, Callable[[], Any]]:
    def number() -> int:
        steps = rng.choice([1, 5, 50, 500])
        return rng.choice([0, 1, -3, 2_000, 4_500, 13_500, 15_000, rng.randrange(40) * steps, rng.randrange(10**6)])

    def country() -> str:
        return rng.choice(["CN", "DE", "US", "NL", rng.choice(_LETTERS) + rng.choice(_LETTERS), "x", ""])

    def time() -> datetime:
        at = datetime(2026, 2, 1, tzinfo=UTC) + timedelta(microseconds=rng.randrange(10**13))
        return rng.choice([at, at.replace(hour=0, minute=0, second=0), datetime(1990, 1, 1, 5, tzinfo=UTC)])

    def item_number() -> str:
        number = f"{rng.choice('ECRVUHX')}X{rng.randrange(10**9):09d}{country()}"
        return rng.choice([number, number, number.lower(), f"{number}\n", "X-1", "é"])

    def text() -> str:
        words = [rng.choice(_WORDS) for _ in range(rng.randrange(7))]
        return "".join(rng.choice([word, word.upper(), word.lower()]) + rng.choice(_BREAKS) for word in words)

    kinds: dict[pl.DataType, Callable[[], Any]] = {
        pl.Int64(): number,
        pl.Boolean(): lambda: rng.random() < 0.5,
        pl.String(): lambda: rng.choice(["a", "B 1", "\u00a0", ""]),
        pl.Datetime("us", "UTC"): time,
    }
    special: dict[str, Callable[[], Any]] = {
        "parcel_id": item_number,
        "stream": lambda: rng.choice([*STREAMS, "other"]),
        "category": lambda: rng.choice([*CATEGORIES, "sale", "gift", "Sale"]),
        "packaging": lambda: rng.choice(["Box", "bag", "tube", "crate"]),
        "postage_paid_by": lambda: rng.choice(["Cash", "stamps", "card"]),
        "hs_code": lambda: rng.choice(["300490", "610999", f"{rng.randrange(10**8):08d}", "+1", "ab"]),
        "transit_offices": lambda: rng.choice([" NLAMSA  DELEJA ", "", "A\x1cB", "A\u3000B\tC"]),
        "description": text,
        "quality_flags": lambda: [flag for flag in (*FLAGS, "lodged_late") if rng.random() < 0.3],
        **dict.fromkeys(("dispatch_country", "sender_country", "recipient_country", "goods_origin_country"), country),
        **dict.fromkeys(("origin_office", "destination_office"), lambda: country() + rng.choice(["FRAA", ""])),
    }
    plain = {name: kinds[dtype] for name, dtype in LOG_SCHEMA.items() if dtype in kinds}
    return plain | special
