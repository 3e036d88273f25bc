"""Stops of the score in words: what a station shows of those that hold, and of one that held for a parcel."""

from __future__ import annotations

from features.text import Declared, joined, text
from serving.store import Connection
from serving.store.stops import open_stops
from serving.store.times import time_of


def stops_now(connection: Connection) -> list[str]:
    """The stops that hold, each as a sentence with its line, its beginning and its reason."""
    return [
        _since(one["line"], f"{time_of(one['stopped_at']):%Y-%m-%d %H:%M}", one["reason"])
        for one in open_stops(connection)
    ]


def stopped_for(stops: tuple[tuple[str | None, str], ...]) -> str:
    """What is said of a parcel for which the score was stopped, given with lines (None: all) and reasons."""
    return joined(" ", (_held(line, reason) for line, reason in stops))


def _since(line: str | None, at: str, reason: str) -> str:
    if line is None:
        return text("The score is stopped since {at} UTC: {reason}.", at=at, reason=Declared(reason))
    return text(
        "The score is stopped for the line {line} since {at} UTC: {reason}.",
        line=Declared(line),
        at=at,
        reason=Declared(reason),
    )


def _held(line: str | None, reason: str) -> str:
    if line is None:
        return text("A supervisor stopped the score: {reason}. Check by hand.", reason=Declared(reason))
    return text(
        "A supervisor stopped the score for the line {line}: {reason}. Check by hand.",
        line=Declared(line),
        reason=Declared(reason),
    )
