"""Transactions: who may write, who waits, and what is said when the database fails."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text

from features.parcel.problems import StoreBusy, StoreError
from serving.store import Store, engines
from serving.store.tables import meta

WRITER = """
import sys
from serving.store import Store
from serving.store.tables import meta
from features.parcel.problems import StoreError
with Store(sys.argv[1], lease_s=float(sys.argv[2])) as store:
    try:
        store.become_writer()
        print("writer", flush=True)
        with store.begin() as connection:
            connection.execute(meta.insert().values(name="written by", value="the first"))
            print("written", flush=True)
            sys.stdin.readline()
        print("committed", flush=True)
    except StoreError as error:
        print(f"refused: {error}", flush=True)
"""


def process(url: str, lease_s: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, url, str(lease_s)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def line(running: subprocess.Popen[str]) -> str:
    assert running.stdout is not None
    return running.stdout.readline().strip()


def written(store: Store) -> list[str]:
    with store.begin_read() as connection:
        return list(connection.execute(select(meta.c.value).where(meta.c.name == "written by")).scalars())


def test_a_second_service_is_refused_and_a_clean_end_lets_it_begin(url: str) -> None:
    with Store(url) as first, Store(url) as second:
        first.become_writer()
        with pytest.raises(StoreError, match=r"another (process|service) writes to"):
            second.become_writer()
        first.close()
        second.become_writer()


def test_a_second_process_is_refused(url: str) -> None:
    with Store(url) as store:
        store.become_writer()
        second = process(url, 30)
        assert second.communicate(timeout=120)[0].startswith("refused: another")


def test_the_lease_is_renewed_while_its_holder_lives(postgres_url: str) -> None:
    with Store(postgres_url, lease_s=0.6) as first, Store(postgres_url) as second:
        first.become_writer()
        time.sleep(2)
        with pytest.raises(StoreError, match="writes to this store"):
            second.become_writer()


def test_a_paused_writer_that_lost_its_lease_commits_nothing(postgres_url: str) -> None:
    with Store(postgres_url) as store:
        first = process(postgres_url, 1)
        assert (line(first), line(first)) == ("writer", "written")
        first.send_signal(signal.SIGSTOP)
        take_over(store)
        first.send_signal(signal.SIGCONT)
        said, _ = first.communicate("\n", timeout=120)
        assert re.match("refused: .*another service (has become|became) the writer", said)
        assert written(store) == []
        with store.begin() as connection:
            connection.execute(insert(meta).values(name="written by", value="the second"))
        assert written(store) == ["the second"]


def take_over(store: Store) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            return store.become_writer()
        except StoreError:
            assert time.monotonic() < deadline
            time.sleep(0.2)


def test_the_lease_of_a_killed_writer_is_taken_over_when_it_ends(postgres_url: str) -> None:
    with Store(postgres_url) as store:
        first = process(postgres_url, 1)
        assert (line(first), line(first)) == ("writer", "written")
        first.kill()
        first.communicate(timeout=60)
        take_over(store)
        assert written(store) == []


def test_a_writer_whose_token_is_old_is_stopped_at_the_beginning(url: str) -> None:
    with Store(url) as store:
        store.become_writer()
        with store._begun() as connection:
            connection.execute(text("UPDATE lease SET token = token + 1"))
        begun = []
        with pytest.raises(StoreError, match="has become the writer"), store.begin() as connection:
            begun.append(connection)
        assert begun == []
        assert store.is_replaced


def test_a_reader_sees_one_moment_and_waits_for_nobody(url: str) -> None:
    with Store(url) as store, store.begin_read() as reader:
        query = select(meta.c.value).where(meta.c.name == "written by")
        assert reader.execute(query).all() == []
        with store.begin() as connection:
            connection.execute(meta.insert().values(name="written by", value="later"))
            with store.begin_read() as other:
                assert other.execute(query).all() == []
        assert reader.execute(query).all() == []
        assert written(store) == ["later"]


def test_a_reader_cannot_write(url: str) -> None:
    with Store(url) as store:
        with pytest.raises(StoreError), store.begin_read() as connection:
            connection.execute(meta.insert().values(name="written by", value="a reader"))
        assert written(store) == []


def test_a_busy_store_is_said_at_the_beginning(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "BUSY_S", 0.1)
    begun = []
    words = "Nothing was stored; try again"
    with (
        Store(sqlite_url) as store,
        Store(sqlite_url) as other,
        other.begin(),
        pytest.raises(StoreBusy, match=words),
        store.begin() as connection,
    ):
        begun.append(connection)
    assert begun == []


def test_a_failure_repeats_no_value(url: str) -> None:
    secret = "Anna Muster"
    with Store(url) as store:
        for _ in range(2):
            try:
                with store.begin() as connection:
                    connection.execute(meta.insert().values(name=secret, value=secret))
            except StoreError as error:
                said = "".join(traceback.format_exception(error))
    assert secret not in said
    assert re.search(r"failed \((SQLITE_CONSTRAINT_PRIMARYKEY|23505)\)", said)


def much(store: Store) -> None:
    """Write more than the database may hold: SQLite fails as on a full disk."""
    with store.begin() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
        connection.execute(meta.insert().values(name="much", value="x" * 10**6))


def test_a_full_disk_is_said(sqlite_url: str) -> None:
    with Store(sqlite_url) as store:
        with pytest.raises(StoreError, match="disk is full"):
            much(store)
        with store.begin_read() as connection:
            assert connection.execute(select(meta.c.name).where(meta.c.name == "much")).all() == []


def test_a_failing_database_has_no_password_in_its_message() -> None:
    url = "postgresql://someone:hidden@127.0.0.1:1/none"
    with pytest.raises(StoreError) as failure:
        Store(url)
    assert "hidden" not in "".join(traceback.format_exception(failure.value))


@pytest.mark.parametrize("url", ["mysql://somewhere/store", "sqlite://", "postgresql://somewhere", "not a URL"])
def test_other_databases_are_refused_in_words(url: str) -> None:
    with pytest.raises(StoreError, match=r"SQLite or PostgreSQL|names no file|cannot be read"):
        Store(url)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreError, match="SQLITE_NOTADB"):
        Store(f"sqlite:///{tmp_path / 'store.db'}")
