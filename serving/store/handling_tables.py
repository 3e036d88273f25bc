"""Tables of what happens to parcels at the office: stages, undeclared items, test parcels, scans.

They belong to the metadata of `serving.store.tables`, where times and keys are explained.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Table

from serving.store.tables import Sequence, metadata

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True, comment="batch_id of the stages in the log"),
    Column("made_at", BigInteger, nullable=False),
    Column("client_id", String(60), nullable=False),
    Column("stage", String(20), nullable=False),
    Column("result", String(20), nullable=False),
    Column("duration_s", Integer),
    Column("n_named", Integer, nullable=False, comment="parcels that were named"),
    Column("n_known", Integer, nullable=False, comment="those of them that are on record"),
)
"""Runs of one method over several parcels: a dog past a table, a bag through an x-ray."""

stage_details = Table(
    "stage_details",
    metadata,
    Column("seq", Sequence, ForeignKey("events.seq"), primary_key=True, autoincrement=False),
    Column("officer", String(35)),
    Column("image", String(200), comment="where the office keeps the image"),
)
"""What may be erased of a stage, and is in no segment of the log."""

observations = Table(
    "observations",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True, comment="serial of the number that was issued"),
    Column("seq", BigInteger, ForeignKey("events.seq"), unique=True, comment="event of the undeclared item"),
    Column("is_issued", Integer, nullable=False, comment="1 where the office issued the number"),
    Column("direction", String(20)),
    Column("posting_mark", String(70)),
)
"""What the log has no column for of labels of undeclared items."""

trials = Table(
    "trials",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("parcel_id", String(35), nullable=False, index=True),
    Column("operator", String(35)),
    Column("finding_class", String(20), nullable=False, comment="what is to be found in it"),
    Column("placed_at", BigInteger, nullable=False),
    Column("client_id", String(60), nullable=False),
    Column("revealed_at", BigInteger),
)
"""Test parcels."""

scans = Table(
    "scans",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("seq", BigInteger, ForeignKey("events.seq"), nullable=False, index=True),
    Column("state", String(20), nullable=False),
    Column("scanned_at", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("client_id", String(60), nullable=False),
    Column("station", String(35)),
)
"""Customs' own scans."""

clock_entries = Table(
    "clock_entries",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("seq", BigInteger, ForeignKey("events.seq"), nullable=False, index=True),
    Column("owner", String(60), comment="who owns the referral from now on"),
    Column("end", String(20), comment="how it ended"),
    Column("reason", String(200)),
    Column("made_at", BigInteger, nullable=False),
    Column("client_id", String(60), nullable=False),
)
"""Who owns a referral, and how it ended; rows are only added."""

exhibits = Table(
    "exhibits",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("seq", BigInteger, ForeignKey("events.seq"), nullable=False, index=True),
)
"""What was taken from parcels."""

custody = Table(
    "custody",
    metadata,
    Column("exhibit_id", Integer, ForeignKey("exhibits.id"), primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(20), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("client_id", String(60), nullable=False),
    Column("seal", String(35)),
    Column("gross_g", BigInteger),
    Column("net_g", BigInteger),
    Column("recipient", String(70)),
    Column("reference", String(70)),
    Column("corrects", Integer),
    Column("digest", String(64), nullable=False, comment="over the entry and the digest before"),
)
"""Ledger of exhibits; rows are only added."""
