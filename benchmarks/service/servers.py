"""Server processes that the benchmark starts on the loopback interface and ends, whatever happens."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from parcel_risk.ports import free_port

ROOT = Path(__file__).parents[2]
HOST = "127.0.0.1"
START_S, STOP_S = 180, 20
_PORT = "{port}"


class ServerError(RuntimeError):
    """A server does not start or answers what it should not, or the load generator failed."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running server; all its processes are in one group, named by its first one."""

    name: str
    port: int
    group: int


@contextmanager
def running(
    name: str, command: Sequence[str], *, folder: Path, health: str, environment: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Start a server, wait until it answers at `health`, and end it with all its processes.

    Parameters
    ----------
    command:
        ``{port}`` in it, and in the values of `environment`, stands for a free port.
    folder:
        Its working directory; what it prints goes to a file there.
    """
    port = free_port(HOST, 0)
    more = {key: value.replace(_PORT, str(port)) for key, value in (environment or {}).items()}
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [part.replace(_PORT, str(port)) for part in command],
            cwd=folder,
            env={**os.environ, **more},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait(name, process, port, health, log)
            yield Server(name=name, port=port, group=process.pid)
        finally:
            end(process)


def _wait(name: str, process: subprocess.Popen[bytes], port: int, health: str, log: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError, http.client.HTTPException):
            if ask(port, "GET", health)[0] == 200:
                return
        time.sleep(0.1)
    last = "\n".join(log.read_text("utf-8", "replace").splitlines()[-15:])
    raise ServerError(f"{name} did not answer within {START_S} s; its last lines:\n{last}")


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started."""
    for number, patience_s in ((signal.SIGTERM, STOP_S), (signal.SIGKILL, 5)):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience_s)


def ask(
    port: int, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> tuple[int, bytes]:
    """Send one request; return status and body of the answer."""
    connection = http.client.HTTPConnection(HOST, port, timeout=600)
    try:
        connection.request(method, path, body, dict(headers or {}))
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
