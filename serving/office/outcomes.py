"""Record what inspections found."""

from __future__ import annotations

from typing import Literal

import polars as pl

from features.log import SUBJECT_SCHEMA, number, outcome_events
from features.parcel.problems import Rejection
from features.parcel.schema import LINE
from serving.office.answers import OutcomeAnswer
from serving.office.scoring import Desk, microseconds
from serving.store import Client, Connection
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
    answers: dict[int, OutcomeAnswer | Rejection] = {line: orphan(line) for line in orphans[LINE]}
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


def orphan(line: int) -> Rejection:
    """Rejection of an outcome whose parcel is not known."""
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
