"""Read a large file in a process of its own, so that this one need only write: validation and keys cost as much.

A process that ends before its time, as for want of memory, is started again behind the parts that it has delivered.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import IO

from features.parcel.problems import SourceError
from serving.intake.reader import END, FAILED, HEAD, PART, REFUSED, Order
from serving.intake.ready import Ready, unpacked
from serving.office.precedence import come_after_others

LARGE_BYTES = 2_000_000
"""What is smaller is half read before another process has started, which takes about a second of processor time."""
_PACKED = 5
"""A compressed file is taken for so many times as large."""
MAX_DEATHS = 3
_PIPE_BYTES = 1 << 20
"""Some parts: while one is written the next ones are made."""


def is_large(path: Path, encoding: str | None) -> bool:
    """Whether a file is large enough for a process of its own."""
    return path.stat().st_size * (_PACKED if encoding else 1) >= LARGE_BYTES


class ReaderFailed(Exception):
    """The process met an error that nobody expected; the text is its name."""


def read_apart(order: Order) -> Iterator[Ready]:
    """Parts of the file that is ordered, from the first that is not skipped to the last.

    Raises
    ------
    SourceError
        When the file cannot be read, or ends the process that reads it again and again.
    ReaderFailed
        When reading fails as nobody expected.
    """
    n_deaths = 0
    while n_deaths < MAX_DEATHS:
        with _running(order) as (process, frames):
            while (frame := _frame(frames)) is not None:
                kind, content = frame
                if kind == END:
                    return
                if kind == REFUSED:
                    raise SourceError(content.decode())
                if kind == FAILED:
                    raise ReaderFailed(content.decode())
                order = replace(order, skip=order.skip + (kind == PART))
                yield unpacked(content)
            process.wait()
        n_deaths += 1
    raise SourceError(
        f"the process that reads the file was ended {MAX_DEATHS} times, perhaps for want of memory; "
        "send the file in smaller parts."
    )


@contextmanager
def _running(order: Order) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
    """A process that reads; it is ended with the block. What it might say of an error is not shown."""
    process = subprocess.Popen(
        [sys.executable, "-m", "serving.intake.reader"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    come_after_others(process.pid)
    if process.stdin is None or process.stdout is None:
        raise ReaderFailed("no pipes")
    with process, suppress(BrokenPipeError):  # it has ended, which the end of its output says
        try:
            with suppress(OSError, AttributeError):  # an allowance that is used up, or another system
                fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
            with suppress(BrokenPipeError):
                process.stdin.write(order.packed())
                process.stdin.close()
            yield process, process.stdout
        finally:
            process.kill()


def _frame(frames: IO[bytes]) -> tuple[int, bytes] | None:
    """Next frame, None where the process has ended."""
    head = frames.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    kind, length = HEAD.unpack(head)
    content = frames.read(length)
    return (kind, content) if len(content) == length else None
