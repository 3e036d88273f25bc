"""Versions of declarations that changed nothing: late lower ones, and cancellations. They are kept all the same."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from serving.store.tables import versions
from serving.store.vault import Vault


def keep_version(
    connection: Connection, vault: Vault, *, seq: int, subject: str, row: dict[str, Any], at_us: int
) -> None:
    """Keep a lodged row of the parcel `subject` next to the version on record at `seq`."""
    connection.execute(
        versions.insert().values(
            seq=seq,
            version=row["version"] or 1,
            function=row["function"] or "lodge",
            received_at=at_us,
            **vault.seal(
                subject, {name: value for name, value in row.items() if value is not None}, f"version|{seq}|{at_us}"
            ),
        )
    )


def versions_of(connection: Connection, vault: Vault, seq: int) -> list[dict[str, Any]]:
    """Rows kept next to the version on record at `seq`, oldest first; without those that were erased."""
    rows = connection.execute(select(versions).where(versions.c.seq == seq).order_by(versions.c.id))
    kept = (vault.unseal(row.subject, row.nonce, row.sealed, f"version|{seq}|{row.received_at}") for row in rows)
    return [row for row in kept if row is not None]
