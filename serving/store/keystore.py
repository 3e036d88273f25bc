"""The file of the wrapped keys: small transactions on SQLite, apart from the database and its backups."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from errno import ENOSPC
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any

from features.parcel.problems import StoreBusy, StoreError, StoreFull

_VERSION = 2
_AT_ONCE = 5_000
_TABLES = (
    "CREATE TABLE own (name TEXT PRIMARY KEY, wrapped BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE keys (subject BLOB PRIMARY KEY, wrapped BLOB NOT NULL, masked_at INTEGER) WITHOUT ROWID",
    "CREATE TABLE erased (subject BLOB PRIMARY KEY, erased_at INTEGER NOT NULL) WITHOUT ROWID",
    f"PRAGMA user_version = {_VERSION}",
)
_FROM_1 = ("ALTER TABLE keys ADD COLUMN masked_at INTEGER", f"PRAGMA user_version = {_VERSION}")


class Keys:
    """What can be done with the keys inside one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Work on an open transaction."""
        self._connection = connection

    def erased(self, subjects: Sequence[bytes]) -> set[bytes]:
        """Those of the subjects that were erased."""
        return {subject for subject, _ in self._of("SELECT subject, erased_at FROM erased", subjects)}

    def known(self, subjects: Sequence[bytes]) -> tuple[dict[bytes, bytes], set[bytes]]:
        """Wrapped keys of those of the subjects that have one, and those that were erased."""
        wrapped: dict[bytes, bytes] = {}
        erased: set[bytes] = set()
        for start in range(0, len(subjects), _AT_ONCE):
            part = subjects[start : start + _AT_ONCE]
            for subject, key in self._connection.execute(_known(len(part)), [*part, *part]).fetchall():
                if key is None:
                    erased.add(subject)
                else:
                    wrapped[subject] = key
        return wrapped, erased

    def readable(self, subject: bytes) -> tuple[bytes, bool] | None:
        """Wrapped key of a subject, and whether it is masked; None where there is none."""
        row = self._connection.execute("SELECT wrapped, masked_at FROM keys WHERE subject = ?", (subject,)).fetchone()
        return None if row is None else (row[0], row[1] is not None)

    def masked(self, subjects: Sequence[bytes]) -> set[bytes]:
        """Those of the subjects that are masked."""
        rows = self._of("SELECT subject, masked_at FROM keys", subjects)
        return {subject for subject, masked_at in rows if masked_at is not None}

    def mask(self, subjects: Sequence[bytes], at_us: int | None) -> None:
        """Mark subjects as masked, or with None as readable again."""
        self._connection.executemany("UPDATE keys SET masked_at = ? WHERE subject = ?", [(at_us, s) for s in subjects])

    def _of(self, query: str, subjects: Sequence[bytes]) -> Iterator[tuple[bytes, Any]]:
        for start in range(0, len(subjects), _AT_ONCE):
            part = subjects[start : start + _AT_ONCE]
            yield from self._connection.execute(f"{query} WHERE subject IN ({','.join('?' * len(part))})", part)

    def add(self, keys: list[tuple[bytes, bytes]]) -> None:
        """Store wrapped keys of new subjects."""
        if keys:
            self._connection.executemany("INSERT INTO keys (subject, wrapped) VALUES (?, ?)", keys)

    def erase(self, subjects: list[bytes], at_us: int) -> None:
        """Delete keys, and remember it."""
        self._connection.executemany("DELETE FROM keys WHERE subject = ?", [(one,) for one in subjects])
        self._connection.executemany("INSERT OR IGNORE INTO erased VALUES (?, ?)", [(one, at_us) for one in subjects])

    def erasures(self) -> dict[bytes, int]:
        """Erased subjects, and when."""
        return dict(self._connection.execute("SELECT subject, erased_at FROM erased"))

    def delete_unused(self, used: Iterator[Sequence[bytes]]) -> int:
        """Delete the keys of subjects that are not among `used`, which come in parts; return their number."""
        self._connection.execute("CREATE TEMP TABLE used (subject BLOB PRIMARY KEY) WITHOUT ROWID")
        for part in used:
            self._connection.executemany("INSERT OR IGNORE INTO used VALUES (?)", [(one,) for one in part])
        done = self._connection.execute("DELETE FROM keys WHERE subject NOT IN (SELECT subject FROM used)")
        self._connection.execute("DROP TABLE used")
        return done.rowcount

    def rewrap(self, again: Callable[[bytes, bytes], bytes]) -> None:
        """Replace every wrapped key by what `again` makes of subject and wrapped key."""
        last = b""
        while rows := self._connection.execute(
            "SELECT subject, wrapped FROM keys WHERE subject > ? ORDER BY subject LIMIT ?", (last, _AT_ONCE)
        ).fetchall():
            fresh = [(again(subject, wrapped), subject) for subject, wrapped in rows]
            self._connection.executemany("UPDATE keys SET wrapped = ? WHERE subject = ?", fresh)
            last = rows[-1][0]

    def own(self, name: str) -> bytes | None:
        """A wrapped key of the vault itself."""
        row = self._connection.execute("SELECT wrapped FROM own WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def put_own(self, name: str, wrapped: bytes) -> None:
        """Store a wrapped key of the vault itself."""
        self._connection.execute("INSERT OR REPLACE INTO own VALUES (?, ?)", (name, wrapped))


@lru_cache(maxsize=256)
def _known(n: int) -> str:
    among = f"WHERE subject IN ({','.join('?' * n)})"
    return f"SELECT subject, wrapped FROM keys {among} UNION ALL SELECT subject, NULL FROM erased {among}"


class _Transaction:
    """A transaction of a ``with`` statement: committed at its end, rolled back on any exception."""

    def __init__(self, store: KeyStore, connection: sqlite3.Connection, begin: str, *, flushed: bool) -> None:
        self._store, self._connection, self._begin, self._flushed = store, connection, begin, flushed

    def __enter__(self) -> Keys:
        self._n_changes = self._connection.total_changes
        try:
            self._connection.execute(self._begin)
        except sqlite3.Error as error:
            raise self._store.in_words(error) from None
        return Keys(self._connection)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        try:
            if error is None:
                self._connection.execute("COMMIT")
        except BaseException as failed:
            self._roll_back(failed)
            raise
        if error is not None:
            self._roll_back(error)
            return
        if self._connection.total_changes > self._n_changes:
            self._store.has_written()
        if self._flushed:
            self._store.flush()

    def _roll_back(self, failed: BaseException) -> None:
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise self._store.in_words(error) from None
        if isinstance(failed, sqlite3.Error):
            raise self._store.in_words(failed) from None


class KeyStore:
    """A connection to the file. Its owner takes care that one thread uses it at a time."""

    def __init__(self, path: Path) -> None:
        """Open the file, making it when there is none.

        Raises
        ------
        StoreError
            When it is not a key store, or of a newer program.
        """
        self.path = path
        self._log = -1  # file that SQLite writes to first, and keeps as long as there is a connection
        self._n_written = self._n_flushed = 0
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._connection = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        try:
            with self._in_words():
                # What is deleted is overwritten. NORMAL leaves it to `flush` to make a commit survive a power cut.
                for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "secure_delete=ON"):
                    self._connection.execute(f"PRAGMA {pragma}").fetchall()
            self._make_or_check()
            self._log = self._opened_log()
            self.flush()
        except BaseException:
            self.close()
            raise

    def _opened_log(self) -> int:
        try:
            return os.open(f"{self.path}-wal", os.O_RDWR)
        except OSError as error:
            raise self._unwritable(error) from None

    def _unwritable(self, error: OSError) -> StoreError:
        if error.errno == ENOSPC:
            return self._full()
        return StoreError(
            f"the key store {self.path} cannot be written ({error.strerror}): the disk is full or damaged, or knows no "
            "write-ahead log. Make room, or restore the file from its backup."
        )

    def _full(self) -> StoreFull:
        return StoreFull(f"the key store {self.path}: the disk is full. Make room; nothing was stored.")

    def _make_or_check(self) -> None:
        with self.begin(flushed=False):
            (version,) = self._connection.execute("PRAGMA user_version").fetchone()
            if version == 0:
                for statement in _TABLES:
                    self._connection.execute(statement)
            elif version == 1:
                for statement in _FROM_1:
                    self._connection.execute(statement)
            elif version != _VERSION:
                raise StoreError(
                    f"the key store {self.path} has version {version}, this program knows {_VERSION}. "
                    "Install the program that wrote it."
                )

    def begin(self, *, flushed: bool = True) -> _Transaction:
        """Transaction that writes. One that is not `flushed` is durable behind the next `flush` only."""
        return _Transaction(self, self._connection, "BEGIN IMMEDIATE", flushed=flushed)

    def has_written(self) -> None:
        """A transaction has changed something that is not durable yet."""
        self._n_written += 1

    @property
    def is_flushed(self) -> bool:
        """Whether everything that was committed is durable."""
        return self._n_flushed == self._n_written

    def flush(self) -> None:
        """Wait until every transaction that was committed before would survive a power cut; from any thread."""
        n_written = self._n_written
        try:
            os.fdatasync(self._log)
        except OSError as error:
            raise self._unwritable(error) from None
        self._n_flushed = n_written

    def begin_read(self) -> _Transaction:
        """Transaction that only reads."""
        return _Transaction(self, self._connection, "BEGIN DEFERRED", flushed=False)

    def forget_deleted(self) -> None:
        """Empty the write-ahead log, which still holds what was deleted."""
        with self._in_words():
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise self.in_words(error) from None

    def in_words(self, error: sqlite3.Error) -> StoreError:
        """What an error of the driver means."""
        name = getattr(error, "sqlite_errorname", type(error).__name__)
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            return StoreBusy(f"the key store {self.path} is busy: another process uses it. Try again.")
        if name.startswith("SQLITE_FULL"):
            return self._full()
        return StoreError(
            f"the key store {self.path} cannot be used ({name}): it is damaged, or the disk is full or cannot be "
            "written. Make room, or restore it from its backup."
        )

    def close(self) -> None:
        """Close the file."""
        if self._log >= 0:
            os.close(self._log)
            self._log = -1
        self._connection.close()
