"""The stop switch: from the next parcel on nothing is referred for its score, until a supervisor says otherwise.

Lists, rules and hunts decide as before. Whatever they do not select is *not assessed*, as without a model: nothing is
called low risk because the score is stopped. It is stopped for all lines or for one, see `policy.rules.lines`; that
one is then what came to it when it was stopped, so that no later change of the lines alters for whom a stop holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import structlog

from features.catalogue import catalogue
from features.declared.declare import Floats
from features.event_rows import Row
from features.parcel.problems import StoreError
from policy.capacity import Flags
from policy.rules import Predicate, Program, RuleError, no_such_line, of_events, opposite, read, text
from serving.office.office import Office
from serving.store import Client, Connection, Role, Scored
from serving.store.database import note
from serving.store.stops import add_stop, end_stop, open_stops, stops_at
from serving.store.times import microseconds

STOPPED = "score stopped"
"""What answers lack meanwhile, in two words."""
STOPPING = (Role.SUPERVISOR,)
"""Who stops the score, alone and at once, and who resumes it."""
READING = (Role.OFFICER, Role.SUPERVISOR, Role.AUDITOR, Role.ANALYST)
"""Who reads when it was stopped, and why."""
_MOST = 200
_log = structlog.get_logger()


def stop(office: Office, connection: Connection, reason: str, client: Client, line: str | None = None) -> int:
    """Stop the score, for one line where it is named; return the number of the stop.

    Raises
    ------
    StoreError
        When it is stopped already, no reason is given, or the office has no such line.
    """
    said = " ".join(reason.split())
    if not said or len(said) > _MOST:
        raise StoreError(
            f"reason: it is missing or too long. Say in up to {_MOST} characters why the score is stopped."
        )
    if line is not None and line not in office.lines:
        raise StoreError(f"line: {no_such_line(line, office.lines)}")
    known = _open(connection, line)
    if known is not None:
        raise StoreError(f"the score is stopped already{_where(line)}, by {known['stopped_by']}. Resume it first.")
    condition = None if line is None else text(office.lines[line])
    at_us = microseconds(office.clock())
    number = add_stop(connection, reason=said, by=client.client_id, at_us=at_us, line=line, condition=condition)
    _note(office, connection, client, "score stopped", f"stop {number}{_where(line)}")
    return number


def resume(office: Office, connection: Connection, client: Client, line: str | None = None) -> int:
    """Let the score refer parcels again, for one line where it is named; return the number of the stop that ended.

    Raises
    ------
    StoreError
        When it is not stopped.
    """
    known = _open(connection, line)
    if known is None:
        others = [str(one["line"] or "all lines") for one in open_stops(connection)]
        held = f" It is stopped for {', '.join(others)}." if others else ""
        raise StoreError(f"the score is not stopped{_where(line)}. Nothing is to be resumed.{held}")
    end_stop(connection, known["id"], by=client.client_id, at_us=microseconds(office.clock()))
    _note(office, connection, client, "score resumed", f"stop {known['id']}{_where(line)}")
    return int(known["id"])


def stopped(connection: Connection, batch: Sequence[Row], features: Floats) -> Flags | None:
    """For which parcels of a batch the score is stopped; None where no stop holds.

    Parameters
    ----------
    batch:
        Parcel events.
    features:
        Their feature rows, shape ``(n, k)``, without what a model fills.
    """
    held = open_stops(connection)
    return np.any([holds(one, batch, features) for one in held], axis=0) if held else None


def holds(one: Mapping[str, Any], batch: Sequence[Row], features: Floats) -> Flags:
    """For which parcels a stop holds: also for those of which it cannot be said whether they come to its line."""
    away = elsewhere(one)
    if away is None:
        return np.ones(len(batch), dtype=np.bool_)
    (hits,) = _program(away).hits(of_events(batch, features))
    return np.asarray(~hits, dtype=np.bool_)


def stops_of(connection: Connection, scored: Scored, event: Row) -> tuple[tuple[str | None, str], ...]:
    """Line (None: all) and reason of each stop that held for a decision; of a row that is gone, of all that may have.

    Nothing where its answer does not say that the score was stopped.
    """
    if scored.degraded is None or not scored.degraded.startswith(STOPPED):
        return ()
    kept = scored.features if scored.fingerprint == catalogue().fingerprint else None
    row = np.full((1, len(catalogue())), np.nan) if kept is None else kept[None, :]
    held = stops_at(connection, scored.scored_at)
    return tuple((one["line"], one["reason"]) for one in held if holds(one, [event], row)[0])


def elsewhere(one: Mapping[str, Any]) -> Predicate | None:
    """Condition of the parcels that a stop leaves alone; None where it holds for all.

    One whose condition reads what is gone holds for all: nobody can say any more which parcels it is about.
    """
    return None if one["condition"] is None else _elsewhere(str(one["condition"]))


@lru_cache(maxsize=64)
def _elsewhere(condition: str) -> Predicate | None:
    try:
        return opposite(read(condition))
    except RuleError as error:
        _log.error("stop unreadable", reason=str(error))
        return None


@lru_cache(maxsize=64)
def _program(tree: Predicate) -> Program:
    return Program([tree])


def _open(connection: Connection, line: str | None) -> dict[str, Any] | None:
    """The stop of a line, or of all lines, that holds."""
    return next((one for one in open_stops(connection) if one["line"] == line), None)


def _where(line: str | None) -> str:
    return "" if line is None else f" for the line {line}"


def _note(office: Office, connection: Connection, client: Client, action: str, detail: str) -> None:
    at_us = microseconds(office.clock())
    note(connection, at_us=at_us, client_id=client.client_id, action=action, seqs=[], detail=detail)
