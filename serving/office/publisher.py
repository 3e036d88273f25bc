"""Current decisions for an operator in the order of the log, for messages in the operator's own format."""

from __future__ import annotations

from dataclasses import dataclass

from features.event_rows import Row
from features.log import PARCEL
from features.parcel.damage import DAMAGE
from features.parcel.flags import QUALITY_FLAGS
from serving.office.answers import Answer, answer, as_told, with_doubts
from serving.office.office import Office
from serving.store import Client, Scored
from serving.store import log as event_log
from serving.store.erasure import subject_of
from serving.store.quarantine import Used, doubts_of
from serving.store.scores import scores_of

SEGMENT = 10_000
"""Events that one call looks through."""


@dataclass(frozen=True, kw_only=True)
class Feed:
    """Answers of a segment of the log; the next call begins behind `next_after`, until `is_end`."""

    answers: list[Answer]
    next_after: int
    is_end: bool


def answers_after(office: Office, client: Client, *, after: int) -> Feed:
    """Current answers to parcels of the caller in the next segment of the log."""
    with office.store.begin_read() as connection:
        segment = event_log.read(connection, after=after, limit=SEGMENT)
        events = segment.filter(segment["kind"] == PARCEL)
        events = events.filter((events["operator"] == client.operator) & events["parcel_id"].is_not_null())
        retracted = event_log.retracted(connection, events["seq"])
        stored = scores_of(connection, [seq for seq in events["seq"] if seq not in retracted])
        rows = [row for row in events.to_dicts() if row["seq"] in stored]
        doubts = doubts_of(connection, office.secrets.vault, _doubtful(rows))
    answers = [with_doubts(_answer(stored[row["seq"]], row), doubts.get(row["parcel_id"], ())) for row in rows]
    last = int(segment["seq"][-1]) if segment.height else after
    return Feed(answers=answers, next_after=last, is_end=segment.height < SEGMENT)


def _answer(scored: Scored, row: Row) -> Answer:
    whole = answer(
        scored,
        parcel_id=row["parcel_id"],
        operator=row["operator"],
        quality_flags=row[QUALITY_FLAGS] or [],
        status="scored",
        version=_version(row),
        n_other_claims=0,
    )
    return as_told(whole)


def _version(row: Row) -> int:
    return row["version"] or 1


def _doubtful(rows: list[Row]) -> dict[str, Used]:
    """Parcels of which a value was not used as it was sent; of one number the last one."""
    return {
        row["parcel_id"]: Used(subject=subject_of(row), version=_version(row))
        for row in rows
        if not DAMAGE.keys().isdisjoint(row[QUALITY_FLAGS] or ())
    }
