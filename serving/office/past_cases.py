"""What the office knows of the parties of one parcel: sender, contact, delivery address, and parcels that look alike.

Keys alone are read, no clear personal data: how often a key was seen, what inspections of its parcels found, and which
they were. The counts are those of `features.history`, so that the numbers here are those that a score reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from features.event_rows import Row
from features.history import ENTITIES, Engine, Entity, kernel
from features.history.ledger import ledger
from features.log import OUTCOME, PARCEL, RETRACTION, empty_log
from serving.office.casework import sees_persons
from serving.office.current import versions_of
from serving.office.examined import examined
from serving.office.office import Office
from serving.store import Client, Connection, Role
from serving.store import log as event_log
from serving.store.casework import investigated
from serving.store.quality import lane_in
from serving.store.read_spool import Look
from serving.store.times import microseconds

SHOWN = ("sender", "contact", "address", "look_alike")
"""Entities of which an officer reads the history, in this order."""
MOST_CASES = 12
"""Inspected parcels that are listed of all of them, the newest first."""
MOST_EVENTS = 20_000
"""A key of more events is anybody's: of such the newest are counted, and the page says so."""
WINDOWS = (7, 28, 90)
ON_THE_LANE = timedelta(days=90)
_OWN = ("subject_seq", "operator", "finding_class", *(one.key for one in ENTITIES if one.name in SHOWN))


@dataclass(frozen=True, kw_only=True)
class KnownOf:
    """What is known of one key at one moment.

    Attributes
    ----------
    n:
        Parcels by window, in the order of ``WINDOWS``, and ever.
    is_hub:
        Whether so many unlike parties share it that it is no person.
    is_cut:
        Whether only its newest events were counted.
    """

    entity: str
    n: tuple[int, ...]
    others: int
    inspected: int
    found: int
    is_hub: bool
    is_cut: bool


@dataclass(frozen=True, kw_only=True)
class Case:
    """An inspected parcel that shares something with the one in hand; its number is None where it was erased."""

    seq: int
    parcel_id: str | None
    known_at: datetime
    shares: tuple[str, ...]
    result: str
    finding_class: str | None


@dataclass(frozen=True, kw_only=True)
class OnLane:
    """How the scores did on one lane: parcels inspected, findings expected of them, and findings."""

    n: int
    expected: float
    found: int


@dataclass(frozen=True, kw_only=True)
class PastCases:
    """What is shown of the past of one parcel.

    Attributes
    ----------
    is_hidden:
        Whether the client may not see it: the parcel is under investigation, or the look could not be logged.
    """

    parcel_id: str
    operator: str
    known: Sequence[KnownOf] = ()
    cases: Sequence[Case] = ()
    n_cases: int = 0
    lane: OnLane | None = None
    is_hidden: bool = False


def past_cases(office: Office, parcel_id: str, operator: str, client: Client) -> PastCases | None:
    """History of the parties of a parcel, and cases that look alike; None where no such parcel is on record.

    The look is written to the audit with the parcel and the cases that are shown.
    """
    at = office.clock()
    with office.store.begin_read() as connection:
        versions = [one for one in versions_of(connection, [parcel_id]) if one.key == (operator, parcel_id)]
        if not versions:
            return None
        subject, seqs = versions[-1].event, [one.seq for one in versions]
        if not sees_persons(connection, seqs, client):
            return PastCases(parcel_id=parcel_id, operator=operator, is_hidden=True)
        known, cases = history_of(connection, _keys(subject), at, client, without=seqs)
        lane = _on_lane(connection, lane_in(subject), at)
    shown = cases[:MOST_CASES]
    look = Look(
        at_us=microseconds(at),
        client_id=client.client_id,
        action="history viewed",
        seqs=sorted([seqs[-1], *(one.seq for one in shown)]),
        detail="for an inspection",
    )
    if not office.writer.reads.add(look):
        return PastCases(parcel_id=parcel_id, operator=operator, is_hidden=True)
    return PastCases(parcel_id=parcel_id, operator=operator, known=known, cases=shown, n_cases=len(cases), lane=lane)


