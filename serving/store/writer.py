"""Who may write: one process at a time."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from features.parcel.problems import StoreError


def locked(file: Path) -> IO[str]:
    """Lock of the single writer of the store in `file`; it is given up when it is closed, or its process ends.

    Raises
    ------
    StoreError
        When another process has it.
    """
    guard = file.with_suffix(".writer").open("w")
    try:
        fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        guard.close()
        raise StoreError(
            f"another process writes to {file}, probably the running service. "
            "Send the file to the service's API, or stop the service first."
        ) from error
    return guard


@contextmanager
def only_writer(file: Path | None) -> Iterator[None]:
    """Hold the lock of the single writer, where the store is a file."""
    if file is None:
        yield
        return
    with locked(file):
        yield
