"""Tables of what an office sets about decisions: lists, and marks by which a running service sees what has changed.

They belong to the metadata of `serving.store.tables`, where times and keys are explained.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, LargeBinary, String, Table

from serving.store.tables import metadata

policy_marks = Table(
    "policy_marks",
    metadata,
    Column("kind", String(20), primary_key=True),
    Column("number", BigInteger, nullable=False, comment="raised by every change of what is live"),
)

lists = Table(
    "lists",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(40), nullable=False),
    Column("version", Integer, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("fields", String(200), nullable=False, comment="separated by blanks"),
    Column("asks", String(20), comment="referral; null where the list asks for nothing"),
    Column("owner", String(200), nullable=False),
    Column("legal_basis", String(200), nullable=False),
    Column("reason", String(200), nullable=False),
    Column("source", String(200), nullable=False),
    Column("source_code", String(1), nullable=False),
    Column("information_code", Integer, nullable=False),
    Column("handling", String(2), nullable=False),
    Column("threshold", Float(53), nullable=False),
    Column("review_on", String(10), nullable=False),
    Column("expires_on", String(10)),
    Column("n_entries", Integer, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("made_by", String(60), nullable=False),
    Column("approved_at", BigInteger),
    Column("approved_by", String(60)),
    Column("ended_at", BigInteger),
    Column("ended_by", String(60)),
    Column("from_mark", BigInteger, comment="mark from which it is live; null before"),
    Column("until_mark", BigInteger, comment="mark from which it is live no more; null before"),
    Index("lists_by_name", "name", "version", unique=True),
)
"""Versions of lists: a row never changes but for its approval and its end."""

list_contents = Table(
    "list_contents",
    metadata,
    Column("list_id", Integer, ForeignKey("lists.id"), primary_key=True, autoincrement=False),
    Column("derivation", Integer, nullable=False, comment="version of the derivation of its keys"),
    Column("digest", String(64), nullable=False, comment="of the marks"),
    Column("marks", LargeBinary, nullable=False, comment="entity keys and expiry, see policy.lists.content"),
    Column("subject", LargeBinary, comment="whose key in the vault seals the rest"),
    Column("nonce", LargeBinary),
    Column("sealed", LargeBinary, comment="entries as they were imported"),
)

list_hits = Table(
    "list_hits",
    metadata,
    Column("seq", BigInteger, ForeignKey("events.seq"), primary_key=True, autoincrement=False),
    Column("list_id", Integer, ForeignKey("lists.id"), primary_key=True, autoincrement=False, index=True),
    Column("entry", Integer, primary_key=True, autoincrement=False),
    Column("similarity", Float(53), comment="of names; null where it is the same"),
)
"""Which entry of which list a parcel met when it was decided on."""

list_lookups = Table(
    "list_lookups",
    metadata,
    Column("mark", BigInteger, primary_key=True, autoincrement=False, comment="which lists were live"),
    Column("day", Integer, primary_key=True, autoincrement=False, comment="days since 1970"),
    Column("n", BigInteger, nullable=False, comment="parcels that were looked up in all of them"),
)
"""Look-ups, most of which hit nothing: they are counted, and nothing else is known of them."""
