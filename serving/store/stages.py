"""Runs over several parcels, and what may be erased of a stage; the stages themselves are events of the log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from serving.store.handling_tables import runs, stage_details
from serving.store.statements import insertion


@dataclass(frozen=True, kw_only=True)
class Details:
    """What may be erased of a stage: the service number of the officer, and where the image is kept."""

    officer: str | None = None
    image: str | None = None


def put_details(connection: Connection, details: Mapping[int, Details]) -> None:
    """Keep the details of stages by their sequence numbers, where there are any."""
    kept = [{"seq": seq, **vars(one)} for seq, one in details.items() if one != Details()]
    if kept:
        _PUT.run(connection, kept)


_PUT = insertion(stage_details)


def details_of(connection: Connection, seqs: Iterable[int]) -> dict[int, Details]:
    """Details of the stages `seqs` that have any left."""
    rows = connection.execute(select(stage_details).where(stage_details.c.seq.in_(list(seqs))))
    return {row.seq: Details(officer=row.officer, image=row.image) for row in rows}


def put_run(connection: Connection, **run: Any) -> int:
    """Keep a run, a value for every column of ``runs`` but its number, and return that."""
    return int(connection.execute(runs.insert().values(**run).returning(runs.c.id)).scalar_one())
