"""Rules and the steps of their life: versions that are never changed, and what they hit."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, func, select, update

from policy.rules import Checked, Read, Rule
from serving.store.marks import raise_mark
from serving.store.rule_tables import rule_hits, rules
from serving.store.statements import Statement, each_number_of, insertion, texts

KIND = "rules"
"""Kind of the mark that is raised whenever another set of rules is live."""


class State(StrEnum):
    """Where a version of a rule is in its life."""

    DRAFT = "draft"
    APPROVED = "approved"
    LIVE = "live"
    RETIRED = "retired"


@dataclass(frozen=True, kw_only=True)
class StoredRule:
    """One version of a rule.

    Attributes
    ----------
    identity:
        Digest of its canonical condition.
    reads:
        What it read when it was written.
    made_at, made_by, ...:
        When and by whom each step was taken; None where it was not.
    """

    rule_id: int
    version: int
    rule: Rule
    identity: str
    reads: Read
    made_at: int
    made_by: str
    approved_at: int | None
    approved_by: str | None
    live_at: int | None
    live_by: str | None
    retired_at: int | None
    retired_by: str | None

    @property
    def state(self) -> State:
        """Where it is in its life."""
        if self.retired_at is not None:
            return State.RETIRED
        if self.live_at is not None:
            return State.LIVE
        return State.DRAFT if self.approved_at is None else State.APPROVED

    @property
    def title(self) -> str:
        """Name and version, as in ``cover-letters 2``."""
        return f"{self.rule.name} {self.version}"


def add_rule(connection: Connection, checked: Checked, *, at_us: int, by: str) -> StoredRule:
    """Keep a new version of a rule, as a draft."""
    name = checked.rule.name
    newest = connection.execute(select(func.max(rules.c.version)).where(rules.c.name == name)).scalar()
    rule_id = connection.execute(
        rules.insert()
        .values(
            name=name,
            version=(newest or 0) + 1,
            document=json.dumps(checked.rule.as_document()),
            identity=checked.identity,
            reads=json.dumps(Read.by(checked.tree).as_document()),
            made_at=at_us,
            made_by=by,
        )
        .returning(rules.c.id)
    ).scalar_one()
    return _one(connection, rule_id)


def approve_rule(connection: Connection, rule_id: int, *, at_us: int, by: str) -> StoredRule:
    """Note who approved a version."""
    return _changed(connection, rule_id, approved_at=at_us, approved_by=by)


def put_live(connection: Connection, rule_id: int, *, at_us: int, by: str) -> StoredRule:
    """Note that a version is live from now on."""
    return _changed(connection, rule_id, live_at=at_us, live_by=by, from_mark=raise_mark(connection, KIND))


def retire_rule(connection: Connection, one: StoredRule, *, at_us: int, by: str) -> StoredRule:
    """Note that a version is not used any more; one that is live ends with it."""
    until = {"until_mark": raise_mark(connection, KIND)} if one.state is State.LIVE else {}
    return _changed(connection, one.rule_id, retired_at=at_us, retired_by=by, **until)


def _changed(connection: Connection, rule_id: int, **values: Any) -> StoredRule:
    connection.execute(update(rules).where(rules.c.id == rule_id).values(**values))
    return _one(connection, rule_id)


def _one(connection: Connection, rule_id: int) -> StoredRule:
    return _stored(connection.execute(select(rules).where(rules.c.id == rule_id)).one())


def all_rules(connection: Connection, name: str | None = None) -> list[StoredRule]:
    """Versions of all rules, or of one, by name and version."""
    query = select(rules).order_by(rules.c.name, rules.c.version)
    if name is not None:
        query = query.where(rules.c.name == name)
    return [_stored(row) for row in connection.execute(query)]


def live_rules(connection: Connection) -> list[StoredRule]:
    """Versions that are live, by name."""
    is_live = rules.c.live_at.is_not(None) & rules.c.retired_at.is_(None)
    return [_stored(row) for row in connection.execute(select(rules).where(is_live).order_by(rules.c.name))]


def rules_live_at(connection: Connection, at_us: int) -> list[StoredRule]:
    """Versions that were live at a time, by name; those that had expired by then as well."""
    was_live = (rules.c.live_at <= at_us) & (rules.c.retired_at.is_(None) | (rules.c.retired_at > at_us))
    return [_stored(row) for row in connection.execute(select(rules).where(was_live).order_by(rules.c.name))]


def _stored(row: Any) -> StoredRule:
    values = dict(row._mapping)
    document, reads = json.loads(values.pop("document")), json.loads(values.pop("reads"))
    for name in ("name", "from_mark", "until_mark"):
        del values[name]
    return StoredRule(
        rule_id=values.pop("id"), rule=Rule.from_document(document), reads=Read.from_document(reads), **values
    )


@dataclass(frozen=True, kw_only=True)
class RuleHit:
    """A rule that hit a parcel.

    Attributes
    ----------
    is_whole:
        False where a part of the rule could not be evaluated, because what it reads was gone.
    """

    seq: int
    rule_id: int
    is_whole: bool


def keep_rule_hits(connection: Connection, hits: Sequence[RuleHit]) -> None:
    """Keep what rules hit."""
    if hits:
        _PUT_HITS.run(connection, [vars(hit) for hit in hits])


_PUT_HITS = insertion(rule_hits)


def rule_hits_of(connection: Connection, seqs: Iterable[int]) -> dict[int, list[tuple[StoredRule, bool]]]:
    """Rules that hit parcels, by sequence number, each with whether all of it was evaluated."""
    rows = _HITS.run(connection, {"seqs": texts(seqs)})
    if not rows:
        return {}
    known = {one.rule_id: one for one in all_rules(connection)}
    found: dict[int, list[tuple[StoredRule, bool]]] = {}
    for row in rows:
        found.setdefault(row["seq"], []).append((known[row["rule_id"]], bool(row["is_whole"])))
    return found


_HITS = Statement(
    select(rule_hits).where(rule_hits.c.seq.in_(each_number_of("seqs"))).order_by(rule_hits.c.seq, rule_hits.c.rule_id)
)
