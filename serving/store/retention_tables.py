"""Tables of retention: legal holds, what was masked, and how far each run came.

They belong to the metadata of `serving.store.tables`, where times and keys are explained.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, LargeBinary, String, Table

from serving.store.tables import Sequence, metadata

holds = Table(
    "holds",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("seq", BigInteger, ForeignKey("events.seq"), nullable=False, comment="a version of the parcel"),
    Column("subject", LargeBinary, nullable=False, index=True, comment="whose key in the vault is kept"),
    Column("reason", String(200), nullable=False),
    Column("legal_basis", String(200), nullable=False),
    Column("review_on", String(10), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("made_by", String(60), nullable=False),
    Column("lifted_at", BigInteger),
    Column("lifted_by", String(60)),
)
"""Legal holds: neither masked nor erased while one is open."""

masked_texts = Table(
    "masked_texts",
    metadata,
    Column("seq", Sequence, ForeignKey("events.seq"), primary_key=True, autoincrement=False),
    Column("subject", LargeBinary, nullable=False, comment="whose key in the vault seals this"),
    Column("nonce", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False, comment="AES-256-GCM over texts of the event as JSON"),
)
"""Free texts of masked parcels, which are nowhere else any more."""

retention_runs = Table(
    "retention_runs",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("as_of", BigInteger, nullable=False, comment="ages are counted to this time"),
    Column("rules", String(12), nullable=False, comment="digest of the rules"),
    Column("client_id", String(60), nullable=False),
    Column("last_seq", BigInteger, nullable=False, comment="event up to which parcels are done: where it resumes"),
    Column("n_masked", BigInteger, nullable=False),
    Column("n_erased", BigInteger, nullable=False),
    Column("n_held", BigInteger, nullable=False, comment="parcels that were due and that a hold keeps"),
    Column("n_rows", BigInteger, nullable=False, comment="rows deleted by their age"),
    Column("ended_at", BigInteger),
)
"""Runs of retention."""
