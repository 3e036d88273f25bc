"""Where parcels are: from what operators report, what customs scans, and the stages of inspections."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from features.event_rows import Row, first_at
from features.handling import Result
from features.handling.states import Position, Signal, State, position_of, states
from features.parcel.problems import Rejection
from features.parcel.schema import LINE
from features.parcel.undeclared import UNDECLARED
from serving.office.answers import ScanAnswer
from serving.office.current import Life, Version, versions_of
from serving.office.handled import stages_of, stored_keys
from serving.office.office import Office
from serving.office.outcomes import orphan
from serving.office.writer import Transaction
from serving.store import Client, Connection
from serving.store import scans as stored
from serving.store.database import note
from serving.store.movements import Movement, movements_of
from serving.store.scans import Scan, scans_of
from serving.store.times import microseconds

_TICK = timedelta(microseconds=1)


def record_scans(
    office: Office, transaction: Transaction, rows: Sequence[Mapping[str, Any]], client: Client
) -> dict[int, ScanAnswer | Rejection]:
    """Record where officers saw parcels, and answer by ``line``.

    `rows` have ``parcel_id``, ``operator``, ``state``, ``scanned_at``, ``station`` and ``line``; without a time the
    scan happened now.
    """
    at, connection = office.clock(), transaction.connection
    keys = stored_keys(connection, ((row["operator"], row["parcel_id"]) for row in rows))
    newest = {one.key: one for one in versions_of(connection, {number for _, number in keys.values()})}
    answers: dict[int, ScanAnswer | Rejection] = {}
    seen: list[tuple[int, Version]] = []
    for row in rows:
        key = keys.get((row["operator"], row["parcel_id"]))
        version = newest.get(key) if key is not None else None
        if version is None:
            answers[row[LINE]] = orphan(row[LINE])
            continue
        scan = Scan(seq=version.seq, state=row["state"], scanned_at=row["scanned_at"] or at, station=row["station"])
        stored.put(connection, [scan], received_us=microseconds(at), client_id=client.client_id)
        seen.append((row[LINE], version))
    if seen:
        seqs = sorted({version.seq for _, version in seen})
        note(connection, at_us=microseconds(at), client_id=client.client_id, action="scan", seqs=seqs)
    for line, version in seen:
        answers[line] = _answer(version, whereabouts(connection, [version])[version.life])
    return answers


def _answer(version: Version, position: Position) -> ScanAnswer:
    return ScanAnswer(
        status="recorded",
        parcel_id=version.key[1],
        operator=version.key[0],
        state=position.state.value,
        can_be_recalled=position.can_be_recalled,
        n_contradictions=len(position.contradictions),
    )


def whereabouts(connection: Connection, versions: Sequence[Version]) -> dict[Life, Position]:
    """Position of each of some parcels, of which all versions under their numbers are looked up."""
    every = versions_of(connection, {one.key[1] for one in versions})
    stages, scans = stages_of(connection, every), scans_of(connection, (one.seq for one in every))
    lives = {one.seq: one.life for one in every}
    newest = {one.life: one for one in every}
    return {
        life: position(
            newest[life],
            movements_of(connection, *newest[life].key, since=first_at(newest[life].event)),
            stages.get(life, []),
            [scan for scan in scans if lives[scan.seq] == life],
        )
        for life in dict.fromkeys(one.life for one in versions)
    }


def position(version: Version, movements: Iterable[Movement], stages: Iterable[Row], scans: Iterable[Scan]) -> Position:
    """Position of a parcel from everything that says where it is."""
    return position_of(first_at(version.event), signals_of(version, movements, stages, scans))


def signals_of(
    version: Version, movements: Iterable[Movement], stages: Iterable[Row], scans: Iterable[Scan]
) -> list[Signal]:
    """Everything that says where a parcel is or was."""
    return [*_entered(version), *_claimed(movements), *_staged(stages), *_scanned(scans)]


def _entered(version: Version) -> Iterator[Signal]:
    """That an undeclared item was seen when it was entered, and that a parcel was cancelled."""
    at = first_at(version.event) + _TICK
    if version.event["operator"] == UNDECLARED:
        yield Signal(state=State.IN_HALL, happened_at=at, is_fact=True)
    if version.is_retracted:
        yield Signal(state=State.CANCELLED, happened_at=at, is_fact=False)


def _claimed(movements: Iterable[Movement]) -> Iterator[Signal]:
    for one in movements:
        state = states().of_event(one.code)
        if state is not None:
            yield Signal(state=state, happened_at=one.happened_at, is_fact=False, code=one.code)


def _staged(stages: Iterable[Row]) -> Iterator[Signal]:
    for stage in stages:
        state = _STATE_OF_RESULT.get(Result(stage["result"]), State.IN_EXAMINATION)
        if state is not None:
            yield Signal(state=state, happened_at=_done_at(stage), is_fact=True)


_STATE_OF_RESULT: dict[Result, State | None] = {Result.PRESENTED: State.PRESENTED, Result.NOT_PRESENTED: None}
"""A parcel that was not presented may be anywhere; every look is an examination."""


def _done_at(stage: Row) -> datetime:
    done_at: datetime = stage["inspected_at"] or stage["known_at"]
    return done_at


def _scanned(scans: Iterable[Scan]) -> Iterator[Signal]:
    for scan in scans:
        yield Signal(state=State(scan.state), happened_at=scan.scanned_at, is_fact=True)
