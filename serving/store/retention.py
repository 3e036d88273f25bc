"""Runs of retention, how far each came, and rows that are deleted by their age."""

from __future__ import annotations

from dataclasses import dataclass, fields

from sqlalchemy import ColumnElement, Connection, Table, func, select

from features.parcel.problems import StoreError
from serving.store.erasure import erase, held_subject
from serving.store.kept_answers import kept_answers
from serving.store.notes import shift_notes
from serving.store.practice import practice_choices
from serving.store.retention_tables import retention_runs
from serving.store.tables import job_results, jobs, quarantine
from serving.store.vault import Vault

_AT_ONCE = 2_000


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run; ages are counted to `as_of`, parcels up to event `last_seq` are done."""

    id: int
    as_of: int
    rules: str
    client_id: str
    last_seq: int = 0
    n_masked: int = 0
    n_erased: int = 0
    n_held: int = 0
    n_rows: int = 0
    ended_at: int | None = None


def unfinished(connection: Connection, rules: str) -> Run | None:
    """Newest run under these rules that has not ended."""
    is_it = retention_runs.c.rules == rules, retention_runs.c.ended_at.is_(None)
    row = connection.execute(select(retention_runs).where(*is_it).order_by(retention_runs.c.id.desc()).limit(1)).first()
    return None if row is None else Run(**row._mapping)


def begin(connection: Connection, *, as_of: int, rules: str, client_id: str) -> Run:
    """Begin a run."""
    run = Run(id=0, as_of=as_of, rules=rules, client_id=client_id)
    row = {field.name: getattr(run, field.name) for field in fields(run) if field.name != "id"}
    number = connection.execute(retention_runs.insert().values(**row).returning(retention_runs.c.id)).scalar_one()
    return Run(**row, id=int(number))


def note_progress(connection: Connection, run: Run) -> None:
    """Keep how far a run came."""
    connection.execute(retention_runs.update().where(retention_runs.c.id == run.id).values(**vars(run)))


def last_run(connection: Connection) -> Run | None:
    """Run that ended last."""
    ended = select(retention_runs).where(retention_runs.c.ended_at.is_not(None))
    row = connection.execute(ended.order_by(retention_runs.c.id.desc()).limit(1)).first()
    return None if row is None else Run(**row._mapping)


def n_aged(connection: Connection, table: str, *, before_us: int) -> int:
    """Rows of a table that are older than a time."""
    old = select(func.count()).select_from(_aged(table)).where(_is_old(table, before_us))
    return int(connection.execute(old).scalar_one())


def delete_aged(connection: Connection, vault: Vault, table: str, *, before_us: int, at_us: int) -> int:
    """Delete up to some thousand rows of a table that are older than a time, and the keys of what was sealed."""
    rows = _aged(table)
    key = next(iter(rows.primary_key.columns))
    keys = list(connection.execute(select(key).where(_is_old(table, before_us)).limit(_AT_ONCE)).scalars())
    if rows is quarantine:
        _erase_rejected(connection, vault, keys, at_us)
    if rows is jobs:
        connection.execute(job_results.delete().where(job_results.c.job_id.in_(keys)))
    connection.execute(rows.delete().where(key.in_(keys)))
    return len(keys)


def _erase_rejected(connection: Connection, vault: Vault, ids: list[int], at_us: int) -> None:
    """Destroy the keys of rows in quarantine that have keys of their own; others go with their parcel."""
    rows = connection.execute(select(quarantine).where(quarantine.c.id.in_(ids))).all()
    subjects = {held_subject(row.operator, row.received_at, row.line): row.subject for row in rows}
    own = [subject for subject, handle in subjects.items() if vault.handle(subject) == handle]
    erase(connection, vault, own, at_us=at_us)


_AGED = {table.name: table for table in (quarantine, jobs, job_results, kept_answers, shift_notes, practice_choices)}
"""Tables whose rows have an age."""


def _aged(table: str) -> Table:
    if table not in _AGED:
        raise StoreError(f"rows of the table {table} have no age by which they could be deleted. Choose another rule.")
    return _AGED[table]


def _is_old(table: str, before_us: int) -> ColumnElement[bool]:
    if _aged(table) is job_results:
        return job_results.c.job_id.in_(select(jobs.c.job_id).where(jobs.c.received_at < before_us))
    return _aged(table).c[_TIME_OF.get(table, "received_at")] < before_us


_TIME_OF = {kept_answers.name: "kept_at", shift_notes.name: "made_at", practice_choices.name: "chosen_at"}
"""Columns of the age, where it is not that of the receipt."""
