"""Find the answers on record for an identifier, and write down who looked."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from features.log import OUTCOME
from features.parcel.flags import QUALITY_FLAGS
from features.parcel.s10 import tidy_parcel_id
from serving.answers import Answer, answer
from serving.scoring import Desk, microseconds
from serving.store import Client, Role
from serving.store import log as event_log
from serving.store.database import note
from serving.store.scores import personal_of, scores_of


@dataclass(frozen=True, kw_only=True)
class Found:
    """An answer on record.

    Attributes
    ----------
    result:
        Outcome on record; None when there is none yet.
    label:
        Personal fields, to compare with the label on the parcel; empty unless asked for.
    facts:
        Columns of the parcel event.
    """

    answer: Answer
    result: str | None
    label: dict[str, str]
    facts: dict[str, object]


def look_up(desk: Desk, parcel_id: str, client: Client, *, with_label: bool = False) -> list[Found]:
    """Answers for an identifier, newest first; operators find their own parcels only."""
    tidy = tidy_parcel_id(pl.DataFrame({"parcel_id": [parcel_id]}))["parcel_id"].item()
    with desk.lock, desk.store.begin() as connection:
        events = event_log.parcel_events_of(connection, [tidy])
        if client.role is Role.OPERATOR:
            events = events.filter(pl.col("operator") == client.operator)
        scored = scores_of(connection, events["seq"])
        outcomes = event_log.outcome_events_of(connection, events["seq"]).filter(pl.col("kind") == OUTCOME)
        results = dict(outcomes.select("subject_seq", "result").iter_rows())
        found = []
        for row in events.filter(pl.col("seq").is_in(pl.Series(list(scored), dtype=pl.Int64).implode())).to_dicts()[
            ::-1
        ]:
            seq = row["seq"]
            one = desk.explained(connection, scored[seq])
            words = answer(
                one, parcel_id=row["parcel_id"], operator=row["operator"], quality_flags=row[QUALITY_FLAGS] or [],
                repeated=False,
            )  # fmt: skip
            label = personal_of(connection, desk.secrets.personal, seq) if with_label else {}
            found.append(Found(answer=words, result=results.get(seq), label=label, facts=row))
        note(
            connection,
            at_us=microseconds(desk.clock()),
            client_id=client.client_id,
            action="viewed",
            places=list(scored),
        )
    return found
