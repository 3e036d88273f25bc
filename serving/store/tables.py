"""Tables of the store. Times are microseconds since 1970 in UTC, so that they compare alike everywhere."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

SCHEMA_VERSION = "1"
metadata = MetaData()

meta = Table("meta", metadata, Column("name", String(40), primary_key=True), Column("value", Text, nullable=False))

events = Table(
    "events",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(10), nullable=False),
    Column("known_at", BigInteger, nullable=False),
    Column("subject_seq", BigInteger, nullable=False, index=True),
    Column("operator", String(35)),
    Column("parcel_id", String(35), nullable=False),
    Column("facts", Text, nullable=False, comment="JSON: the other columns of the log; nulls left out"),
    Index("events_by_parcel", "parcel_id", "operator"),
)

scores = Table(
    "scores",
    metadata,
    Column("seq", BigInteger, ForeignKey("events.seq"), primary_key=True, autoincrement=False),
    Column("content", String(64), nullable=False, comment="keyed digest of the lodged row: recognises repetitions"),
    Column("scored_at", BigInteger, nullable=False),
    Column("fingerprint", String(16), nullable=False),
    Column("features", LargeBinary, nullable=False, comment="feature row, little-endian float64"),
    Column("bundle_id", String(100)),
    Column("raw_score", Float(53)),
    Column("probability", Float(53)),
    Column("flow_share", Float(53)),
    Column("referral", String(10), nullable=False),
    Column("cause", String(10), nullable=False),
    Column("propensity", Float(53), nullable=False),
    Column("degraded", String(40)),
    Column("reasons", Text, comment="JSON; null until somebody looked"),
)

personal = Table(
    "personal",
    metadata,
    Column("seq", BigInteger, ForeignKey("events.seq"), primary_key=True, autoincrement=False),
    Column("nonce", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False, comment="AES-256-GCM over the personal fields as JSON"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("client_id", String(60), nullable=False),
    Column("action", String(30), nullable=False),
    Column("seq", BigInteger),
    Column("detail", Text),
)

clients = Table(
    "clients",
    metadata,
    Column("client_id", String(60), primary_key=True),
    Column("role", String(10), nullable=False),
    Column("operator", String(35)),
    Column("key_hash", String(64), nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked", Boolean, nullable=False),
)