def _keys(subject: Row) -> dict[str, int]:
    return {one.name: subject[one.key] for one in _entities(SHOWN) if subject.get(one.key) is not None}


def _entities(names: Sequence[str]) -> list[Entity]:
    by_name = {one.name: one for one in ENTITIES}
    return [by_name[name] for name in names]


def history_of(
    connection: Connection, keys: Mapping[str, int], at: datetime, client: Client, *, without: Sequence[int] = ()
) -> tuple[list[KnownOf], list[Case]]:
    """What is known of some keys, and the inspected parcels that have one of them, the newest first.

    Parameters
    ----------
    keys:
        Key of each entity by its name.
    without:
        Events of the parcel in hand, which is no case of its own.
    """
    entities = _entities([name for name in keys])
    log = _log_of(connection, entities, keys)
    return [_known(log, one, keys[one.name], at) for one in entities], _cases(
        connection, log, entities, keys, client, set(without)
    )


def _log_of(connection: Connection, entities: Sequence[Entity], keys: Mapping[str, int]) -> pl.DataFrame:
    """Events with one of the keys: the log is read once, and of it the columns that history reads."""
    reads = list(dict.fromkeys((*Engine(tuple(entities)).columns.read, *_OWN, *(one.key for one in entities))))
    is_one = pl.any_horizontal([pl.col(one.key) == keys[one.name] for one in entities] or [pl.lit(value=False)])
    found = [part.filter(is_one) for part in event_log.columns(connection, reads)]
    log = pl.concat([empty_log().select(reads), *found])
    numbers = event_log.numbers_of(connection, log.filter(pl.col("kind") == PARCEL)["seq"])
    return log.with_columns(pl.Series("parcel_id", [numbers.get(seq) for seq in log["seq"]], dtype=pl.String))


def _known(log: pl.DataFrame, entity: Entity, key: int, at: datetime) -> KnownOf:
    mine = log.filter(pl.col(entity.key) == key)
    numbers = ledger(mine.tail(MOST_EVENTS), entity, key, at).numbers
    return KnownOf(
        entity=entity.name,
        n=(*(numbers[f"n_{days}d"] for days in WINDOWS), numbers["n"]),
        others=numbers["others"],
        inspected=numbers["inspected"],
        found=numbers["found"],
        is_hub=numbers["present"] == kernel.HUB,
        is_cut=mine.height > MOST_EVENTS,
    )


def _cases(
    connection: Connection,
    log: pl.DataFrame,
    entities: Sequence[Entity],
    keys: Mapping[str, int],
    client: Client,
    without: set[int],
) -> list[Case]:
    """Inspected parcels, the newest result first; officers are shown none that is under investigation."""
    retracted = set(log.filter(pl.col("kind") == RETRACTION)["subject_seq"])
    outcomes = log.filter((pl.col("kind") == OUTCOME) & ~pl.col("seq").is_in(list(retracted)))
    numbers = dict(log.filter(pl.col("kind") == PARCEL).select("seq", "parcel_id").iter_rows())
    found: dict[int, Case] = {}
    for row in outcomes.iter_rows(named=True):
        seq = row["subject_seq"]
        if seq not in without:
            shares = tuple(one.name for one in entities if row[one.key] == keys[one.name])
            found[seq] = Case(
                seq=seq,
                parcel_id=numbers.get(seq),
                known_at=row["known_at"],
                shares=shares,
                result=row["result"],
                finding_class=row["finding_class"],
            )
    hidden = investigated(connection, found) if client.role is Role.OFFICER else frozenset()
    shown = [one for seq, one in found.items() if seq not in hidden]
    return sorted(shown, key=lambda one: (one.known_at, one.seq), reverse=True)


def _on_lane(connection: Connection, lane: str, at: datetime) -> OnLane | None:
    """How the scores of inspected parcels of a lane compare with what was found; None where there were none."""
    seen = [
        one for one in examined(connection, at - ON_THE_LANE, at) if one.lane == lane and one.probability is not None
    ]
    if not seen:
        return None
    return OnLane(
        n=len(seen), expected=sum(one.probability or 0.0 for one in seen), found=sum(one.is_found for one in seen)
    )
