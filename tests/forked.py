"""Processes of their own for tests, forked from one that has imported what all commands share.

Importing takes longer than most of what is tested. The process that is forked has done nothing else, so that each
begins as it would on a command line, and can be killed like any other.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TextIO

_SHARED = [
    *("parcel_risk.cli", "parcel_risk.serve", "serving.installation", "serving.app", "training.fit.run"),
    *("training.registry.tracking", "training.report.training_report", "mlflow.store.tracking.sqlalchemy_store"),
    *("matplotlib.backends.backend_agg", "alembic.command", "data.synthetic.formats"),
]
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(_SHARED)
_LONGEST_S = 300


class Forked:
    """A running process, used like a `subprocess.Popen` in text mode; what it says to stderr is dropped or kept apart.

    Parameters
    ----------
    main:
        What it does; a function of a module that the child can import.
    arguments:
        ``sys.argv[1:]`` of the child.
    environment:
        Its whole environment.
    errors:
        File that keeps what it says to stderr.
    """

    def __init__(
        self,
        main: Callable[[], None],
        arguments: tuple[str, ...],
        environment: Mapping[str, str],
        *,
        cwd: Path,
        errors: Path | None = None,
    ) -> None:
        """Start it."""
        read, say = _CONTEXT.Pipe(duplex=False)
        hear, write = _CONTEXT.Pipe(duplex=False)
        what = (main, arguments, dict(environment), cwd, hear, say, errors or Path(os.devnull))
        self._process = _CONTEXT.Process(target=_begin, args=what)
        self._process.start()
        self.stdout, self.stdin = _text(read, "r"), _text(write, "w")
        for end in (hear, say, read, write):
            end.close()

    @property
    def pid(self) -> int:
        """Its number."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """How it ended: negative for a signal; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float = _LONGEST_S) -> int:
        """Wait for its end, and say how it ended."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise TimeoutError(f"the process still runs after {timeout:.0f} s")
        return self._process.exitcode

    def communicate(self, said: str = "", timeout: float = _LONGEST_S) -> str:
        """Say this to it, hear it out, and wait for its end."""
        with suppress(BrokenPipeError, ValueError), self.stdin:
            self.stdin.write(said)
        heard: list[str] = []
        listener = threading.Thread(target=lambda: heard.extend(self.stdout))
        listener.start()  # beside, because what nobody reads keeps a process from its end
        self.wait(timeout)
        listener.join()
        self.stdout.close()
        return "".join(heard)

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()


def _text(end: Connection, mode: str) -> TextIO:
    return os.fdopen(os.dup(end.fileno()), mode, encoding="utf-8")  # type: ignore[return-value]


def _begin(
    main: Callable[[], None],
    arguments: tuple[str, ...],
    environment: dict[str, str],
    cwd: Path,
    hear: Connection,
    say: Connection,
    errors: Path,
) -> None:
    """Be the process: its folder, its environment, its input and output, its arguments."""
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    for number, source in enumerate((hear.fileno(), say.fileno(), os.open(errors, os.O_WRONLY | os.O_CREAT))):
        os.dup2(source, number)
    for end in (hear, say):
        end.close()
    sys.stdin = os.fdopen(0, "r", encoding="utf-8", closefd=False)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))
    sys.argv = ["parcel-risk", *arguments]
    try:
        main()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
