"""Tables of rules and of what they hit; they belong to the metadata of `serving.store.tables`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from serving.store.tables import metadata

rules = Table(
    "rules",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(60), nullable=False),
    Column("version", Integer, nullable=False),
    Column("document", Text, nullable=False, comment="JSON: the rule as it is written"),
    Column("identity", String(16), nullable=False, comment="digest of its canonical condition"),
    Column("reads", Text, nullable=False, comment="JSON: kinds and fingerprints of what it reads"),
    Column("made_at", BigInteger, nullable=False),
    Column("made_by", String(60), nullable=False),
    Column("approved_at", BigInteger),
    Column("approved_by", String(60)),
    Column("live_at", BigInteger),
    Column("live_by", String(60)),
    Column("retired_at", BigInteger),
    Column("retired_by", String(60)),
    Column("from_mark", BigInteger, comment="mark from which it is live; null before"),
    Column("until_mark", BigInteger, comment="mark from which it is live no more; null before"),
    Index("rules_by_name", "name", "version", unique=True),
)
"""Versions of rules: a row never changes but for the steps of its life."""

rule_hits = Table(
    "rule_hits",
    metadata,
    Column("seq", BigInteger, ForeignKey("events.seq"), primary_key=True, autoincrement=False),
    Column("rule_id", Integer, ForeignKey("rules.id"), primary_key=True, autoincrement=False, index=True),
    Column("is_whole", Boolean, nullable=False, comment="false where a part of the rule could not be evaluated"),
)
"""Which rules hit a parcel when it was decided on."""
