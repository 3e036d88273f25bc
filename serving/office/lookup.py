"""Find the answers on record for an identifier, and write down who looked."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from features.log import OUTCOME
from features.parcel.flags import QUALITY_FLAGS
from features.parcel.s10 import tidy_parcel_id
from serving.office.answers import Answer, answer
from serving.office.scoring import Desk, microseconds
from serving.store import Client, Connection, Role
from serving.store import log as event_log
from serving.store.database import note
from serving.store.movements import Movement, movements_of
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
    life:
        What happened to the parcel since, oldest first.
    others:
        Other operators who lodged a parcel under this identifier; officers see them.
    """

    answer: Answer
    result: str | None
    label: dict[str, str]
    facts: dict[str, object]
    life: list[Movement]
    others: list[str]


def look_up(desk: Desk, parcel_id: str, client: Client, *, with_label: bool = False) -> list[Found]:
    """Answers for an identifier, newest first, each for the version in force; operators find their own parcels only."""
    tidy = tidy_parcel_id(pl.DataFrame({"parcel_id": [parcel_id]}))["parcel_id"].item()
    with desk.lock, desk.store.begin() as connection:
        events = event_log.parcel_events_of(connection, [tidy])
        operators = events["operator"].unique()
        if client.role is Role.OPERATOR:
            events = events.filter(pl.col("operator") == client.operator)
        in_force = _in_force(connection, events)
        scored = scores_of(connection, in_force["seq"])
        found = []
        for row in in_force.filter(pl.col("seq").is_in(pl.Series(list(scored), dtype=pl.Int64).implode())).to_dicts()[
            ::-1
        ]:
            seq = row["seq"]
            one = desk.explained(connection, scored[seq])
            words = answer(
                one,
                parcel_id=row["parcel_id"],
                operator=row["operator"],
                quality_flags=row[QUALITY_FLAGS] or [],
                status="cancelled" if row["is_cancelled"] else "scored",
                version=row["version"] or 1,
                n_other_claims=operators.len() - 1,
            )
            label = personal_of(connection, desk.secrets.vault, seq) if with_label else {}
            others = sorted(set(operators) - {row["operator"]}) if client.role is Role.OFFICER else []
            life = movements_of(connection, row["operator"], row["parcel_id"], since=row["first_at"])
            found.append(
                Found(answer=words, result=row["known_result"], label=label, facts=row, life=life, others=others)
            )
        note(
            connection,
            at_us=microseconds(desk.clock()),
            client_id=client.client_id,
            action="viewed",
            places=list(scored),
        )
    return found


def _in_force(connection: Connection, events: pl.DataFrame) -> pl.DataFrame:
    """Last version of each parcel, with what is known of all its versions: outcome, first lodging, cancellation.

    An amended version counts under the time of the first one, so versions of one parcel share that time.
    """
    taken_back = event_log.retracted(connection, events["seq"])
    outcomes = event_log.outcome_events_of(connection, events["seq"]).filter(pl.col("kind") == OUTCOME)
    results = dict(outcomes.select("subject_seq", "result").iter_rows())
    return (
        events.with_columns(
            first_at=pl.coalesce("counted_at", "known_at"),
            is_cancelled=pl.col("seq").is_in(sorted(taken_back)),
            known_result=pl.col("seq").replace_strict(results, default=None, return_dtype=pl.String),
        )
        .with_columns(pl.col("known_result").drop_nulls().last().over("operator", "first_at"))
        .unique(["operator", "first_at"], keep="last", maintain_order=True)
    )
