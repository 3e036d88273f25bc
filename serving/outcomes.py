"""Record what inspections found, and take in files of the past."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import polars as pl
from sqlalchemy import Connection

from features.identity import derive
from features.log import SUBJECT_SCHEMA, assemble, number, outcome_events
from features.parcel.problems import Rejection
from features.parcel.schema import LINE
from features.sources.reading import Reading
from serving.answers import OutcomeAnswer
from serving.scoring import Desk, microseconds
from serving.store import Client
from serving.store import log as event_log
from serving.store.database import note
from serving.store.scores import scores_of


def record(desk: Desk, outcomes: pl.DataFrame, client: Client) -> dict[int, OutcomeAnswer | Rejection]:
    """Record validated outcomes as known now, and answer by ``line``.

    Cause and propensity are those of the stored decision. An outcome that repeats a stored one changes nothing; one
    that
    contradicts it is refused.
    """
    with desk.lock:
        try:
            with desk.store.begin() as connection:
                return _record(connection, desk, outcomes, client)
        except BaseException:
            desk.rebuild()
            raise


def _record(
    connection: Connection, desk: Desk, outcomes: pl.DataFrame, client: Client
) -> dict[int, OutcomeAnswer | Rejection]:
    at = desk.clock()
    subjects = event_log.parcel_events_of(connection, outcomes["parcel_id"].unique()).select(SUBJECT_SCHEMA.names())
    # One row at a time in the order given, so that the second of two contradicting ones is the one refused.
    rows = outcomes.unique(["parcel_id", "operator", "result"], keep="first", maintain_order=True)
    events, orphans = outcome_events(rows, subjects, pl.lit(at))
    lines = rows.filter(~pl.col(LINE).is_in(orphans[LINE].implode()))[LINE]
    events = events.with_columns(lines.alias(LINE))
    known = event_log.outcome_events_of(connection, events["subject_seq"])
    results = dict(known.select("subject_seq", "result").iter_rows())
    fresh: list[int] = []
    answers: dict[int, OutcomeAnswer | Rejection] = {line: _orphan(line) for line in orphans[LINE]}
    for line, subject, parcel_id, operator, result in events.select(
        LINE, "subject_seq", "parcel_id", "operator", "result"
    ).iter_rows():
        status: Literal["recorded", "repeated"] = "repeated" if results.get(subject) == result else "recorded"
        if subject in results and status == "recorded":
            answers[line] = _contradiction(line)
            continue
        if status == "recorded":
            results[subject] = result
            fresh.append(line)
        answers[line] = OutcomeAnswer(status=status, parcel_id=parcel_id, operator=operator, result=result, known_at=at)
    _append(connection, desk, events.filter(pl.col(LINE).is_in(pl.Series(fresh, dtype=pl.Int64).implode())), client)
    return _with_repeats(outcomes, answers)


def _append(connection: Connection, desk: Desk, events: pl.DataFrame, client: Client) -> None:
    if events.height == 0:
        return
    decisions = scores_of(connection, events["subject_seq"])
    causes = {seq: scored.cause for seq, scored in decisions.items()}
    propensities = {seq: scored.propensity for seq, scored in decisions.items()}
    subject = pl.col("subject_seq")
    decided = events.drop(LINE).with_columns(
        pl.coalesce("cause", subject.replace_strict(causes, default=None, return_dtype=pl.String)).alias("cause"),
        pl.coalesce("propensity", subject.replace_strict(propensities, default=None, return_dtype=pl.Float64)).alias(
            "propensity"
        ),
    )
    numbered = number(decided, desk.engine.last_seq + 1)
    desk.engine.advance(numbered)
    event_log.append(connection, numbered)
    note(
        connection,
        at_us=microseconds(desk.clock()),
        client_id=client.client_id,
        action="outcome",
        places=numbered["seq"].to_list(),
    )


def _with_repeats(
    outcomes: pl.DataFrame, answers: dict[int, OutcomeAnswer | Rejection]
) -> dict[int, OutcomeAnswer | Rejection]:
    """Answer rows that stand twice in one request like their first occurrence."""
    first: dict[tuple[object, ...], int] = {}
    for line, *key in outcomes.select(LINE, "parcel_id", "operator", "result").iter_rows():
        twin = answers[first.setdefault(tuple(key), line)]
        if line not in answers:
            answers[line] = twin.model_copy(update={"status": "repeated"}) if isinstance(twin, OutcomeAnswer) else twin
    return answers


def _orphan(line: int) -> Rejection:
    return Rejection(
        line=line,
        field="parcel_id",
        code="unknown_parcel",
        reason="no parcel with this identifier was lodged, or several operators lodged one.",
        remedy="Check the identifier; name the operator; lodge the parcel first.",
    )


def _contradiction(line: int) -> Rejection:
    return Rejection(
        line=line,
        field="result",
        code="outcome_known",
        reason="another outcome is on record for this parcel.",
        remedy="Outcomes are never overwritten; corrections are not supported yet.",
    )


@dataclass(frozen=True, kw_only=True)
class Ingested:
    """What became of a file of the past."""

    n_parcels: int
    n_outcomes: int
    rejections: tuple[Rejection, ...]


def ingest(connection: Connection, reading: Reading, desk: Desk) -> Ingested:
    """Append a file of the past to the log without scoring it.

    Parcels count as known when they were lodged. Clear personal data are not kept.
    """
    earlier = event_log.subjects(connection)
    now = desk.clock()
    parcels, refused = _usable(reading.parcels, earlier, now)
    lines = pl.Series([rejection.line for rejection in refused], dtype=pl.Int64)
    outcomes = reading.outcomes.filter(~pl.col(LINE).is_in(lines.implode()))
    unknown_yet = outcomes.filter(pl.col("known_at") > now)
    outcomes = outcomes.filter(pl.col("known_at") <= now)
    events, orphans = assemble(
        derive(parcels, desk.secrets.identity, reference=desk.reference),
        outcomes,
        earlier,
        event_log.last_seq(connection) + 1,
    )
    event_log.append(connection, events)
    desk.engine.advance(events)
    return Ingested(
        n_parcels=parcels.height,
        n_outcomes=events.height - parcels.height,
        rejections=(
            *reading.rejections,
            *refused,
            *(_in_future(line, "known_at") for line in unknown_yet[LINE]),
            *(_orphan(line) for line in orphans[LINE]),
        ),
    )


def _in_future(line: int, field: str) -> Rejection:
    return Rejection(
        line=line,
        field=field,
        code="in_future",
        reason="the time lies in the future, so nobody can know this yet.",
        remedy="Check the date and its time zone; ingest the row again when its time has come.",
    )


def _usable(parcels: pl.DataFrame, earlier: pl.DataFrame, now: datetime) -> tuple[pl.DataFrame, tuple[Rejection, ...]]:
    """Parcels that say when they were lodged and are not in the log or higher up in the file."""
    untimed = parcels.filter(pl.col("lodged_at").is_null())
    known = earlier.select("operator", "parcel_id")
    key = ["operator", "parcel_id"]
    timed = parcels.filter(pl.col("lodged_at") <= now)
    early = parcels.filter(pl.col("lodged_at") > now)
    new = timed.unique(key, keep="first", maintain_order=True).join(
        known, on=key, how="anti", nulls_equal=True, maintain_order="left"
    )
    twins = timed.join(new.select(LINE), on=LINE, how="anti")
    return new, (
        *(
            Rejection(
                line=line,
                field="lodged_at",
                code="required",
                reason="the time of lodging is missing, so the row has no place in the log.",
                remedy="Give it, or map a column to it.",
            )
            for line in untimed[LINE]
        ),
        *(_in_future(line, "lodged_at") for line in early[LINE]),
        *(
            Rejection(
                line=line,
                field="parcel_id",
                code="already_lodged",
                reason="a parcel with this operator and identifier is in the log, or higher up in the file.",
                remedy="Nothing to do when the file was ingested before.",
            )
            for line in twins[LINE]
        ),
    )
