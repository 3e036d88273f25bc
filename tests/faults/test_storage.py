"""Faults of storage that no other test is about."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from serving.store import Store
from serving.store.audit import entries
from serving.store.database import note


@pytest.mark.parametrize("n_cut", [1, 100, 4_096, 6_000])
def test_a_torn_journal_loses_no_earlier_entry(tmp_path: Path, n_cut: int) -> None:
    """Fault 14: of two commits the second is cut in the journal; the first is there, and the store is written to."""
    running, torn = tmp_path / "running", tmp_path / "torn"
    with Store(f"sqlite:///{running}/store.db") as store:
        for n, action in enumerate(("first", "second")):
            with store.begin() as connection:
                note(connection, at_us=n, client_id="x", action=action, seqs=[])
            if action == "first":
                size = (running / "store.db-wal").stat().st_size
        shutil.copytree(running, torn)  # as a machine leaves it that loses its power
    journal = torn / "store.db-wal"
    journal.write_bytes(journal.read_bytes()[: max(size, journal.stat().st_size - n_cut)])
    with Store(f"sqlite:///{torn}/store.db") as store:
        with store.begin() as connection:
            note(connection, at_us=9, client_id="x", action="after", seqs=[])
        with store.begin_read() as connection:
            assert [one.action for one in entries(connection, limit=9)] == ["first", "after"]
