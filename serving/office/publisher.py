"""Current decisions for an operator in the order of the log, for messages in the operator's own format."""

from __future__ import annotations

from dataclasses import dataclass

from features.event_rows import Row
from features.parcel.damage import DAMAGE
from features.parcel.flags import QUALITY_FLAGS
from serving.office.amending import shown_instead
from serving.office.answers import Answer, answer, as_disclosed, with_doubts
from serving.office.office import Office
from serving.store import Client, Scored
from serving.store import log as event_log
from serving.store.erasure import subject_of
from serving.store.quarantine import Used, doubts_of
from serving.store.scores import scores_of

MOST = 1_000
"""Parcels of one message."""


@dataclass(frozen=True, kw_only=True)
class Feed:
    """Answers in the order of the log; the next call begins behind `next_after`, until `is_end`."""

    answers: list[Answer]
    next_after: int
    is_end: bool


def answers_after(office: Office, client: Client, *, after: int) -> Feed:
    """Current answers to the caller's next parcels; those of others are not read."""
    with office.store.begin_read() as connection:
        events = event_log.parcel_events_by(connection, client.operator or "", after=after, limit=MOST)
        retracted = event_log.retracted(connection, (event["seq"] for event in events))
        left = [event for event in events if event["seq"] not in retracted and event["parcel_id"] is not None]
        stored = scores_of(connection, [event["seq"] for event in left])
        rows = [row for row in left if row["seq"] in stored]
        instead = shown_instead(connection, stored, office.clock())
        doubts = doubts_of(connection, office.secrets.vault, _doubtful(rows))
    given = [with_doubts(_answer(stored[row["seq"]], row), doubts.get(row["parcel_id"], ())) for row in rows]
    pairs = zip(rows, given, strict=True)
    answers = [instead[row["seq"]].of(one) if row["seq"] in instead else one for row, one in pairs]
    last = int(events[-1]["seq"]) if events else after
    return Feed(answers=answers, next_after=last, is_end=len(events) < MOST)


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
    return as_disclosed(whole)


def _version(row: Row) -> int:
    return row["version"] or 1


def _doubtful(rows: list[Row]) -> dict[str, Used]:
    """Parcels of which a value was not used as it was sent; of one number the last one."""
    return {
        row["parcel_id"]: Used(subject=subject_of(row), version=_version(row))
        for row in rows
        if not DAMAGE.keys().isdisjoint(row[QUALITY_FLAGS] or ())
    }
