"""Schema step by step: what the steps make is what the code declares, and a killed upgrade leaves old or new."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, make_url

from features.parcel.problems import StoreError
from serving.store import Store
from serving.store.engines import writing_engine
from serving.store.migrations import REVISION_TABLE, newest, revision_of, revisions, steps, upgrade
from serving.store.tables import metadata

KILLED = """
import os, signal, sys
from sqlalchemy import event
from serving.store.engines import writing_engine
from serving.store.migrations import upgrade
from sqlalchemy import make_url
engine = writing_engine(make_url(sys.argv[1]), foreign_keys=False)
left = int(sys.argv[2])

@event.listens_for(engine, "after_cursor_execute")
def count(connection, cursor, statement, *rest):
    global left
    if statement.split()[0] in ("CREATE", "ALTER", "DROP", "INSERT", "UPDATE", "DELETE"):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

with engine.begin() as connection:
    upgrade(connection)
print("upgraded")
"""


def differences(connection: Connection) -> list[object]:
    def ours(_object: object, name: str | None, kind: str, *_rest: object) -> bool:
        return not (kind == "table" and name == REVISION_TABLE)

    options = {"include_object": ours, "compare_type": True, "compare_server_default": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


def of_first_revision(url: str) -> None:
    """Make a store as the program made it before there were steps."""
    engine = writing_engine(make_url(url))
    with engine.begin() as connection:
        upgrade(connection, to="0001")
        connection.exec_driver_sql(f"DROP TABLE {REVISION_TABLE}")
        connection.exec_driver_sql("INSERT INTO meta VALUES ('schema_version', '2')")
    engine.dispose()


def test_the_steps_make_the_tables_that_the_code_declares(url: str) -> None:
    engine = writing_engine(make_url(url))
    with engine.begin() as connection:
        upgrade(connection)
        assert differences(connection) == []
    engine.dispose()


def test_an_upgraded_store_has_the_tables_of_a_new_one(url: str) -> None:
    of_first_revision(url)
    engine = writing_engine(make_url(url), foreign_keys=False)
    with engine.begin() as connection:
        assert revision_of(connection) == "0001"
        upgrade(connection)
        assert revision_of(connection) == newest()
        assert differences(connection) == []
    engine.dispose()


def test_the_steps_are_one_chain_and_known_by_the_names_of_their_files() -> None:
    assert sorted(step.revision for step in steps().walk_revisions()) == sorted(revisions())
    assert steps().get_heads() == [newest()]
    assert len(steps().get_bases()) == 1


def test_an_older_store_is_refused_with_the_command_that_upgrades_it(sqlite_url: str) -> None:
    of_first_revision(sqlite_url)
    with pytest.raises(StoreError, match="parcel-risk migrate"):
        Store(sqlite_url)


def test_a_store_of_a_newer_program_is_refused(sqlite_url: str) -> None:
    Store(sqlite_url).close()
    with sqlite3.connect(make_url(sqlite_url).database or "") as file:
        file.execute(f"UPDATE {REVISION_TABLE} SET version_num = '9999'")
    file.close()
    with pytest.raises(StoreError, match="newer program"):
        Store(sqlite_url)


def test_a_store_older_than_the_first_step_is_refused(sqlite_url: str) -> None:
    of_first_revision(sqlite_url)
    with sqlite3.connect(make_url(sqlite_url).database or "") as file:
        file.execute("UPDATE meta SET value = '1'")
    file.close()
    with pytest.raises(StoreError, match="schema version 1"):
        Store(sqlite_url)


def test_the_program_of_before_refuses_an_upgraded_store(sqlite_url: str) -> None:
    """It compares this row with its own version; were it missing, it would write into tables it does not know."""
    with Store(sqlite_url) as store, store.begin_read() as connection:
        noted = connection.exec_driver_sql("SELECT value FROM meta WHERE name = 'schema_version'").scalar()
    assert noted not in (None, "2")


@pytest.mark.parametrize("statement", [1, 4, 7])
def test_an_upgrade_that_is_killed_leaves_the_store_as_it_was(url: str, statement: int) -> None:
    of_first_revision(url)
    before = schema(url)
    done = killed(url, statement)
    assert (done.returncode, done.stdout) in ((-signal.SIGKILL, ""), (0, "upgraded\n")), done.stderr
    if done.returncode:
        assert schema(url) == before
        engine = writing_engine(make_url(url), foreign_keys=False)
        with engine.begin() as connection:
            upgrade(connection)
        engine.dispose()
    engine = create_engine(url)
    with engine.connect() as connection:
        assert revision_of(connection) == newest()
    engine.dispose()


def test_the_upgrade_can_be_killed_in_its_midst(sqlite_url: str) -> None:
    """Else the test above would prove nothing."""
    of_first_revision(sqlite_url)
    assert killed(sqlite_url, 4).returncode == -signal.SIGKILL


def killed(url: str, statement: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", KILLED, url, str(statement)], capture_output=True, text=True, timeout=120, check=False
    )


def schema(url: str) -> list[tuple[str, str]]:
    """Every column of every table."""
    engine = create_engine(url)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master ORDER BY name").all()
        else:
            rows = connection.exec_driver_sql(
                "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' "
                "ORDER BY 1, 2"
            ).all()
    engine.dispose()
    return [(str(name), str(what)) for name, what in rows]


def test_two_processes_open_a_new_store_at_once(tmp_path: Path) -> None:
    code = "import sys; from serving.store import Store; Store(sys.argv[1]).close()"
    url = f"sqlite:///{tmp_path / 'new.db'}"
    both = [subprocess.Popen([sys.executable, "-c", code, url], stderr=subprocess.PIPE) for _ in range(3)]
    assert [(one.communicate(timeout=120)[1], one.returncode) for one in both] == [(b"", 0)] * 3
