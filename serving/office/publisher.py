"""Current decisions for an operator in the order of the log, for messages in the operator's own format."""

from __future__ import annotations

from dataclasses import dataclass

from features.log import PARCEL
from features.parcel.flags import QUALITY_FLAGS
from serving.office.answers import Answer, answer
from serving.office.office import Office
from serving.store import Client
from serving.store import log as event_log
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
    answers = [
        answer(
            stored[row["seq"]],
            parcel_id=row["parcel_id"],
            operator=row["operator"],
            quality_flags=row[QUALITY_FLAGS] or [],
            status="scored",
            version=row["version"] or 1,
            n_other_claims=0,
        )
        for row in events.to_dicts()
        if row["seq"] in stored
    ]
    last = int(segment["seq"][-1]) if segment.height else after
    return Feed(answers=answers, next_after=last, is_end=segment.height < SEGMENT)
