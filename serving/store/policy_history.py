"""What decided: the settings of every policy, the days whose seeds of draws are committed, capacities of lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Integer, Select, String, Table, Text, func, select, text, update

from serving.store.statements import Statement
from serving.store.tables import metadata

draw_days = Table(
    "draw_days",
    metadata,
    Column("day", String(10), primary_key=True, comment="date, UTC"),
    Column("commitment", String(64), nullable=False, comment="SHA-256 of the seed"),
    Column("committed_at", BigInteger, nullable=False),
    Column("revealed_at", BigInteger),
)

policies = Table(
    "policies",
    metadata,
    Column("policy_id", String(20), primary_key=True),
    Column("settings", Text, nullable=False, comment="JSON: what the identity is the digest of"),
)

capacities = Table(
    "capacities",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("content", Text, nullable=False, comment="JSON: shifts, minutes, overflow, holidays"),
    Column("author", String(60), nullable=False),
    Column("proposed_at", BigInteger, nullable=False),
    Column("approver", String(60)),
    Column("approved_at", BigInteger),
)


@dataclass(frozen=True, kw_only=True)
class CommittedDay:
    """A day whose seed is committed; times are microseconds since 1970, `revealed_at` None while nobody asked."""

    day: date
    commitment: str
    committed_at: int
    revealed_at: int | None


def commit_day(connection: Connection, day: date, commitment: str, *, at_us: int) -> None:
    """Note the digest of a day's seed."""
    connection.execute(draw_days.insert().values(day=day.isoformat(), commitment=commitment, committed_at=at_us))


def committed_days(connection: Connection, days: Iterable[date] | None = None) -> dict[date, CommittedDay]:
    """Committed ones of some days, or all, in order."""
    query = select(draw_days).order_by(draw_days.c.day)
    if days is not None:
        query = query.where(draw_days.c.day.in_([day.isoformat() for day in days]))
    rows = (dict(row._mapping) for row in connection.execute(query))
    return {(day := date.fromisoformat(row["day"])): CommittedDay(**row | {"day": day}) for row in rows}


def committed_since(connection: Connection) -> int | None:
    """When a seed was committed first; None when none ever was."""
    return connection.execute(select(func.min(draw_days.c.committed_at))).scalar()


def reveal_day(connection: Connection, day: date, *, at_us: int) -> None:
    """Note that the seed of a day was revealed."""
    connection.execute(update(draw_days).where(draw_days.c.day == day.isoformat()).values(revealed_at=at_us))


def note_policy(connection: Connection, policy_id: str, settings: str) -> None:
    """Keep the settings of a policy; a known one stays as it is."""
    _NOTE_POLICY.run(connection, {"policy_id": policy_id, "settings": settings})


_NOTE_POLICY = Statement(
    text("INSERT INTO policies (policy_id, settings) VALUES (:policy_id, :settings) ON CONFLICT DO NOTHING")
)


def policies_known(connection: Connection) -> Mapping[str, str]:
    """Settings of all policies that decided, by their identity."""
    return {policy_id: settings for policy_id, settings in connection.execute(select(policies))}


def policy_known(connection: Connection, policy_id: str | None) -> str | None:
    """Settings of one policy; None where it never decided."""
    return connection.execute(select(policies.c.settings).where(policies.c.policy_id == policy_id)).scalar()


@dataclass(frozen=True, kw_only=True)
class SavedCapacity:
    """A capacity as proposed; `approver` None while nobody has approved it."""

    id: int
    content: str
    author: str
    proposed_at: int
    approver: str | None
    approved_at: int | None


def propose_capacity(connection: Connection, content: str, author: str, *, at_us: int) -> int:
    """Keep a proposal; return its number."""
    row = capacities.insert().values(content=content, author=author, proposed_at=at_us)
    return int(connection.execute(row).inserted_primary_key[0])  # type: ignore[index]


def approve_capacity(connection: Connection, number: int, approver: str, *, at_us: int) -> None:
    """Put a proposal into force."""
    changed = update(capacities).where(capacities.c.id == number)
    connection.execute(changed.values(approver=approver, approved_at=at_us))


def capacity_proposed(connection: Connection) -> SavedCapacity | None:
    """The newest proposal, approved or not."""
    return _capacity(connection, select(capacities).order_by(capacities.c.id.desc()))


def capacity_in_force(connection: Connection, at_us: int | None = None) -> SavedCapacity | None:
    """What was approved last; up to a time, where one is given."""
    approved = select(capacities).where(capacities.c.approved_at.is_not(None))
    if at_us is not None:
        approved = approved.where(capacities.c.approved_at <= at_us)
    return _capacity(connection, approved.order_by(capacities.c.approved_at.desc(), capacities.c.id.desc()))


def _capacity(connection: Connection, query: Select[Any]) -> SavedCapacity | None:
    row = connection.execute(query.limit(1)).first()
    return None if row is None else SavedCapacity(**row._mapping)
