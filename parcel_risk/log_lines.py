"""What a line of the log may hold: an allow-list of keys, so that nothing personal is written by accident."""

from __future__ import annotations

import json
from collections.abc import MutableMapping
from typing import Any, TextIO

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


class Lines:
    """A stream of lines that may fail, as a pipe whose reader has ended or a full disk does.

    What a line is about has been done by then, so that nothing is raised; how many were lost is the next line that
    can be written.
    """

    def __init__(self, stream: TextIO) -> None:
        """Write to `stream`, which may be closed by others."""
        self._stream, self._n_lost = stream, 0

    def write(self, line: str) -> None:
        """Write a line and see it leave."""
        lost = (
            f"{json.dumps({'event': 'log_lines_lost', 'level': 'error', 'n': self._n_lost})}\n" if self._n_lost else ""
        )
        try:
            self._stream.write(lost + line)
            self._stream.flush()
        except (OSError, ValueError):  # a closed stream raises the latter
            self._n_lost += 1
        else:
            self._n_lost = 0

    def flush(self) -> None:
        """Nothing is kept here."""
