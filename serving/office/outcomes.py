"""Record what inspections found: one outcome per parcel, corrected where a person says why.

An outcome is a way to report a stage of the inspection together with what it decides, see `serving.office.handled`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import polars as pl

from features.handling import Certainty, Result
from features.handling.fields import PRESENTED
from features.log import HANDLING, OUTCOME, RESULT_FIELDS, STAGE
from features.parcel.problems import Rejection
from features.parcel.schema import LINE
from serving.office.answers import OutcomeAnswer
from serving.office.current import EXAMINED
from serving.office.handled import Handled, handled_parcels, stored_keys, write
from serving.office.office import Office
from serving.office.writer import Transaction
from serving.store import Client
from serving.store.database import note
from serving.store.stages import Details
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


_FURTHER = (CorrectionReason.LABORATORY, CorrectionReason.SECOND_INSPECTION)
"""Reasons that leave the earlier stage as it was, where the later one decides by itself."""


def record(
    office: Office, transaction: Transaction, outcomes: pl.DataFrame, client: Client
) -> dict[int, OutcomeAnswer | Rejection]:
    """Record validated outcomes as known now, and answer by ``line``.

    Cause and propensity are those of the stored decision. An outcome that repeats a stored one changes nothing. One
    that contradicts it replaces it where ``correction_reason`` says why, and is refused elsewhere. A parcel that was
    not presented may still be inspected.
    """
    at = office.clock()
    rows = outcomes.to_dicts()
    keys = stored_keys(transaction.connection, ((row["operator"], row["parcel_id"]) for row in rows))
    parcels = handled_parcels(transaction.connection, keys.values())
    answers: dict[int, OutcomeAnswer | Rejection] = {}
    # One row at a time in the order given, so that the second of two contradicting ones is the one refused.
    for row in rows:
        handled = parcels.get(keys[key]) if (key := (row["operator"], row["parcel_id"])) in keys else None
        answers[row[LINE]] = orphan(row[LINE]) if handled is None else _recorded(handled, row, at)
    numbered = write(transaction, parcels.values(), at)
    if numbered:
        reasons = {row[CORRECTION] for row in rows if row.get(CORRECTION)}
        note(
            transaction.connection,
            at_us=microseconds(at),
            client_id=client.client_id,
            action="correction" if reasons else "outcome",
            seqs=[event["seq"] for event in numbered if event["kind"] in (STAGE, OUTCOME)],
            detail=",".join(sorted(reasons)),
        )
    return answers


def _recorded(handled: Handled, row: Mapping[str, Any], at: datetime) -> OutcomeAnswer | Rejection:
    known, result, reason = handled.result, row["result"], row.get(CORRECTION)
    if known in EXAMINED and known != result and reason is None:
        return _contradiction(row[LINE])
    stage = _as_stage(row)
    is_repeated = known == result and handled.says(row["method"], result)
    if not is_repeated and not _concludes(handled, stage, reason, Details(officer=row["officer"]), at):
        return _inconclusive(row)
    return OutcomeAnswer(
        status="repeated" if is_repeated else "corrected" if known in EXAMINED and known != result else "recorded",
        parcel_id=handled.subject["parcel_id"],
        operator=handled.subject["operator"],
        result=result,
        known_at=at,
    )


def _as_stage(row: Mapping[str, Any]) -> dict[str, Any]:
    """Columns of the stage that an outcome reports."""
    given = {**dict.fromkeys(HANDLING), **{name: row[name] for name in RESULT_FIELDS}}
    given["certainty"] = Certainty.CONFIRMED.value
    if row["result"] == Result.NOT_PRESENTED:
        given["method"] = PRESENTED
    elif row["method"] is None and row.get(CORRECTION) == CorrectionReason.LABORATORY:
        given["method"] = "laboratory"
    return given


def _concludes(handled: Handled, stage: Mapping[str, Any], reason: str | None, details: Details, at: datetime) -> bool:
    """Add a stage that decides the outcome; what speaks against it is withdrawn where there is a reason to.

    False, and nothing changed, when it cannot decide.
    """
    opposing: list[Any] = []
    if reason is not None and (reason not in _FURTHER or not handled.gives(stage)):
        opposing = handled.opposing(stage["result"])
    if not handled.gives(stage, without=opposing):
        return False
    handled.withdraw(opposing)
    handled.add(stage, at, details)
    return True


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


def _inconclusive(row: Mapping[str, Any]) -> Rejection:
    return Rejection(
        line=row[LINE],
        field="method",
        code="cannot_decide",
        reason="this method cannot decide it: documents clear no parcel, and no method clears what a stronger or "
        "another one has raised.",
        remedy=f"Record it as a stage, open the parcel, or say in {CORRECTION} why the alarm does not count.",
    )
