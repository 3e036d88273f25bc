"""Reports of operators on items of their own: damaged, undeliverable, leaking."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, Connection, ForeignKey, Index, Integer, String, Table, select

from serving.store.tables import metadata

reports = Table(
    "reports",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("seq", BigInteger, ForeignKey("events.seq"), nullable=False, comment="version it was made about"),
    Column("condition", String(20), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("client_id", String(60), nullable=False),
    Index("reports_by_seq", "seq"),
)
_PORTION = 500


@dataclass(frozen=True, kw_only=True)
class StoredReport:
    """One report; `seq` is the version of the parcel that it was made about."""

    seq: int
    condition: str
    at: int
    client_id: str


def put_report(connection: Connection, one: StoredReport) -> None:
    """Keep a report."""
    connection.execute(reports.insert().values(**vars(one)))


def reported(connection: Connection, seqs: Iterable[int]) -> dict[int, set[str]]:
    """Conditions that were reported of the versions `seqs`."""
    wanted, found = list(seqs), dict[int, set[str]]()
    for start in range(0, len(wanted), _PORTION):
        query = select(reports.c.seq, reports.c.condition).where(reports.c.seq.in_(wanted[start : start + _PORTION]))
        for seq, condition in connection.execute(query):
            found.setdefault(seq, set()).add(condition)
    return found


def latest_reports(connection: Connection, limit: int) -> list[StoredReport]:
    """The latest reports, newest first."""
    rows = connection.execute(select(reports).order_by(reports.c.id.desc()).limit(limit))
    return [StoredReport(**{k: v for k, v in row._mapping.items() if k != "id"}) for row in rows]
