"""Record what inspections found: one outcome per parcel, corrected where a person says why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import polars as pl

from features.event_rows import Row, retraction_row, rows_of, table_of
from features.log import OUTCOME, SUBJECT_SCHEMA, outcome_events
from features.parcel.problems import Rejection
from features.parcel.schema import LINE
from serving.office.answers import OutcomeAnswer
from serving.office.current import EXAMINED, Life, Version, outcome_in_force, outcomes_of, versions_of
from serving.office.office import Office
from serving.office.resolving import resolve
from serving.office.writer import Transaction
from serving.store import Client, Connection
from serving.store.cancellations import forget_cancelled
from serving.store.database import note
from serving.store.scores import scores_of
from serving.store.times import microseconds

CORRECTION = "correction_reason"
"""Column of outcomes that correct an earlier one."""


class CorrectionReason(StrEnum):
    """Why an outcome is replaced by another."""

    RECORDING_ERROR = "recording_error"
    """The wrong result was recorded."""
    WRONG_PARCEL = "wrong_parcel"
    """The result belongs to another parcel."""
    LABORATORY = "laboratory"
    """A laboratory said otherwise."""
    SECOND_INSPECTION = "second_inspection"
    """A later inspection of the same parcel said otherwise."""


@dataclass(frozen=True, kw_only=True)
class _Given:
    """One outcome as it was sent, its parcel found."""

    line: int
    life: Life
    parcel_id: str
    operator: str | None
    result: str
    reason: str | None


def record(
    office: Office, transaction: Transaction, outcomes: pl.DataFrame, client: Client
) -> dict[int, OutcomeAnswer | Rejection]:
    """Record validated outcomes as known now, and answer by ``line``.

    Cause and propensity are those of the stored decision. An outcome that repeats a stored one changes nothing. One
    that contradicts it replaces it where ``correction_reason`` says why, and is refused elsewhere. A parcel that was
    not presented may still be inspected.
    """
    if CORRECTION not in outcomes.columns:
        outcomes = outcomes.with_columns(pl.lit(None, dtype=pl.String).alias(CORRECTION))
    at = office.clock()
    outcomes = _with_stored_numbers(transaction.connection, outcomes)
    versions = versions_of(transaction.connection, outcomes["parcel_id"].unique())
    subjects = table_of([version.event for version in versions]).select(SUBJECT_SCHEMA.names())
    # One row at a time in the order given, so that the second of two contradicting ones is the one refused.
    rows = outcomes.unique(["parcel_id", "operator", "result", CORRECTION], keep="first", maintain_order=True)
    events, orphans = outcome_events(rows, subjects, pl.lit(at))
    lines = rows.filter(~pl.col(LINE).is_in(orphans[LINE].implode())).select(LINE, CORRECTION)
    events = events.hstack(lines)
    in_force = {life: outcome_in_force(part) for life, part in outcomes_of(transaction.connection, versions).items()}
    answers: dict[int, OutcomeAnswer | Rejection] = {line: orphan(line) for line in orphans[LINE]}
    fresh: list[int] = []
    corrected: list[Row] = []
    results = {life: str(outcome["result"]) for life, outcome in in_force.items()}
    for given in _given(events, versions):
        known = results.get(given.life)
        if known in EXAMINED and known != given.result and given.reason is None:
            answers[given.line] = _contradiction(given.line)
            continue
        is_repeated = known == given.result
        answers[given.line] = _receipt(given, at, known, is_repeated=is_repeated)
        if is_repeated:
            continue
        if given.life in in_force:
            corrected.append(in_force.pop(given.life))
        fresh.append(given.line)
        results[given.life] = given.result
    _append(office, transaction, events, _last_by_life(events, versions, fresh), corrected, client, at)
    return _with_duplicates(outcomes, answers)


def _with_stored_numbers(connection: Connection, outcomes: pl.DataFrame) -> pl.DataFrame:
    """Outcomes with the identifier that is stored, where the one that was scanned stands for a single parcel."""
    named = {
        key: found.parcels[0]
        for key in outcomes.select("parcel_id", "operator").unique().iter_rows()
        if len((found := resolve(connection, *key)).parcels) == 1
    }
    keys = [named.get(key, (key[1], key[0])) for key in outcomes.select("parcel_id", "operator").iter_rows()]
    operators, numbers = zip(*keys, strict=True) if keys else ((), ())
    return outcomes.with_columns(
        pl.Series("parcel_id", numbers, dtype=pl.String), pl.Series("operator", operators, dtype=pl.String)
    )


def _given(events: pl.DataFrame, versions: list[Version]) -> list[_Given]:
    lives = {version.seq: version.life for version in versions}
    rows = events.select(LINE, "subject_seq", "result", CORRECTION).sort(LINE).to_dicts()
    return [
        _Given(
            line=row[LINE],
            life=lives[row["subject_seq"]],
            parcel_id=lives[row["subject_seq"]][1],
            operator=lives[row["subject_seq"]][0],
            result=row["result"],
            reason=row[CORRECTION],
        )
        for row in rows
    ]


def _last_by_life(events: pl.DataFrame, versions: list[Version], lines: list[int]) -> list[int]:
    """Of several outcomes of one parcel in one request the last; the ones before it were corrected at once."""
    last: dict[Life, int] = {}
    for given in _given(events, versions):
        if given.line in lines:
            last[given.life] = given.line
    return sorted(last.values())


def _receipt(given: _Given, at: datetime, known: str | None, *, is_repeated: bool) -> OutcomeAnswer:
    status = "repeated" if is_repeated else "corrected" if known in EXAMINED else "recorded"
    return OutcomeAnswer(
        status=status,  # type: ignore[arg-type]
        parcel_id=given.parcel_id,
        operator=given.operator,
        result=given.result,
        known_at=at,
    )


def _append(
    office: Office,
    transaction: Transaction,
    events: pl.DataFrame,
    lines: list[int],
    corrected: list[Row],
    client: Client,
    at: datetime,
) -> None:
    fresh = events.filter(pl.col(LINE).is_in(pl.Series(lines, dtype=pl.Int64).implode()))
    if fresh.height == 0:
        return
    reasons = [reason for reason in fresh[CORRECTION] if reason]
    decided = _with_decisions(transaction.connection, fresh).drop(LINE, CORRECTION)
    replaced = [retraction_row(one, at) for one in corrected]
    numbered = transaction.record([*replaced, *rows_of(decided)])
    examined = (one["subject_seq"] for one in numbered if one["kind"] == OUTCOME and one["result"] in EXAMINED)
    forget_cancelled(transaction.connection, examined)
    note(
        transaction.connection,
        at_us=microseconds(at),
        client_id=client.client_id,
        action="correction" if reasons else "outcome",
        seqs=[event["seq"] for event in numbered if event["kind"] == OUTCOME],
        detail=",".join(sorted(set(reasons))),
    )


def _with_decisions(connection: Connection, events: pl.DataFrame) -> pl.DataFrame:
    """Outcomes with the cause and the propensity of the decision that they belong to, where they give none."""
    decisions = scores_of(connection, events["subject_seq"])
    causes = {seq: scored.cause for seq, scored in decisions.items()}
    propensities = {seq: scored.propensity for seq, scored in decisions.items()}
    subject = pl.col("subject_seq")
    cause = subject.replace_strict(causes, default=None, return_dtype=pl.String)
    propensity = subject.replace_strict(propensities, default=None, return_dtype=pl.Float64)
    return events.with_columns(
        pl.coalesce("cause", cause).alias("cause"), pl.coalesce("propensity", propensity).alias("propensity")
    )


def _with_duplicates(
    outcomes: pl.DataFrame, answers: dict[int, OutcomeAnswer | Rejection]
) -> dict[int, OutcomeAnswer | Rejection]:
    """Answer duplicates within one request like their first occurrence."""
    first: dict[tuple[object, ...], int] = {}
    for line, *key in outcomes.select(LINE, "parcel_id", "operator", "result", CORRECTION).iter_rows():
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
        remedy=f"To replace it, say why in {CORRECTION}: {', '.join(CorrectionReason)}.",
    )
