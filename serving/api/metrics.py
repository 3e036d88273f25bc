"""Figures in the text format of Prometheus; labels are routes, codes and words of the policy, never personal."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from contextlib import suppress

from features.parcel.problems import StoreError
from serving.office.ladder import Level
from serving.office.office import Office
from serving.office.readiness import Readiness
from serving.office.standby import Stand
from serving.store.jobs import Pending
from serving.store.webhooks import n_disabled

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BOUNDS_S = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Upper bounds of the classes of response times."""
Labels = tuple[tuple[str, str], ...]
Samples = Mapping[Labels, float]


class Figures:
    """Requests of this process: how many, and how long until their answer began."""

    def __init__(self) -> None:
        """Count from zero."""
        self._lock = threading.Lock()
        self._requests: dict[Labels, float] = {}
        self._classes: dict[str, list[int]] = {}
        self._seconds: dict[str, float] = {}

    def add(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer; `route` is the pattern of the path."""
        with self._lock:
            key = ("method", method), ("route", route), ("status", str(status))
            self._requests[key] = self._requests.get(key, 0.0) + 1
            classes = self._classes.setdefault(route, [0] * (len(BOUNDS_S) + 1))
            classes[bisect_left(BOUNDS_S, seconds)] += 1
            self._seconds[route] = self._seconds.get(route, 0.0) + seconds

    def lines(self) -> Iterator[str]:
        """What was counted."""
        with self._lock:
            requests = dict(self._requests)
            classes = {route: list(found) for route, found in self._classes.items()}
            seconds = dict(self._seconds)
        yield from _family("requests_total", "counter", "Answers by method, route and status.", requests)
        yield from _head("request_seconds", "histogram", "Seconds until an answer began.")
        for route, found in classes.items():
            yield from _histogram(route, found, seconds[route])


def exposition(
    figures: Figures, found: Readiness, office: Office, pending: Pending, waiting: Mapping[str, int], level: Level
) -> str:
    """All figures now; `waiting` are requests that wait, by queue."""
    queues: Samples = {(("queue", name),): float(n) for name, n in waiting.items()}
    waits = _family("waiting", "gauge", "Requests that wait for their turn.", queues)
    degraded = _one("degraded_level", "0 nothing lacks, 1 no approved model, 3 no store; falls a minute late.", level)
    return "\n".join([*figures.lines(), *waits, *degraded, *_states(found, office, pending)]) + "\n"


def standby_exposition(stand: Stand) -> str:
    """Figures of a standby now: those of the service begin when it leads."""
    lines = [
        *_one("standby", "1 where this process is a standby.", 1.0),
        *_one("ready", "1 where parcels can be lodged.", 0.0),
        *_one("events", "Events of the log.", stand.events),
        *_one("following", "1 where the standby can read the log.", stand.problem is None),
    ]
    return "\n".join(lines) + "\n"


def _states(found: Readiness, office: Office, pending: Pending) -> Iterator[str]:
    bundle = office.champion.bundle
    up: Samples = {(("worker", name),): float(problem is None) for name, problem in found.workers.items()}
    lacking: Samples = {(("what", name),): 1.0 for name in found.degraded}
    referrals: Samples = {
        (("referral", referral), ("cause", cause)): float(n) for (referral, cause), n in office.tally.items()
    }
    yield from _family("referrals_total", "counter", "Decisions since the start by referral and cause.", referrals)
    yield from _family("worker_up", "gauge", "1 where a worker runs.", up)
    yield from _family("lacking", "gauge", "What answers lack, or what will fail soon.", lacking)
    yield from _one("standby", "1 where this process is a standby.", 0.0)
    yield from _one("ready", "1 where parcels can be lodged.", found.status != "not ready")
    yield from _one("events", "Events of the log.", office.writer.last_seq)
    yield from _one("looks_to_be_logged", "Looks that are durable and not in the audit yet.", found.n_unlogged)
    yield from _one("jobs_pending", "Files that are pending.", pending.n)
    yield from _one("oldest_job_seconds", "Age of the oldest file that is pending.", pending.oldest_s)
    if found.age_s is not None:
        yield from _one("data_age_seconds", "Seconds since the newest event.", found.age_s)
    with suppress(StoreError), office.store.begin_read() as connection:
        yield from _one("webhooks_disabled", "Webhooks to which nothing is sent any more.", n_disabled(connection))
    name = bundle.bundle_id if bundle else "none"
    yield from _family("model_info", "gauge", "The bundle that serves.", {(("bundle", name),): 1.0})


def _one(name: str, says: str, value: float) -> Iterator[str]:
    yield from _family(name, "gauge", says, {(): float(value)})


def _family(name: str, kind: str, says: str, samples: Samples) -> Iterator[str]:
    yield from _head(name, kind, says)
    yield from (_sample(name, labels, value) for labels, value in samples.items())


def _head(name: str, kind: str, says: str) -> Iterator[str]:
    yield f"# HELP parcel_risk_{name} {says}"
    yield f"# TYPE parcel_risk_{name} {kind}"


def _histogram(route: str, classes: list[int], seconds: float) -> Iterator[str]:
    n = 0
    for bound, more in zip((*map(str, BOUNDS_S), "+Inf"), classes, strict=True):
        n += more
        yield _sample("request_seconds_bucket", (("route", route), ("le", bound)), n)
    yield _sample("request_seconds_sum", (("route", route),), seconds)
    yield _sample("request_seconds_count", (("route", route),), n)


def _sample(name: str, labels: Labels, value: float) -> str:
    within = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels)
    return f"parcel_risk_{name}{'{' + within + '}' if within else ''} {value:g}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
