"""Shadows: challengers that decide behind the champion, and what they decided; no decision ever reads these tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Float,
    ForeignKey,
    Integer,
    Row,
    String,
    Table,
    Text,
    select,
    update,
)

from policy import Cause, Decision, Referral
from policy.rules import Rule
from serving.store.statements import insertion
from serving.store.tables import metadata

shadows = Table(
    "shadows",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("bundle_id", String(100), comment="challenger; null: whichever bundle decided"),
    Column("rules", Text, comment="JSON: rules as they are written; null: whichever hit"),
    Column("started_at", BigInteger, nullable=False),
    Column("started_by", String(60), nullable=False),
    Column("after_seq", BigInteger, nullable=False, comment="event behind which it decides"),
    Column("done_seq", BigInteger, nullable=False, comment="event up to which it has decided"),
    Column("stopped_at", BigInteger),
    Column("stopped_by", String(60)),
)

shadow_decisions = Table(
    "shadow_decisions",
    metadata,
    Column("shadow_id", Integer, ForeignKey("shadows.id"), primary_key=True, autoincrement=False),
    Column("seq", BigInteger, ForeignKey("events.seq"), primary_key=True, autoincrement=False),
    Column("referral", String(20), nullable=False),
    Column("cause", String(10), nullable=False),
    Column("propensity", Float(53), nullable=False),
    Column("raw_score", Float(53)),
    Column("probability", Float(53)),
)


@dataclass(frozen=True, kw_only=True)
class Shadow:
    """A challenger.

    Attributes
    ----------
    bundle_id:
        None where it scores by whichever bundle decided.
    rules:
        None where it goes by whichever rules hit.
    after_seq, done_seq:
        Events behind which, and up to which, it has decided.
    """

    shadow_id: int
    bundle_id: str | None
    rules: tuple[Rule, ...] | None
    started_at: int
    started_by: str
    after_seq: int
    done_seq: int
    stopped_at: int | None
    stopped_by: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ShadowDecision:
    """What a shadow decided on one parcel event."""

    shadow_id: int
    seq: int
    referral: str
    cause: str
    propensity: float
    raw_score: float | None
    probability: float | None

    @property
    def decision(self) -> Decision:
        """The same in the words of the policy."""
        return Decision(
            referral=Referral.parse(self.referral), cause=Cause.parse(self.cause), propensity=self.propensity
        )


def start_shadow(
    connection: Connection, bundle_id: str | None, rules: Sequence[Rule] | None, *, after: int, at_us: int, by: str
) -> Shadow:
    """Keep a shadow that decides on what comes behind an event."""
    documents = None if rules is None else json.dumps([one.as_document() for one in rules])
    row = {"bundle_id": bundle_id, "rules": documents, "started_at": at_us, "started_by": by}
    made = shadows.insert().values(**row, after_seq=after, done_seq=after).returning(shadows)
    return _shadow(connection.execute(made).one())


def stop_shadow(connection: Connection, shadow_id: int, *, at_us: int, by: str) -> None:
    """Note that a shadow has stopped."""
    stopped = update(shadows).where(shadows.c.id == shadow_id)
    connection.execute(stopped.values(stopped_at=at_us, stopped_by=by))


def newest_shadow(connection: Connection) -> Shadow | None:
    """The shadow that runs, else the last one that did; None where there never was one."""
    row = connection.execute(select(shadows).order_by(shadows.c.id.desc()).limit(1)).first()
    return None if row is None else _shadow(row)


def _shadow(row: Row[Any]) -> Shadow:
    values = dict(row._mapping)
    rules = values.pop("rules")
    documents = None if rules is None else tuple(Rule.from_document(one) for one in json.loads(rules))
    return Shadow(shadow_id=values.pop("id"), rules=documents, **values)


def keep_shadow_decisions(connection: Connection, shadow_id: int, made: Iterable[ShadowDecision], *, done: int) -> None:
    """Keep what a shadow decided on the events up to `done`."""
    rows = [{name: getattr(one, name) for name in ShadowDecision.__slots__} for one in made]
    if rows:
        _INSERT.run(connection, rows)
    connection.execute(update(shadows).where(shadows.c.id == shadow_id).values(done_seq=done))


_INSERT = insertion(shadow_decisions)


def shadow_decisions_of(
    connection: Connection, shadow_id: int, seqs: Iterable[int] | None = None
) -> Mapping[int, ShadowDecision]:
    """What a shadow decided, by event: on some, or on all."""
    query = select(shadow_decisions).where(shadow_decisions.c.shadow_id == shadow_id)
    if seqs is not None:
        query = query.where(shadow_decisions.c.seq.in_(list(seqs)))
    found = connection.execute(query.order_by(shadow_decisions.c.seq))
    return {row.seq: ShadowDecision(**row._mapping) for row in found}
