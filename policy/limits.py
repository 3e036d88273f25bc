"""How many requests one client may send: a dated table (``limits.toml``) by client or role."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from features.parcel.problems import ParcelRiskError

FILE = "limits.toml"
_KEYS = {"from", "source", "role", "client", "per_minute"}
UNLIMITED = frozenset({"officer", "supervisor"})
"""Roles of the screening line, which waits for nobody's limit: the table may not name them."""


class LimitError(ParcelRiskError):
    """The table of limits cannot be used."""


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A row; ``limits.toml`` says what each value means. Either `role` or `client` is empty."""

    first_on: date
    source: str
    role: str
    client: str
    per_minute: int


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The table, newest rows first, those of single clients before those of roles."""

    rows: tuple[Limit, ...]

    def per_minute(self, client: str, role: str, day: date) -> int:
        """Requests that a client of a role may send within a minute on a day; 0: any number."""
        if role in UNLIMITED:
            return 0
        for one in self.rows:
            if one.first_on <= day and (one.client == client or one.role == role):
                return one.per_minute
        return 0


def load_limits(folder: Path | None) -> Limits:
    """Read the table from `folder`; the shipped one without a folder, or where it holds none.

    Raises
    ------
    LimitError
        When it cannot be used.
    """
    path = folder / FILE if folder is not None else None
    if path is None or not path.is_file():
        return shipped_limits()
    try:
        return limits_of(path.read_text("utf-8"))
    except (KeyError, TypeError, ValueError) as error:
        raise LimitError(f"{path} cannot be used: {error}. Compare with policy/{FILE} that is shipped.") from error


@cache
def shipped_limits() -> Limits:
    """The table that this package ships."""
    return limits_of(files("policy").joinpath(FILE).read_text("utf-8"))


def limits_of(text: str) -> Limits:
    """Table of the text of a file.

    Raises
    ------
    KeyError, TypeError, ValueError
        When it cannot be used.
    """
    rows = sorted((_row(entry) for entry in tomllib.loads(text)["limit"]), key=lambda one: one.first_on, reverse=True)
    return Limits(rows=tuple(sorted(rows, key=lambda one: not one.client)))


def _row(entry: Mapping[str, Any]) -> Limit:
    unknown = entry.keys() - _KEYS
    if unknown:
        raise ValueError(f"{min(unknown)} is no key of a limit")
    role, client, per_minute = entry.get("role", ""), entry.get("client", ""), entry["per_minute"]
    if bool(role) == bool(client):
        raise ValueError("a limit is to name either a role or a client")
    if role in UNLIMITED:
        raise ValueError(f"the role {role} is never limited")
    if type(per_minute) is not int or per_minute < 0:
        raise ValueError("per_minute is to be a whole number, and not negative")
    if type(entry["from"]) is not date:
        raise ValueError("from is to be a date, as in 2026-01-01")
    first_on, source = entry["from"], str(entry["source"])
    return Limit(first_on=first_on, source=source, role=role, client=client, per_minute=per_minute)
