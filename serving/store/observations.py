"""Labels of undeclared items: what the log has no column for, and the serials of the numbers that were issued."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from serving.store.handling_tables import observations
from serving.store.statements import Statement, each_number_of, texts


@dataclass(frozen=True, kw_only=True)
class Observation:
    """Whether the office issued the number, the way of the item, and the mark of its posting."""

    is_issued: bool
    direction: str | None
    posting_mark: str | None


def put(connection: Connection, observed: Observation) -> int:
    """Keep an observation, and return its serial; `belongs_to` says of which event it is."""
    row = {**vars(observed), "is_issued": int(observed.is_issued)}
    return int(connection.execute(observations.insert().values(**row).returning(observations.c.id)).scalar_one())


def belongs_to(connection: Connection, serial: int, seq: int) -> None:
    """Note the event of an observation."""
    connection.execute(observations.update().where(observations.c.id == serial).values(seq=seq))


def observations_of(connection: Connection, seqs: Iterable[int]) -> dict[int, Observation]:
    """Observations of the events `seqs` that have one."""
    return {
        row["seq"]: Observation(
            is_issued=bool(row["is_issued"]), direction=row["direction"], posting_mark=row["posting_mark"]
        )
        for row in _OF_PARCELS.run(connection, {"seqs": texts(seqs)})
    }


_OF_PARCELS = Statement(select(observations).where(observations.c.seq.in_(each_number_of("seqs"))))
