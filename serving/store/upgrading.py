"""Upgrade a store of an earlier program: a copy first, then every step and every sealed row in one transaction."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, Row, Table, func, inspect, select

from features.parcel.problems import StoreError
from serving.store import log as event_log
from serving.store.backup import copied
from serving.store.engines import FailuresInWords, parsed, writing_engine
from serving.store.erasure import held_subject, subject_of
from serving.store.migrations import newest, revision_of, upgrade
from serving.store.tables import personal, quarantine, versions
from serving.store.vault import Content, Vault
from serving.store.writer import only_writer, refuse_while_held

_AT_ONCE = 2_000
Owners = dict[int, str]
"""Subject of the parcel event at a sequence number."""


@dataclass(frozen=True, kw_only=True)
class Upgrade:
    """What was done; `backup` is None where nothing was, or where the database has its own backups."""

    before: str | None
    after: str
    backup: Path | None
    n_sealed: int


def upgrade_store(url: str, vault: Vault, earlier_key: Callable[[], bytes]) -> Upgrade:
    """Upgrade the store at `url`; a process that is killed meanwhile leaves it as it was.

    Parameters
    ----------
    url:
        SQLAlchemy URL of the store.
    vault:
        Seals again what an earlier program sealed under one key for all.
    earlier_key:
        Reads that key; called only when there are such rows.

    Raises
    ------
    StoreError
        When a service is running on the store, it is of a newer program, or the earlier key is not the right one.
    """
    address = parsed(url)
    file = Path(address.database or "") if address.get_backend_name() == "sqlite" else None
    if file is not None and not file.exists():
        raise StoreError(
            f"there is no store at {file}. Nothing needs to be upgraded; the next command makes a new one."
        )
    # Steps may rebuild tables that others refer to; the references are checked at the end instead.
    engine = writing_engine(address, foreign_keys=False)
    try:
        with FailuresInWords(), only_writer(file):
            with engine.connect() as connection:
                before = revision_of(connection)
            if before == newest():
                return Upgrade(before=before, after=before, backup=None, n_sealed=0)
            backup = _copied(file, before or "empty") if file is not None else None
            with engine.begin() as connection:
                if file is None and inspect(connection).has_table("lease"):
                    refuse_while_held(connection)
                upgrade(connection)
                n_sealed = _seal_again(connection, vault, earlier_key)
                _check_references(connection)
            return Upgrade(before=before, after=newest(), backup=backup, n_sealed=n_sealed)
    finally:
        engine.dispose()


def _copied(file: Path, revision: str) -> Path:
    """Write a consistent copy next to the store, whole or not at all; an earlier copy is not replaced."""
    target = file.with_name(f"{file.name}.before-{newest()}-was-{revision}")
    number = 1
    while target.exists():
        number += 1
        target = file.with_name(f"{file.name}.before-{newest()}-was-{revision}-{number}")
    copied(file, target)
    return target


def _check_references(connection: Connection) -> None:
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise StoreError("rows of the store refer to rows that do not exist: it is damaged. Restore it from a backup.")


def _seal_again(connection: Connection, vault: Vault, earlier_key: Callable[[], bytes]) -> int:
    """Seal rows under keys of their own which are still sealed under the one key of before; return their number."""
    unsealed = (_n_old(connection, table) for table in (personal, versions, quarantine))
    if not any(list(unsealed)):
        return 0
    cipher = AESGCM(earlier_key())
    return (
        _reseal(connection, vault, personal, lambda row, owners: _personal(cipher, row, owners), "seq")
        + _reseal(connection, vault, versions, lambda row, owners: _version(cipher, row, owners), "id")
        + _reseal(connection, vault, quarantine, lambda row, _: _held(cipher, row), "id")
    )


def _n_old(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).where(table.c.subject.is_(None))).scalar() or 0)


def _reseal(
    connection: Connection, vault: Vault, table: Table, content: Callable[[Row[Any], Owners], Content], key: str
) -> int:
    n = 0
    chosen = select(table).where(table.c.subject.is_(None)).order_by(table.c[key]).limit(_AT_ONCE)
    while rows := connection.execute(chosen).all():
        owners = _owners(connection, rows) if "seq" in table.c else {}
        sealed = vault.seal_many(content(row, owners) for row in rows)
        for row, columns in zip(rows, sealed, strict=True):
            connection.execute(table.update().where(table.c[key] == getattr(row, key)).values(**columns))
        n += len(rows)
    return n


def _owners(connection: Connection, rows: Sequence[Row[Any]]) -> Owners:
    events = event_log.events_at(connection, {row.seq for row in rows})
    return {event["seq"]: subject_of(event) for event in events}


def _personal(cipher: AESGCM, row: Row[Any], owners: Owners) -> Content:
    data = _opened(cipher, row, str(row.seq))
    return Content(subject=owners[row.seq], data=data, context=f"personal|{row.seq}")


def _version(cipher: AESGCM, row: Row[Any], owners: Owners) -> Content:
    context = f"version|{row.seq}|{row.received_at}"
    return Content(subject=owners[row.seq], data=_opened(cipher, row, context), context=context)


def _held(cipher: AESGCM, row: Row[Any]) -> Content:
    context = f"held|{row.operator}|{row.received_at}|{row.line}"
    subject = held_subject(row.operator, row.received_at, row.line)
    return Content(subject=subject, data=_opened(cipher, row, context), context=context)


def _opened(cipher: AESGCM, row: Row[Any], context: str) -> Any:
    try:
        return json.loads(cipher.decrypt(row.nonce, row.sealed, context.encode()))
    except InvalidTag as error:
        raise StoreError(
            "personal.key does not open the sealed rows of this store. Put the key back under which they were written; "
            "nothing changed."
        ) from error
