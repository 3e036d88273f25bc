"""Partner authorities: a file of the office says who they are, and by which key their packages are recognised."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policy.exchange.problems import ExchangeError

NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")
_MOST_WORDS = 1_000
_MOST_POINTS = 10_000
_QUOTAS = ("words_per_case", "words_per_day", "counts_per_day", "points_per_day")
_KEY = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class Partner:
    """An authority with which packages are exchanged; `key` is its public ed25519 key in hex.

    `words_per_case` and `words_per_day` are the quotas of its questions without names, `counts_per_day` that of counts
    and `points_per_day` that of the points in them: a peer that departs from the protocol learns of each point whether
    it is listed here, see `policy.exchange.overlap`.
    """

    name: str
    title: str
    key: str
    legal_basis: str
    words_per_case: int = 20
    words_per_day: int = 50
    counts_per_day: int = 1
    points_per_day: int = 200


def load_partners(file: Path) -> dict[str, Partner]:
    """Partners by name; none when there is no file.

    Raises
    ------
    ExchangeError
        When the file cannot be read.
    """
    if not file.exists():
        return {}
    try:
        given = tomllib.loads(file.read_text("utf-8"))
    except ValueError as error:
        raise ExchangeError(file.name, "it is no TOML.", "See docs/exchange.md for an example.") from error
    partners = {name: _partner(name, one) for name, one in given.items()}
    named: dict[str, str] = {}
    for name, one in partners.items():
        if named.setdefault(one.key, name) != name:
            reason = f"its key is that of {named[one.key]}, whose quotas it would double."
            raise ExchangeError(f"{name}.key", reason, "Give each authority one entry.")
    return partners


def _partner(name: str, given: Mapping[str, Any]) -> Partner:
    if not NAME.fullmatch(name):
        raise ExchangeError("partner", "its name has other characters.", "Give 2 to 40 of a-z, 0-9 and -.")
    for field in ("title", "key", "legal_basis"):
        if not isinstance(given, Mapping) or not isinstance(given.get(field), str) or not given[field].strip():
            raise ExchangeError(f"{name}.{field}", "it is not given.", "See docs/exchange.md for an example.")
    if not _KEY.fullmatch(given["key"]):
        raise ExchangeError(f"{name}.key", "it is no ed25519 key.", "Give the 64 hexadecimal digits of the partner.")
    quotas = {field: given[field] for field in _QUOTAS if field in given}
    for field, value in quotas.items():
        most = _MOST_POINTS if field == "points_per_day" else _MOST_WORDS
        if type(value) is not int or not 0 <= value <= most:
            raise ExchangeError(f"{name}.{field}", "it is no quota.", f"Give a number from 0 to {most}.")
    return Partner(name=name, title=given["title"], key=given["key"], legal_basis=given["legal_basis"], **quotas)
