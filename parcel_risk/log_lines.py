"""What a line of the log may hold: an allow-list of keys, so that nothing personal is written by accident."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

ALLOWED = frozenset(
    {
        *("event", "level", "timestamp"),
        *("method", "route", "status", "ms", "request_id"),
        *("kind", "location", "job", "retry_s", "n", "most", "seconds", "events", "degraded", "bundle"),
        *("reason", "name", "rule", "lost"),
    }
)
"""Codes, counts, times, names of lists, rules and bundles, and sentences of ours that repeat no input."""
LONGEST = 300
"""Characters of a value; what is longer is no sentence of ours."""


def allowed_only(_logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Leave out of a line what is not in the list, and say that something was left out."""
    kept = {
        name: value[:LONGEST] if type(value) is str else _plain(value)
        for name, value in line.items()
        if name in ALLOWED
    }
    return kept if len(kept) == len(line) else {**kept, "left_out": len(line) - len(kept)}


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return str(value)[:LONGEST]
