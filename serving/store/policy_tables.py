"""Tables of what an office sets about decisions: marks by which a running service sees what has changed.

They belong to the metadata of `serving.store.tables`, where times and keys are explained.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, String, Table

from serving.store.tables import metadata

policy_marks = Table(
    "policy_marks",
    metadata,
    Column("kind", String(20), primary_key=True),
    Column("number", BigInteger, nullable=False, comment="raised by every change of what is live"),
)
