"""Services in processes of their own, on addresses of the loopback, for tests and benchmarks that kill them."""

from __future__ import annotations

import http.client
import json
import signal
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from serving.settings import Settings
from tests.forked import Forked
from tests.serving.crashing import started

WAIT_S = 120
"""Far more than a takeover takes, also on a busy machine: how long it takes is measured by `benchmarks.crashes`."""


@contextmanager
def service(settings: Settings, *options: str) -> Iterator[tuple[str, Forked]]:
    """HOST:PORT and process of a service, ended at the latest behind the block."""
    process = started(settings, "-", "none", "serve", *options)
    # A log that nobody reads keeps a service from its work as soon as the pipe is full.
    listening = threading.Thread(target=lambda: deque(process.stdout, maxlen=0), daemon=True)
    try:
        process.stdin.write("go\n")
        process.stdin.flush()
        line = next((one for one in process.stdout if one.startswith(("station ", "standby "))), "")
        listening.start()
        yield line.split("http://")[1].split("/")[0].strip(), process
    finally:
        process.kill()
        process.send_signal(signal.SIGCONT)
        process.wait(timeout=WAIT_S)
        if listening.ident is not None:
            listening.join()
        process.stdin.close()
        process.stdout.close()


def asked(address: str, path: str) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection(address, timeout=WAIT_S)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def leads(address: str) -> None:
    """Wait until the service at `address` is no standby any more."""
    deadline = time.monotonic() + WAIT_S
    while _is_standby(address):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _is_standby(address: str) -> bool:
    try:
        return bool(asked(address, "/readyz")[1]["status"] == "standby")
    except (OSError, http.client.HTTPException):  # between the two servers of one process
        return True
