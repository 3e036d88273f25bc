"""The audit as it was signed: what is changed, deleted, cut or restored is exposed and named."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import text

from features.parcel.problems import StoreError
from features.signing import new_key
from serving.office import auditing
from serving.office.audit_verifying import Verified, verify
from serving.office.checkpoints import Checkpoints, read_file
from serving.office.witnessing import cosigned
from serving.office.writer import now
from serving.store import Client, Role, Store, audit
from serving.store.clients import add_client
from serving.store.database import note
from serving.tlog.checkpoints import WITNESS, Checkpoint, verifier_key, witnessed_at
from serving.tlog.proofs import read_inclusion
from tests.stores import empty_store


@dataclass(frozen=True)
class Log:
    """A store with its checkpoints."""

    path: Path
    store: Store
    kept: Checkpoints

    def write(self, n: int, who: str = "officer-7") -> None:
        with self.store.begin() as connection:
            for i in range(n):
                note(connection, at_us=i, client_id=who, action="viewed", seqs=[2 * i])

    def sign(self) -> Checkpoint:
        made = auditing.checkpoint(self.store, self.store.begin, self.kept)
        assert made is not None
        return made

    def verified(self, *more: Checkpoint) -> Verified:
        checkpoints = [*map(read_file, self.kept.files()), *more]
        with self.store.begin_read() as connection:
            return verify(connection, checkpoints)

    def fault(self, *more: Checkpoint) -> str:
        found = self.verified(*more).fault
        return found.what if found else ""

    def sql(self, statement: str) -> None:
        with self.store.begin() as connection:
            connection.execute(text(statement))

    def tree_made_anew(self) -> None:
        """As whoever may write the database would hide a change."""
        self.sql("DELETE FROM audit_tiles")
        with self.store.begin() as connection:
            audit.grow(connection)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    new_key(tmp_path / "log.pem")
    path = empty_store(tmp_path / "store.db")
    with Store(f"sqlite:///{path}") as store:
        yield Log(path, store, Checkpoints(tmp_path / "audit", tmp_path / "log.pem"))


def test_what_was_signed_is_sound_and_keeps_growing(log: Log) -> None:
    assert auditing.checkpoint(log.store, log.store.begin, log.kept) is None
    log.write(300)
    first = log.sign()
    assert first.size == 300
    assert log.sign() == first
    log.write(10)
    assert log.verified() == Verified(n_entries=310, n_void=0, n_in_tree=300, n_agreeing=1, fault=None)
    second = log.sign()
    assert (second.size, len(log.kept.files())) == (310, 2)
    assert log.verified(first, second).n_agreeing == 4
    with log.store.begin_read() as connection:
        assert auditing.since(connection, first, second).continues(first)


@pytest.mark.parametrize(
    "change", ["client_id = 'officer-8'", "at = 5", "action = 'outcome'", "seq = 3", "until_seq = 900", "detail = 'x'"]
)
def test_a_changed_entry_is_named(log: Log, change: str) -> None:
    log.write(300)
    log.sign()
    log.sql(f"UPDATE audit SET {change} WHERE id = 271")
    assert log.fault() == "entry 271 was changed"


def test_a_deleted_and_an_added_entry_are_named(log: Log) -> None:
    log.write(300)
    log.sql("DELETE FROM audit WHERE id = 270")
    log.sign()
    assert log.verified().n_void == 1
    log.sql("INSERT INTO audit (id, at, client_id, action) VALUES (270, 1, 'officer-7', 'viewed')")
    assert log.fault() == "entry 270 was added later: its number was unused"
    log.sql("DELETE FROM audit WHERE id IN (20, 270)")
    assert log.fault() == "entry 20 is missing"


def test_the_end_that_was_cut_is_named(log: Log) -> None:
    log.write(300)
    log.sign()
    log.sql("DELETE FROM audit WHERE id > 290")
    assert log.fault().startswith("entry 291 is missing, and all up to 300: the end was cut off")
    log.sql("DELETE FROM audit")
    assert log.fault().startswith("entry 1 is missing, and all up to 300")


def test_a_change_that_was_hidden_in_the_stored_tree_is_exposed_by_checkpoints(log: Log) -> None:
    log.write(200)
    log.sign()
    log.write(100)
    last = log.sign()
    log.sql("UPDATE audit SET client_id = 'officer-8' WHERE id = 271")
    log.tree_made_anew()
    assert log.fault().startswith("an entry from 201 to 300 was changed, and the stored tree with it")
    shutil.rmtree(log.kept.folder)
    assert log.fault() == ""
    assert log.fault(last).startswith("an entry from 1 to 300 was changed")


def test_an_end_that_was_cut_with_its_tree_is_exposed_by_a_checkpoint_kept_elsewhere(log: Log) -> None:
    log.write(300)
    outside = log.sign()
    shutil.rmtree(log.kept.folder)
    log.sql("DELETE FROM audit WHERE id > 290")
    log.tree_made_anew()
    assert log.fault() == ""
    assert log.fault(outside).startswith("entry 291 is missing, and all up to 300")


def test_an_older_backup_that_was_restored_is_exposed_and_nothing_is_signed_on_it(log: Log) -> None:
    log.write(100)
    log.sign()
    log.write(1, "before the backup")
    backup = log.path.with_name("backup.db")
    _copy(log.path, backup)
    log.write(50)
    outside = log.sign()
    with Store(f"sqlite:///{backup}") as store:
        restored = replace(log, store=store, path=backup)
        assert restored.fault(outside).startswith("entry 102 is missing, and all up to 151")
        restored.write(80, "after")
        with pytest.raises(StoreError, match=r"does not continue its checkpoint of 151 entries.*nothing was signed"):
            restored.sign()
        assert restored.fault(outside).startswith(
            "an entry from 101 to 151 was changed, and the stored tree with it, or"
        )
        with store.begin() as connection:
            for name, role in (("ana", Role.ANALYST), ("sue", Role.SUPERVISOR)):
                add_client(connection, Client(client_id=name, role=role, operator=None), at_us=0)
        with pytest.raises(StoreError, match="Give one of sue"):
            auditing.record_loss(store, log.kept, outside, "ana", at_us=7)
        recorded = auditing.record_loss(store, log.kept, outside, "sue", at_us=7)
        restored.write(1)
        assert restored.sign().size == recorded.number + 1
        found = restored.verified()
        assert (found.fault, found.losses) == (None, (recorded,))
        assert outside.root.hex() in recorded.detail
        assert restored.fault(outside) != ""
        with pytest.raises(StoreError, match="nothing is lost"):
            auditing.record_loss(store, log.kept, restored.sign(), "sue", at_us=8)


@pytest.mark.parametrize("n_after", [0, 80])
def test_no_number_of_a_lost_entry_is_given_again(log: Log, n_after: int) -> None:
    log.write(50)
    outside = log.sign()
    log.sql("DELETE FROM audit WHERE id > 40")
    log.tree_made_anew()
    log.write(n_after)
    with log.store.begin() as connection:
        add_client(connection, Client(client_id="sue", role=Role.SUPERVISOR, operator=None), at_us=0)
    recorded = auditing.record_loss(log.store, log.kept, outside, "sue", at_us=7)
    assert recorded.number == max(50, 40 + n_after) + 1
    log.write(1)
    assert log.sign().size == recorded.number + 1
    assert log.verified().n_void == (0 if n_after else 10)


def _copy(path: Path, to: Path) -> None:
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(to)) as copy:
        source.backup(copy)


def test_a_stored_tree_that_was_changed_is_told_from_an_entry_that_was(log: Log) -> None:
    log.write(300)
    log.sign()
    log.sql("UPDATE audit_tiles SET hashes = CAST(zeroblob(64) || substr(hashes, 65) AS BLOB) WHERE level = 0")
    assert log.fault() == "entry 1 is as it was signed, but its stored hash was changed"
    log.tree_made_anew()
    log.sql("UPDATE audit_tiles SET hashes = zeroblob(32) WHERE level = 1")
    assert log.fault() == "the stored tree over the entries to 300 was changed above its leaves"


def test_an_entry_is_proven_and_what_was_changed_is_not(log: Log) -> None:
    log.write(300)
    proof = auditing.prove(log.store, log.kept, 271)
    assert read_inclusion(proof.text(), "it") == proof
    assert proof.holds
    assert (proof.entry.number, proof.entry.who, proof.checkpoint.size) == (271, "officer-7", 300)
    log.write(1)
    assert auditing.prove(log.store, log.kept, 301).checkpoint.size == 301
    for number in (0, 302):
        with pytest.raises(StoreError, match=f"no entry {number}"):
            auditing.prove(log.store, log.kept, number)
    log.sql("UPDATE audit SET client_id = 'officer-8' WHERE id = 271")
    with pytest.raises(StoreError, match="entry 271 is not as it was signed"):
        auditing.prove(log.store, log.kept, 271)


def test_a_witness_cosigns_only_what_continues_what_it_saw(log: Log, tmp_path: Path) -> None:
    mine = tmp_path / "witness.pem"
    verifier = verifier_key("partner/w", WITNESS, new_key(mine))

    def cosign(text: str, before: Checkpoint | None) -> Checkpoint:
        key = log.kept.public_key
        return cosigned(text, "it", public_key=key, before=before, name="partner/w", key=mine, at=now())

    log.write(100)
    first = cosign(log.sign().text(), None)
    assert witnessed_at(first, verifier) is not None
    log.write(100)
    second = log.sign()
    with pytest.raises(StoreError, match="does not show that it continues the checkpoint of 100"):
        cosign(second.text(), first)
    with log.store.begin_read() as connection:
        request = auditing.since(connection, first, second).text()
    assert witnessed_at(cosign(request, first), verifier) is not None
    with pytest.raises(StoreError, match="does not show that it continues"):
        cosign(request, replace(second))
    with pytest.raises(StoreError, match="is not signed with the key"):
        cosigned(request, "it", public_key="00" * 32, before=None, name="w", key=mine, at=now())
