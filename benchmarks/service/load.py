"""The load generator: a process of its own that sends prepared requests in a closed loop and takes the time.

`python -m benchmarks.service.load FILE` reads what to do from a JSON file (see `benchmarks.service.driving`) and writes
what it saw to standard output as JSON. It imports nothing but the standard library, so that it costs little. It ends
early when its standard input is closed, also because whoever started it is gone.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import chain, repeat
from pathlib import Path
from typing import Any

from benchmarks.service.wire import Incoming, kept, status_of

GRACE_S = 60.0
"""How long answers are waited for when the time is over."""


class Group:
    """Clients that send the same kind of request, and what they saw."""

    def __init__(self, asked: dict[str, Any], counted_from: float) -> None:
        """Read the requests; those sent before `counted_from` only warm up."""
        self.clients, self.pause_s, self.most = int(asked["clients"]), float(asked["pause_s"]), int(asked["most"])
        requests = list(kept(Path(asked["file"])))
        self._requests: Iterator[bytes] = chain.from_iterable(repeat(requests)) if asked["again"] else iter(requests)
        self._counted_from = counted_from
        self._n_sent = self._n_answered = self._n_within = 0
        self.ms: list[float] = []
        self.statuses: Counter[int] = Counter()
        self.first_fault = ""
        self._last_at = counted_from

    def next(self) -> bytes | None:
        """Another request; None when all are sent."""
        if self._n_sent >= self.most:
            return None
        self._n_sent += 1
        return next(self._requests, None)

    def answered(self, sent_at: float, head: bytes, body: bytes, *, is_over: bool) -> None:
        """Note an answer: its latency where it was asked for after the warm-up, its number where it came in time."""
        now, status = time.perf_counter(), status_of(head)
        self._n_answered += 1
        if not 200 <= status < 300 and not self.first_fault:
            self.first_fault = f"{status} {body[:300].decode('utf-8', 'replace')}"
        if sent_at >= self._counted_from:
            self.ms.append((now - sent_at) * 1e3)
            self.statuses[status] += 1
        if now >= self._counted_from and not is_over:
            self._n_within += 1
            self._last_at = now

    def failed(self, why: str) -> None:
        """Note a request without an answer."""
        self.statuses[0] += 1
        self.first_fault = self.first_fault or why

    def seen(self) -> dict[str, Any]:
        """What is written out."""
        return {
            "ms": [round(one, 4) for one in self.ms],
            "statuses": dict(self.statuses),
            "first_fault": self.first_fault,
            "n_answered": self._n_answered,
            "n_within": self._n_within,
            "seconds": self._last_at - self._counted_from,
        }


class Client(asyncio.Protocol):
    """One connection: sends the next request when the last one is answered."""

    def __init__(self, group: Group, is_over: asyncio.Event, ended: asyncio.Future[None]) -> None:
        """Prepare; `ended` is set when there is nothing more to do."""
        self._group, self._is_over, self._ended = group, is_over, ended
        self._incoming = Incoming()
        self._sent_at: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport: Any = transport
        self._send()

    def _send(self) -> None:
        request = None if self._is_over.is_set() else self._group.next()
        if request is None:
            self._transport.close()
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Note the answer, send the next request."""
        for head, body in self._incoming.messages(data):
            if self._sent_at is not None:
                self._group.answered(self._sent_at, head, body, is_over=self._is_over.is_set())
                self._sent_at = None
            if self._group.pause_s:
                asyncio.get_running_loop().call_later(self._group.pause_s, self._send)
            else:
                self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        """End; a request in flight has failed."""
        if self._sent_at is not None:
            self._group.failed("the connection ended before the answer came")
        if not self._ended.done():
            self._ended.set_result(None)


async def drive(asked: dict[str, Any]) -> dict[str, Any]:
    """Send what is asked for; return what was seen."""
    loop, is_over = asyncio.get_running_loop(), asyncio.Event()
    begun, cpu = time.perf_counter(), time.process_time()
    groups = {one["name"]: Group(one, begun + asked["warm_up_s"]) for one in asked["groups"]}
    loop.add_reader(sys.stdin.fileno(), is_over.set)
    loop.call_later(asked["warm_up_s"] + asked["seconds"], is_over.set)
    ends = []
    for group in groups.values():
        for _ in range(group.clients):
            ends.append(loop.create_future())
            made = Client(group, is_over, ends[-1])
            await loop.create_connection(lambda made=made: made, "127.0.0.1", asked["port"])  # type: ignore[misc]
    limit_s = asked["warm_up_s"] + asked["seconds"] + GRACE_S
    _, late = await asyncio.wait(ends, timeout=limit_s)
    for group in groups.values() if late else ():
        group.failed(f"{len(late)} clients had no answer {GRACE_S:.0f} s after the end")
    loop.remove_reader(sys.stdin.fileno())
    wall_s = time.perf_counter() - begun
    seen = {name: group.seen() for name, group in groups.items()}
    return {"groups": seen, "wall_s": wall_s, "cpu_s": time.process_time() - cpu}


def main() -> None:
    """Read what to do, do it, write what was seen."""
    asked = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    json.dump(asyncio.run(drive(asked)), sys.stdout)


if __name__ == "__main__":
    main()
