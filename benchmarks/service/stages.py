"""Where the time of one parcel goes: processor time by stage, measured by wrapping the functions that do the work.

The application itself is asked, in this process and without sockets; a stage is what its functions need without those
of other stages that they call. Whatever no stage covers is the web framework's, and that of code between the stages.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

from benchmarks.service.installation import Throwaway
from benchmarks.service.parcels import Supply, bodies, manifest
from benchmarks.service.servers import ServerError
from parcel_risk.serve import logging_to

BUDGET_US = 133
"""Processor time of one parcel at 15,000 parcels a second on two cores."""

STAGES = (
    ("parse", "serving.api.single", "strict_json"),
    ("parse", "serving.api.problems", "strict_json"),
    ("parse", "fastapi.routing", "solve_dependencies"),
    ("parse", "serving.api.records", "parcel_facts"),
    ("validate", "serving.api.records", "checked_row"),
    ("authentication", "serving.api.access", "find_client"),
    ("keys", "features.identity.keys", "IdentityKey.of"),
    ("keys", "serving.office.batching", "content_of"),
    ("derive", "serving.office.scoring", "facts_of"),
    ("look-up", "serving.office.scoring", "receptacles_of"),
    ("look-up", "serving.office.scoring", "current_parcels"),
    ("history", "features.history.staging", "Staging.advance"),
    ("history", "features.history.staging", "Staging.publish"),
    ("row", "serving.office.writer", "feature_rows"),
    ("score", "serving.office.deciding", "_scores"),
    ("reasons", "serving.office.deciding", "_reasons"),
    ("decision", "serving.office.appending", "scored_and_decided"),
    ("encode", "serving.store.log", "append"),
    ("encode", "serving.office.appending", "insert_scores"),
    ("encode", "serving.office.appending", "insert_personal"),
    ("encode", "serving.office.scoring", "count_quality"),
    ("encode", "serving.office.appending", "note"),
    ("commit", "sqlalchemy.engine.default", "DefaultDialect.do_commit"),
    ("answer", "serving.office.scoring", "_answer"),
    ("answer", "serving.office.answers", "Answer.model_dump_json"),
    ("answer", "fastapi.routing", "serialize_response"),
)
"""Stage, module, and function as that module knows it (or class and method). Adapt it when the path changes: a name
that is imported into a module is replaced there."""
REST = "web framework, threads, all else"


class Clock:
    """Processor time by stage: that of calls within a call is taken off, and what taking the time costs."""

    def __init__(self) -> None:
        """Begin at zero; find out what taking the time costs."""
        self._threads = threading.local()
        self._lock = threading.Lock()
        self._ns: dict[str, int] = defaultdict(int)
        self._n_calls = self._within_ns = self._around_ns = 0
        self._within_ns, self._around_ns = self._costs()

    def _costs(self, n: int = 2_000) -> tuple[int, int]:
        """What a call seems to take that does nothing, and what its caller loses in addition."""
        found = []
        for _ in range(5):
            begun = time.process_time_ns()
            for _ in range(n):
                self.end("", self.begin())
            whole = (time.process_time_ns() - begun) // n
            within = self.taken()[0][""] // n
            found.append((within, whole - within))
        return min(within for within, _ in found), max(0, min(around for _, around in found))

    def begin(self) -> int:
        """A call begins, within those of this thread that have not ended."""
        self._open().append(0)
        return time.process_time_ns()

    def end(self, stage: str, begun: int) -> None:
        """The call that began at `begun` ends; it belongs to `stage`."""
        took = time.process_time_ns() - begun
        calls = self._open()
        inner = calls.pop()
        if calls:
            calls[-1] += took + self._around_ns
        with self._lock:
            self._ns[stage] += took - inner - self._within_ns
            self._n_calls += 1

    def _open(self) -> list[int]:
        """Calls of this thread that have not ended: what the calls within each took so far."""
        calls: list[int] = self._threads.__dict__.setdefault("calls", [])
        return calls

    def taken(self) -> tuple[dict[str, int], int]:
        """Nanoseconds by stage, and those that taking the time has cost; the clock begins at zero again."""
        with self._lock:
            taken, self._ns = dict(self._ns), defaultdict(int)
            cost, self._n_calls = self._n_calls * (self._within_ns + self._around_ns), 0
        return taken, cost


def _timed(function: Callable[..., Any], stage: str, clock: Clock) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(function):

        @wraps(function)
        async def awaited(*args: Any, **more: Any) -> Any:
            begun = clock.begin()
            try:
                return await function(*args, **more)
            finally:
                clock.end(stage, begun)

        return awaited

    @wraps(function)
    def called(*args: Any, **more: Any) -> Any:
        begun = clock.begin()
        try:
            return function(*args, **more)
        finally:
            clock.end(stage, begun)

    return called


def _holder(module: str, path: str) -> tuple[Any, str]:
    """Module or class that holds a function, and its name there."""
    *outer, name = path.split(".")
    holder: Any = importlib.import_module(module)
    for part in outer:
        holder = getattr(holder, part)
    getattr(holder, name)
    return holder, name


def missing() -> list[str]:
    """Functions of the table that no longer exist."""
    gone = []
    for _, module, path in STAGES:
        try:
            _holder(module, path)
        except (ImportError, AttributeError):
            gone.append(f"{module}.{path}")
    return gone


@contextmanager
def watched(clock: Clock) -> Iterator[None]:
    """Let the functions of the table count their time; those that are gone are passed over."""
    gone, replaced = set(missing()), []
    try:
        for stage, module, path in STAGES:
            if f"{module}.{path}" not in gone:
                holder, name = _holder(module, path)
                replaced.append((holder, name, vars(holder).get(name)))
                setattr(holder, name, _timed(getattr(holder, name), stage, clock))
        yield
    finally:
        for holder, name, own in reversed(replaced):
            if own is None:
                delattr(holder, name)  # it was inherited
            else:
                setattr(holder, name, own)


def table(ours: Throwaway, folder: Path, supply: Supply, requests: Mapping[int, int]) -> dict[int, dict[str, float]]:
    """Microseconds of processor time a parcel, by batch size and stage; `requests` of each size are asked."""
    clock = Clock()
    with (folder / "service.log").open("w", encoding="utf-8") as log, logging_to(log), watched(clock):
        return asyncio.run(_table(ours, supply, requests, clock))


async def _table(
    ours: Throwaway, supply: Supply, requests: Mapping[int, int], clock: Clock
) -> dict[int, dict[str, float]]:
    from serving.app import create_app

    app = create_app(ours.settings)
    found = {}
    async with app.router.lifespan_context(app):
        for size, n in requests.items():
            await _ask(app, ours, size, supply)  # imports, caches, the first connection
            clock.taken()
            ready = [_request(size, supply) for _ in range(n)]
            begun = time.process_time_ns()
            for path, body in ready:
                await _sent(app, ours, path, body)
            total = time.process_time_ns() - begun
            taken, cost = clock.taken()
            taken[REST] = total - cost - sum(taken.values())
            # The cost of taking the time is an estimate, and may exceed what a stage of nothing took.
            found[size] = {stage: max(0.0, ns / (size * n) / 1e3) for stage, ns in taken.items()}
    return found


async def _ask(app: Any, ours: Throwaway, size: int, supply: Supply) -> None:
    await _sent(app, ours, *_request(size, supply))


Requests = list[tuple[str, bytes]]


def singles(supply: Supply, n: int) -> Requests:
    """Requests for `n` parcels, each alone."""
    return [_request(1, supply) for _ in range(n)]


async def asked(app: Any, ours: Throwaway, requests: Requests) -> None:
    """Ask the application, one request after the other."""
    for path, body in requests:
        await _sent(app, ours, path, body)


def _request(size: int, supply: Supply) -> tuple[str, bytes]:
    parcels = list(bodies(supply.take(size)))
    return ("/v1/parcels", parcels[0]) if size == 1 else ("/v1/manifests", manifest(parcels))


async def _sent(app: Any, ours: Throwaway, path: str, body: bytes) -> None:
    """Ask the application as a server would."""
    headers = {
        "authorization": f"Bearer {ours.operator_key}",
        "content-type": "application/json",
        "content-length": str(len(body)),
    }
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    answers: list[dict[str, Any]] = []
    given = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> dict[str, Any]:
        return next(given, {"type": "http.disconnect"})

    async def send(message: dict[str, Any]) -> None:
        answers.append(message)

    await app(scope, receive, send)
    if answers[0]["status"] != 200:
        raise ServerError(f"{path} answered {answers[0]['status']}: {answers[1].get('body', b'')[:300]!r}")
