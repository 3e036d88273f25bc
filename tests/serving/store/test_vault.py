"""The vault: what it seals comes back only whole and in its context, what it erased never."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.event_rows import NOTHING
from features.parcel.problems import StoreError
from serving.store import Store, receptacles, sealing
from serving.store import log as event_log
from serving.store.erasure import erase, held_subject, parcel_subject, reconcile, sweep
from serving.store.quarantine import held_rows
from serving.store.scores import personal_of
from serving.store.tables import personal
from serving.store.times import time_of
from serving.store.vault import Content, Vault

WRAPPING, SPOOL = b"w" * 32, b"s" * 32
ORDER = {"seq": 1, "kind": "parcel", "known_at": time_of(1), "subject_seq": 1}
ANNA, BERTA = parcel_subject("post-a", "P-1", 1), parcel_subject("post-a", "P-2", 1)
LABEL = {"recipient_name": "Anna Muster"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def opened(folder: Path, wrapping_key: bytes = WRAPPING) -> Vault:
    return Vault.open(folder, wrapping_key=wrapping_key, spool_key=SPOOL)


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with opened(tmp_path / "vault") as vault:
        yield vault


def read(vault: Vault, row: dict[str, bytes], context: str = "personal|1") -> object:
    return vault.unseal(row["subject"], row["nonce"], row["sealed"], context)


@given(contents=st.lists(st.tuples(st.sampled_from([ANNA, BERTA, held_subject("post-a", 1, 1)]), JSON, st.text())))
@settings(max_examples=40, deadline=None)
def test_what_is_sealed_comes_back_in_order(contents: list[tuple[str, object, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder)) as vault:
        rows = vault.seal_many(Content(subject=subject, data=data, context=text) for subject, data, text in contents)
        assert [read(vault, row, text) for row, (_, _, text) in zip(rows, contents, strict=True)] == [
            data for _, data, _ in contents
        ]


def test_it_comes_back_after_a_restart(vault: Vault, tmp_path: Path) -> None:
    row = vault.seal(ANNA, LABEL, "personal|1")
    vault.close()
    with opened(tmp_path / "vault") as again:
        assert read(again, row) == LABEL


def test_a_key_is_durable_before_what_it_seals_is_stored(vault: Vault, tmp_path: Path) -> None:
    """A copy of the file as another process sees it now; the vault is not closed first."""
    row = vault.seal(ANNA, LABEL, "personal|1")
    with opened(tmp_path / "vault") as other:
        assert read(other, row) == LABEL


@pytest.mark.parametrize("part", ["nonce", "sealed"])
def test_a_row_that_was_changed_is_refused(vault: Vault, part: str) -> None:
    row = vault.seal(ANNA, LABEL, "personal|1")
    changed = row | {part: bytes([row[part][0] ^ 1]) + row[part][1:]}
    with pytest.raises(StoreError, match="was changed or belongs elsewhere"):
        read(vault, changed)


def test_a_row_that_was_moved_is_refused(vault: Vault) -> None:
    row, other = vault.seal(ANNA, LABEL, "personal|1"), vault.seal(BERTA, LABEL, "personal|2")
    with pytest.raises(StoreError, match="belongs elsewhere"):
        read(vault, row, "personal|2")
    with pytest.raises(StoreError, match="belongs elsewhere"):
        read(vault, row | {"subject": other["subject"]})


def test_no_message_repeats_what_was_sealed_or_for_whom(vault: Vault) -> None:
    row = vault.seal(held_subject("post-a", 5, 4), LABEL, "held|post-a|5|4")
    with pytest.raises(StoreError) as failure:
        read(vault, row | {"nonce": bytes(12)}, "held|post-a|5|4")
    assert "post-a" not in str(failure.value)


def test_an_erased_parcel_reads_as_nothing_and_others_stay(vault: Vault) -> None:
    row, other = vault.seal(ANNA, LABEL, "personal|1"), vault.seal(BERTA, LABEL, "personal|2")
    vault.erase([vault.handle(ANNA)], at_us=7)
    assert read(vault, row) is None
    assert read(vault, other, "personal|2") == LABEL
    assert vault.erasures() == {vault.handle(ANNA): 7}


def test_what_is_sealed_for_an_erased_parcel_does_not_come_back(vault: Vault) -> None:
    vault.erase([vault.handle(ANNA)], at_us=7)
    assert read(vault, vault.seal(ANNA, LABEL, "personal|1")) is None


def test_an_erased_key_is_gone_from_the_files(vault: Vault, tmp_path: Path) -> None:
    vault.seal(ANNA, LABEL, "personal|1")
    with sqlite3.connect(tmp_path / "vault" / "keys.db") as file:
        ((wrapped,),) = file.execute("SELECT wrapped FROM keys").fetchall()
    file.close()
    assert wrapped in content_of(tmp_path / "vault")
    vault.erase([vault.handle(ANNA)], at_us=7)
    assert wrapped not in content_of(tmp_path / "vault")


def content_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


def test_neither_identifier_nor_key_is_in_the_files(vault: Vault, tmp_path: Path) -> None:
    vault.seal(ANNA, LABEL, "personal|1")
    vault.close()
    text = (tmp_path / "vault" / "keys.db").read_bytes()
    assert b"P-1" not in text
    assert b"Anna" not in text
    assert WRAPPING not in text
    assert (tmp_path / "vault" / "keys.db").stat().st_mode & 0o077 == 0


def test_a_row_without_its_key_is_said_to_need_the_newest_copy(vault: Vault, tmp_path: Path) -> None:
    vault.seal(BERTA, LABEL, "personal|2")
    older = copied(tmp_path)
    row = vault.seal(ANNA, LABEL, "personal|1")
    with opened(older) as restored, pytest.raises(StoreError, match="newest copy"):
        read(restored, row)


def test_another_wrapping_key_is_refused(vault: Vault, tmp_path: Path) -> None:
    vault.close()
    with pytest.raises(StoreError, match=r"vault\.key is another one"):
        opened(tmp_path / "vault", b"x" * 32)


@pytest.mark.parametrize("damage", ["cut", "text"])
def test_a_damaged_file_is_refused(vault: Vault, tmp_path: Path, damage: str) -> None:
    vault.seal_many(Content(subject=f"{n}", data="x", context="") for n in range(500))
    vault.close()
    path = tmp_path / "vault" / "keys.db"
    path.write_bytes(path.read_bytes()[:5000] if damage == "cut" else b"no key store at all" * 300)
    with pytest.raises(StoreError, match=r"keys\.db"):
        read_all(tmp_path / "vault")


def read_all(folder: Path) -> None:
    with opened(folder) as vault:
        vault.seal_many(Content(subject=f"{n}", data="x", context="") for n in range(500))


def test_rewrapping_changes_every_key_and_no_content(vault: Vault, tmp_path: Path) -> None:
    rows = [vault.seal(f"{n}", n, "") for n in range(3)]
    vault.rewrap(b"n" * 32)
    assert [read(vault, row, "") for row in rows] == [0, 1, 2]
    later = vault.seal("later", "new", "")
    vault.close()
    with opened(tmp_path / "vault", b"n" * 32) as again:
        assert [read(again, row, "") for row in (*rows, later)] == [0, 1, 2, "new"]
    with pytest.raises(StoreError):
        opened(tmp_path / "vault")


def test_files_have_keys_of_their_own_that_need_no_store(vault: Vault, tmp_path: Path) -> None:
    with opened(tmp_path / "other") as other:
        assert other.file_key("a.plain") == vault.file_key("a.plain")
    assert vault.file_key("a.plain") != vault.file_key("b.plain")
    assert len(vault.file_key("a.plain")) == 32


def copied(tmp_path: Path) -> Path:
    """Copy of the key store, as a backup takes it."""
    target = tmp_path / f"copy-{os.urandom(4).hex()}"
    target.mkdir()
    with sqlite3.connect(tmp_path / "vault" / "keys.db") as source, sqlite3.connect(target / "keys.db") as copy:
        source.backup(copy)
    source.close()
    copy.close()
    return target


def stored(store: Store, vault: Vault) -> None:
    with store.begin() as connection:
        event = {**NOTHING, **ORDER, "operator": "post-a", "parcel_id": "P-1", "description": "Erna's tea"}
        event_log.append(connection, [event])
        receptacles.put(connection, "post-a", pl.DataFrame({"receptacle_id": ["R-1"], "parcel_id": ["P-1"]}), 5)
        connection.execute(personal.insert(), [{"seq": 1, **vault.seal(ANNA, LABEL, "personal|1")}])


def label(store: Store, vault: Vault) -> dict[str, str]:
    with store.begin_read() as connection:
        return personal_of(connection, vault, 1)


def erased(store: Store, vault: Vault) -> None:
    with store.begin() as connection:
        erase(connection, vault, [ANNA], at_us=9)


def test_a_restored_key_store_does_not_bring_an_erased_parcel_back(url: str, vault: Vault, tmp_path: Path) -> None:
    with Store(url) as store:
        stored(store, vault)
        older = copied(tmp_path)
        erased(store, vault)
        with opened(older) as restored:
            assert label(store, restored) == LABEL  # it would come back, were it not for the next lines
            with store.begin() as connection:
                assert reconcile(connection, restored) == 1
            assert label(store, restored) == {}


def test_a_restored_database_does_not_bring_an_erased_parcel_back(
    sqlite_url: str, vault: Vault, tmp_path: Path
) -> None:
    with Store(sqlite_url) as store:
        stored(store, vault)
    shutil.copy(tmp_path / "store.db", tmp_path / "backup.db")
    with Store(sqlite_url) as store:
        erased(store, vault)
    with Store(f"sqlite:///{tmp_path / 'backup.db'}") as restored:
        assert label(restored, vault) == {}
        with restored.begin() as connection:
            assert reconcile(connection, vault) == 1
        # The erasure is in this database again, so that an older key store would learn of it.
        with restored.begin_read() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM erasures").scalar() == 1


def said_of_it(store: Store) -> list[object]:
    """Numbers and texts of the one parcel."""
    with store.begin_read() as connection:
        (event,) = event_log.events_at(connection, [1])
        listed = receptacles.receptacles_of(connection, [("post-a", "P-1")], since_us=0)
    return [event["parcel_id"], event["description"], *listed.values()]


def test_numbers_and_texts_of_the_parcel_are_erased_with_it(url: str, vault: Vault, tmp_path: Path) -> None:
    with Store(url, tmp_path / "segments") as store:
        stored(store, vault)
        assert said_of_it(store) == ["P-1", "Erna's tea", "R-1"]
        erased(store, vault)
        assert said_of_it(store) == [None, None]


def test_a_restored_database_does_not_bring_its_numbers_and_texts_back(
    sqlite_url: str, vault: Vault, tmp_path: Path
) -> None:
    with Store(sqlite_url) as store:
        stored(store, vault)
        assert sealing.seal(store.begin_read, store.begin, store.segments, size=1) is not None
    shutil.copy(tmp_path / "store.db", tmp_path / "backup.db")
    with Store(sqlite_url) as store:
        erased(store, vault)
        assert said_of_it(store) == [None, None]
    with Store(f"sqlite:///{tmp_path / 'backup.db'}") as restored:
        assert said_of_it(restored)[:2] == ["P-1", "Erna's tea"]
        with restored.begin() as connection:
            reconcile(connection, vault)
        assert said_of_it(restored)[:2] == [None, None]


def failing(store: Store, vault: Vault) -> None:
    with store.begin() as connection:
        erase(connection, vault, [ANNA], at_us=9)
        raise RuntimeError


def test_an_erasure_holds_even_if_its_transaction_fails(sqlite_url: str, vault: Vault) -> None:
    with Store(sqlite_url) as store:
        stored(store, vault)
        with pytest.raises(RuntimeError):
            failing(store, vault)
        assert label(store, vault) == {}
        with store.begin() as connection:
            assert (reconcile(connection, vault), reconcile(connection, vault)) == (1, 0)


def test_keys_left_by_a_failed_transaction_are_swept_and_the_others_stay(url: str, vault: Vault) -> None:
    with Store(url) as store:
        stored(store, vault)
        orphan = vault.seal(BERTA, LABEL, "personal|2")
        with store.begin() as connection:
            assert sweep(connection, vault) == 1
        assert label(store, vault) == LABEL
        with pytest.raises(StoreError):
            read(vault, orphan, "personal|2")


def test_an_erased_row_of_the_quarantine_is_not_listed(sqlite_url: str, vault: Vault) -> None:
    from features.parcel.problems import Rejection
    from serving.store.quarantine import held_by_number, hold

    numbers = ["EG 230 930 844 KR"]
    why = (Rejection(line=3, field="parcel_id", code="required", reason="missing.", remedy="Give it."),)
    with Store(sqlite_url) as store, store.begin() as connection:
        row = {"original": lambda _: "Erna", "numbers": lambda _: "EG230930844KR"}
        hold(connection, vault, operator="post-a", source="csv", remarks=why, at_us=5, **row)
        (held,) = held_rows(connection, vault, "post-a", after=0, limit=9, waiting_since_us=0)
        assert (held.text, held.reasons[0]["code"]) == ("Erna", "required")
        assert held_by_number(connection, vault, numbers, operator=None, limit=1) == [held]
        assert held_by_number(connection, vault, numbers, operator="post-b", limit=1) == []
        erase(connection, vault, [held_subject("post-a", 5, 3)], at_us=9)
        assert held_rows(connection, vault, "post-a", after=0, limit=9, waiting_since_us=0) == []
        assert held_by_number(connection, vault, numbers, operator=None, limit=1) == []
