"""A process that never outlives the one that started it, however that one ends.

`python -m parcel_risk.companion COMMAND ...` runs a command in a session of its own and watches its own standard input,
a pipe whose other end only the starting process holds. The kernel closes that end when the process ends, by a signal
that nobody can catch as well; then everything that the command started is ended, too.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import IO

_POLL_S = 0.1
_PATIENCE_S = 5.0
"""What does not end by itself within this time is killed."""


class Companion:
    """A command that runs next to this process, as a context: at its end the command is ended."""

    def __init__(self, command: list[str], log: IO[bytes], environment: Mapping[str, str]) -> None:
        """Start `command` with `environment`; what it prints goes to `log`."""
        self._watcher = subprocess.Popen(
            [sys.executable, "-m", "parcel_risk.companion", *command],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            start_new_session=True,  # Ctrl-C is for this process alone, which then ends its companion in order
        )

    def wait(self) -> int:
        """Wait until the command ends by itself; return its exit code."""
        return self._watcher.wait()

    def __enter__(self) -> Companion:
        """Nothing more to do: the command runs."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the command and everything that it started."""
        if self._watcher.stdin is not None:
            self._watcher.stdin.close()
        try:
            self._watcher.wait(timeout=2 * _PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._watcher.kill()
            self._watcher.wait()


def main(command: list[str]) -> int:
    """Run `command` until it ends, or until standard input does."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        while child.poll() is None:
            readable, _, _ = select.select([sys.stdin.fileno()], [], [], _POLL_S)
            if readable and not os.read(sys.stdin.fileno(), 1):
                break
    finally:
        _end_group(child)
    return child.returncode or 0


def _end_group(child: subprocess.Popen[bytes]) -> None:
    """End every process in the group of `child`: ask first, kill what is left."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(child.pid, number)
        deadline = time.monotonic() + _PATIENCE_S
        while _is_alive(child) and time.monotonic() < deadline:
            time.sleep(_POLL_S)


def _is_alive(child: subprocess.Popen[bytes]) -> bool:
    """Whether the group of `child` has a process left."""
    child.poll()
    try:
        os.killpg(child.pid, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
