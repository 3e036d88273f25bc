"""The schema of the store, step by step: the only way in which its tables are made and changed.

A store notes the step it stands at in the table ``parcel_risk_revision``. The name is its own, because MLflow keeps
its own steps under Alembic's usual name and may share the database. All steps of an upgrade run in the transaction of
the caller, so that a process that is killed leaves the store as it was.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from features.parcel.problems import StoreError

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

_FILE = re.compile(r"r(\d{4})_\w+\.py")
REVISION_TABLE = "parcel_risk_revision"
FIRST = "0001"
_FIRST_SCHEMA = "2"
"""What a store of the first revision notes of itself; it was written before there were revisions."""


@cache
def steps() -> ScriptDirectory:
    """Steps of this program, as Alembic knows them."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(_config())


@cache
def revisions() -> frozenset[str]:
    """Revisions of this program by the names of their files: a start need import neither a step nor Alembic."""
    named = (_FILE.fullmatch(file.name) for file in files("serving.store.migrations.versions").iterdir())
    return frozenset(found[1] for found in named if found)


def newest() -> str:
    """Revision that this program needs."""
    return max(revisions())


def revision_of(connection: Connection) -> str | None:
    """Revision of a store; None when the database holds no store yet.

    Raises
    ------
    StoreError
        When it was written by a program that is older than the first step, or newer than this one.
    """
    tables = inspect(connection).get_table_names()
    if REVISION_TABLE in tables:
        return _known(str(connection.execute(text(f"SELECT version_num FROM {REVISION_TABLE}")).scalar_one()))
    if "meta" not in tables:
        return None
    schema = connection.execute(text("SELECT value FROM meta WHERE name = 'schema_version'")).scalar()
    if schema != _FIRST_SCHEMA:
        raise StoreError(
            f"the store was written with schema version {schema}, before there were migrations; this program upgrades "
            f"stores from version {_FIRST_SCHEMA} on. Use the version that wrote it, or another database."
        )
    return FIRST


def _known(revision: str) -> str:
    if revision not in revisions():
        raise StoreError(
            f"the store is at revision {revision}, which a newer program wrote; this one knows {newest()} and before. "
            "Install the newer program again, or use another database."
        )
    return revision


def upgrade(connection: Connection, to: str = "head") -> None:
    """Run the steps that are missing, in the transaction that is open on `connection`."""
    if connection.dialect.name == "postgresql":
        # Two programs that open a new store at once make it one after the other, as the lock of SQLite has them do.
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('parcel_risk_revision'))"))
    from alembic.runtime.environment import EnvironmentContext

    unmarked = revision_of(connection) == FIRST and not inspect(connection).has_table(REVISION_TABLE)
    script = steps()
    with EnvironmentContext(_config(), script, fn=lambda at, _: script._upgrade_revs(to, at)) as environment:
        environment.configure(connection=connection, version_table=REVISION_TABLE)
        if unmarked:
            environment.get_context().stamp(script, FIRST)
        environment.run_migrations()


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "serving.store:migrations")
    config.set_main_option("path_separator", "os")
    return config
