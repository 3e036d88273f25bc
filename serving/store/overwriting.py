"""Overwrite what was deleted: a database leaves deleted bytes in its files until it needs the space."""

from __future__ import annotations

from sqlalchemy import URL, Connection, create_engine

from features.parcel.problems import StoreBusy
from serving.store.engines import BUSY_S, FailuresInWords
from serving.store.handling_tables import observations, stage_details
from serving.store.kept_answers import kept_answers
from serving.store.retention_tables import masked_texts
from serving.store.tables import (
    cancellations,
    events,
    identifiers,
    job_results,
    jobs,
    movements,
    personal,
    quarantine,
    receptacles,
    tail,
    texts,
    versions,
)


def overwrite_deleted(url: URL) -> None:
    """Write the files of a database anew without what was deleted, its write-ahead log included.

    On PostgreSQL the log of the server and its archive keep what they hold until the server recycles them.

    Raises
    ------
    StoreBusy
        When somebody else uses the database at this moment.
    """
    is_file = url.get_backend_name() == "sqlite"
    engine = create_engine(url, hide_parameters=True, isolation_level="AUTOCOMMIT")
    try:
        with FailuresInWords(), engine.connect() as connection:
            (_in_file if is_file else _in_server)(connection)
    finally:
        engine.dispose()


def _in_file(connection: Connection) -> None:
    connection.exec_driver_sql(f"PRAGMA busy_timeout={BUSY_S * 1000}")
    connection.exec_driver_sql("VACUUM")
    is_busy, *_ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
    if is_busy:
        raise StoreBusy(
            "somebody reads the database, so that deleted bytes are still in its write-ahead log. Repeat the command; "
            "it resumes here."
        )


def _in_server(connection: Connection) -> None:
    connection.exec_driver_sql(f"SET lock_timeout='{BUSY_S}s'")
    for table in _ERASED_FROM:
        connection.exec_driver_sql(f'VACUUM (FULL) "{table.name}"')


_ERASED_FROM = (
    *(events, tail, texts, personal, versions, identifiers, movements, receptacles, cancellations, quarantine),
    *(jobs, job_results, kept_answers, stage_details, observations, masked_texts),
)
"""Tables from which numbers, texts and sealed rows are erased: the others need not be written anew."""
