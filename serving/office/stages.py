"""Record the stages of inspections: one parcel at a time, or a run of one method over many parcels at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from features.event_rows import Row
from features.handling import STAGE_SCHEMA, Result
from features.handling.fields import contradiction_in
from features.handling.outcome import usual_certainty
from features.log import BATCH, HANDLING, STAGE
from features.parcel.problems import Rejection
from features.parcel.schema import LINE
from features.text import text
from serving.office.answers import StageAnswer
from serving.office.current import Key
from serving.office.handled import Handled, handled_parcels, stored_keys, write
from serving.office.office import Office
from serving.office.outcomes import orphan
from serving.office.writer import Transaction
from serving.store import Client, Connection
from serving.store.database import note
from serving.store.identifiers import Kind, grouped, number_of
from serving.store.read_spool import Look
from serving.store.stages import Details, details_of, put_run
from serving.store.times import microseconds

CORRECTS = "corrects_seq"
"""Column of stages that correct an earlier one: its number."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """What became of a run.

    Attributes
    ----------
    batch_id:
        Its number; None where no parcel of it is on record.
    unknown:
        Numbers, as given, under which no single parcel is on record.
    """

    batch_id: int | None
    n_named: int
    answers: tuple[StageAnswer, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class StageOnRecord:
    """A stage in force, its event in the log and what may be erased of it."""

    event: Row
    details: Details


def record_stages(
    office: Office, transaction: Transaction, rows: Sequence[Mapping[str, Any]], client: Client
) -> dict[int, StageAnswer | Rejection]:
    """Record stages as known now, and answer by ``line``.

    `rows` have the columns of ``STAGE_SCHEMA``, ``line`` and ``corrects_seq``. A stage that repeats one in force, with
    the time at which it was done, changes nothing. One that corrects another withdraws it; both stay in the log.
    """
    at = office.clock()
    keys = stored_keys(transaction.connection, ((row["operator"], row["parcel_id"]) for row in rows))
    parcels = handled_parcels(transaction.connection, keys.values())
    answers: dict[int, StageAnswer | Rejection] = {}
    made: dict[int, tuple[Handled, bool]] = {}
    for row in rows:
        key = keys.get((row["operator"], row["parcel_id"]))
        handled = parcels.get(key) if key is not None else None
        problem = orphan(row[LINE]) if handled is None else _added(handled, row, at)
        if isinstance(problem, Rejection):
            answers[row[LINE]] = problem
        elif handled is not None:
            made[row[LINE]] = handled, problem
    _noted(office, transaction, write(transaction, parcels.values(), at), client)
    return answers | {line: _answer(handled, at, is_repeated=not is_new) for line, (handled, is_new) in made.items()}


def record_run(
    office: Office,
    transaction: Transaction,
    stage: Mapping[str, Any],
    readings: Sequence[str],
    client: Client,
    *,
    receptacle: str | None = None,
) -> Run | Rejection:
    """Record that one method looked at several parcels at once, all with one result.

    Parameters
    ----------
    stage:
        Columns of ``STAGE_SCHEMA`` as of a single stage; its ``duration_s`` is that of the whole run.
    readings:
        Numbers of the parcels, as scanned.
    receptacle:
        Receptacle whose parcels on record were looked at as well.
    """
    problem = contradiction_in(stage, 1)
    if problem is not None:
        return problem
    at, connection = office.clock(), transaction.connection
    named = list(dict.fromkeys((stage["operator"], one) for one in readings))
    keys = stored_keys(connection, named)
    wanted = list(dict.fromkeys([*keys.values(), *_in_receptacle(connection, receptacle, stage["operator"])]))
    parcels = handled_parcels(connection, wanted)
    n_named = len(wanted) + len(named) - len(keys)
    batch_id = _put_run(connection, stage, at, client, n_named, len(parcels)) if parcels else None
    answers = []
    for handled, duration_s in zip(parcels.values(), _shares(stage["duration_s"], len(parcels)), strict=True):
        row = {**stage, LINE: 1, CORRECTS: None, "duration_s": duration_s}
        is_new = _added(handled, row, at, batch_id)
        answers.append((handled, is_new is True))
    _noted(office, transaction, write(transaction, parcels.values(), at), client)
    return Run(
        batch_id=batch_id,
        n_named=n_named,
        answers=tuple(_answer(handled, at, is_repeated=not is_new) for handled, is_new in answers),
        unknown=tuple(number for operator, number in named if (operator, number) not in keys),
    )


def _in_receptacle(connection: Connection, receptacle: str | None, operator: str | None) -> list[Key]:
    if receptacle is None:
        return []
    matches = grouped(connection, Kind.RECEPTACLE, [number_of(receptacle)], operator)
    return [(match.operator, match.parcel_id) for match in matches]


def _put_run(
    connection: Connection, stage: Mapping[str, Any], at: datetime, client: Client, n_named: int, n_known: int
) -> int:
    return put_run(
        connection,
        made_at=microseconds(at),
        client_id=client.client_id,
        stage=stage["stage"],
        result=stage["result"],
        duration_s=stage["duration_s"],
        n_named=n_named,
        n_known=n_known,
    )


def _shares(duration_s: int | None, n: int) -> list[int | None]:
    """The seconds of a run, divided among its parcels so that they add up to them."""
    if duration_s is None:
        return [None] * n
    return [duration_s // n + (place < duration_s % n) for place in range(n)]


def _added(handled: Handled, row: Mapping[str, Any], at: datetime, batch_id: int | None = None) -> bool | Rejection:
    """Add a stage; whether it is new, or why it cannot be used."""
    problem = contradiction_in(row, row[LINE])
    if problem is not None:
        return problem
    stage = _stage(row, batch_id)
    if any(_is_same(stage, one) for one in handled.stages):
        return False
    if row[CORRECTS] is not None:
        corrected = [one for one in handled.stages if one["seq"] == row[CORRECTS]]
        if not corrected:
            return _nothing_to_correct(row[LINE])
        handled.withdraw(corrected)
    handled.add(stage, at, Details(officer=row["officer"], image=row["image"]))
    return True


def _stage(row: Mapping[str, Any], batch_id: int | None) -> dict[str, Any]:
    """Columns of the log of a stage record."""
    given = {name: row.get(name) for name in HANDLING}
    given |= {"method": row["stage"], BATCH: batch_id}
    if given["certainty"] is None:
        given["certainty"] = usual_certainty(row["stage"], Result(row["result"])).value
    return given


def _is_same(stage: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return stage["inspected_at"] is not None and all(
        stage[name] == other[name] for name in ("method", "result", "certainty", "inspected_at", "station")
    )


def _noted(office: Office, transaction: Transaction, numbered: Sequence[Row], client: Client) -> None:
    if numbered:
        note(
            transaction.connection,
            at_us=microseconds(office.clock()),
            client_id=client.client_id,
            action="stage",
            seqs=[event["seq"] for event in numbered if event["kind"] == STAGE],
        )


def _answer(handled: Handled, at: datetime, *, is_repeated: bool) -> StageAnswer:
    return StageAnswer(
        status="repeated" if is_repeated else "recorded",
        parcel_id=handled.subject["parcel_id"],
        operator=handled.subject["operator"],
        outcome=handled.result,
        has_open_alarm=handled.has_open_alarm,
        known_at=at,
    )


def _nothing_to_correct(line: int) -> Rejection:
    return Rejection(
        line=line,
        field=CORRECTS,
        code="unknown_stage",
        reason=text("no stage in force of this parcel has this number."),
        remedy=text("Read the stages of the parcel, and give the number of the one that is wrong."),
    )


def stages_on_record(
    office: Office, reading: str, client: Client, operator: str | None = None
) -> tuple[Handled, list[StageOnRecord]] | None:
    """The parcel that a reading stands for, and its stages in force, oldest first; None when there is none.

    The look is written to the audit.

    Raises
    ------
    TooLong
        When the reading has more characters than are understood.
    """
    with office.store.begin_read() as connection:
        keys = stored_keys(connection, [(operator, reading)])
        parcels = handled_parcels(connection, keys.values())
        if not parcels:
            return None
        handled = next(iter(parcels.values()))
        kept = details_of(connection, (one["seq"] for one in handled.stages if one["seq"] is not None))
    seqs, at_us = [handled.subject["seq"]], microseconds(office.clock())
    office.writer.reads.add(Look(at_us=at_us, client_id=client.client_id, action="viewed", seqs=seqs))
    return handled, [StageOnRecord(event=one, details=kept.get(one["seq"], Details())) for one in handled.stages]


EMPTY: Mapping[str, Any] = dict.fromkeys((*STAGE_SCHEMA.names(), CORRECTS))
"""A stage record of which nothing is given."""
