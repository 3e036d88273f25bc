"""Processes as the kernel knows them, recognised by a mark in their environment."""

from __future__ import annotations

import time
from pathlib import Path

MARK = "PARCEL_RISK_TEST_MARK"


def marked(mark: str) -> set[int]:
    """Processes that carry `mark`; children inherit it."""
    return {int(path.parent.name) for path in Path("/proc").glob("[0-9]*/environ") if _carries(path, mark)}


def _carries(path: Path, mark: str) -> bool:
    try:
        is_zombie = (path.parent / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
        return not is_zombie and f"{MARK}={mark}".encode() in path.read_bytes().split(b"\0")
    except OSError:  # it has ended, or belongs to somebody else
        return False


def gone(mark: str, within_s: float) -> bool:
    """Whether every process with `mark` ends in time."""
    deadline = time.monotonic() + within_s
    while marked(mark) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not marked(mark)
