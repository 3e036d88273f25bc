"""Clients that send mixed requests to one service or several, each with a key, and repeat what got no answer."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import polars as pl

from features.log import OUTCOME, PARCEL
from parcel_risk.demo import EXAMPLE
from serving.installation import opened_store
from serving.settings import Settings
from serving.store import log as event_log
from serving.store.scores import all_scores

ROWS = 5
"""Parcels of a manifest."""
_TIMEOUT_S = 20.0
_PAUSE_S = 0.02
_TRIES = 20
Answer = tuple[int, dict[str, Any], bool]
"""Status, body, and whether it is marked as a replay; status 0 without an answer."""


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A request; `once` is its idempotency key, `parcels` what it is about."""

    path: str
    key: str
    once: str
    body: bytes
    parcels: tuple[str, ...]

    def at(self, address: str) -> Answer:
        """Send it to the service at HOST:PORT."""
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {self.key}",
            "Idempotency-Key": self.once,
        }
        connection = http.client.HTTPConnection(address, timeout=_TIMEOUT_S)
        try:
            connection.request("POST", self.path, self.body, headers)
            answer = connection.getresponse()
            said = json.loads(answer.read())
            return answer.status, said, answer.headers.get("Idempotent-Replayed") == "true"
        except (OSError, http.client.HTTPException, ValueError):
            return 0, {}, False
        finally:
            connection.close()


@dataclass
class Traffic:
    """What several clients have sent, and what was acknowledged.

    Attributes
    ----------
    addresses:
        HOST:PORT of the services; another one is tried when one gives no answer.
    acknowledged:
        Requests with the first answer to each, and when it came.
    pending:
        Requests that were never answered.
    faults:
        Answers that should not be.
    """

    addresses: Sequence[str]
    post: str
    officer: str
    seed: int = 1
    name: str = "T"
    acknowledged: list[tuple[Sent, dict[str, Any], float]] = field(default_factory=list)
    pending: list[Sent] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self, n_clients: int) -> None:
        """Begin to send."""
        for client in range(n_clients):
            thread = threading.Thread(target=self._send, args=(client,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def wait_for(self, n: int, within_s: float = 120.0) -> None:
        """Wait until so many requests more than now are acknowledged."""
        goal, deadline = len(self.acknowledged) + n, time.monotonic() + within_s
        while len(self.acknowledged) < goal:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(self.acknowledged)} requests were acknowledged, {goal} were to be")
            time.sleep(_PAUSE_S)

    def stop(self) -> None:
        """Send nothing more; what is under way gets its answer, or is pending."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _send(self, client: int) -> None:
        for request in self._requests(client):
            if self._over.is_set():
                return
            answer = self._answered(request, client)
            if answer is None:
                self.pending.append(request)
                return
            self.acknowledged.append((request, answer, time.monotonic()))

    def _answered(self, request: Sent, client: int) -> dict[str, Any] | None:
        """The answer, from whichever service gives one; None where the traffic ends before."""
        turn = client
        while True:
            status, said, _ = request.at(self.addresses[turn % len(self.addresses)])
            if status == 200:
                if said.get("n_rejected"):
                    self.faults.append(f"{request.once}: rejected")
                return said
            if status not in (0, 503):
                self.faults.append(f"{request.path}: {status} {said.get('title')}")
                return said
            if self._over.is_set():
                return None
            turn += 1
            time.sleep(_PAUSE_S)

    def _requests(self, client: int) -> Iterator[Sent]:
        chance, mine, n = random.Random(f"{self.seed} {client}"), [], 0
        while True:
            n += 1
            name = f"{self.name}-{client}-{n}"
            kind = chance.random()
            if kind < 0.2 and mine:
                about = mine.pop(0)
                outcome = {
                    "parcel_id": about,
                    "operator": "post-a",
                    "result": chance.choice(["found", "nothing_found"]),
                }
                yield self._made("/v1/outcomes", self.officer, name, {"outcomes": [outcome]}, (about,))
            elif kind < 0.4:
                names = tuple(f"{name}-{row}" for row in range(ROWS))
                parcels = [self._parcel(one, chance) for one in names]
                yield self._made("/v1/manifests", self.post, name, {"parcels": parcels}, names)
                mine += names
            else:
                yield self._made("/v1/parcels", self.post, name, self._parcel(name, chance), (name,))
                mine.append(name)

    def _made(self, path: str, key: str, once: str, body: object, parcels: tuple[str, ...]) -> Sent:
        return Sent(path=path, key=key, once=once, body=json.dumps(body).encode(), parcels=parcels)

    def _parcel(self, name: str, chance: random.Random) -> dict[str, Any]:
        return {**EXAMPLE, "parcel_id": name, "sender_name": f"Trader {chance.randrange(31)}"}

    def not_repeated(self, address: str, most: int = 200) -> list[str]:
        """Send what was acknowledged again, the newest first; what differs from the first answer."""
        found = []
        for request, first, _ in self.acknowledged[: -most - 1 : -1]:
            status, said, is_replay = _answer_of(request, address)
            if status != 200 or not is_replay or {**said, "request_id": ""} != {**first, "request_id": ""}:
                found.append(f"{request.once}: {status}, {'a replay' if is_replay else 'no replay'} that differs")
        return found

    def longest_gap_s(self, since: float) -> float:
        """Longest time without an acknowledgement from a moment of the steady clock on."""
        times = [since, *sorted(at for _, _, at in self.acknowledged if at > since)]
        return max((later - earlier for earlier, later in pairwise(times)), default=0.0)


def _answer_of(request: Sent, address: str) -> Answer:
    """Answer of one service, which is asked again where there is none: a service that begins to lead may reset some."""
    for _ in range(_TRIES):
        answer = request.at(address)
        if answer[0] not in (0, 503):
            break
        time.sleep(_PAUSE_S)
    return answer


def not_once(settings: Settings, traffics: Sequence[Traffic]) -> list[str]:
    """What of the traffic is not in the store exactly once; a request without an answer may be there or not."""
    with opened_store(settings) as store, store.begin_read() as connection:
        log, scores = event_log.read(connection), all_scores(connection)
    n_lodged = _counted(log, PARCEL)
    n_found = _counted(log, OUTCOME)
    parcels = set(log.filter(pl.col("kind") == PARCEL)["seq"].to_list())
    faults = [] if set(scores) == parcels else ["parcels and scores differ"]
    for one in traffics:
        certain = {request.once for request, _, _ in one.acknowledged}
        for request in (*(request for request, _, _ in one.acknowledged), *one.pending):
            counts = n_found if request.path == "/v1/outcomes" else n_lodged
            seen = {counts[name] for name in request.parcels}
            if not seen <= ({1} if request.once in certain else {0, 1}) or len(seen) != 1:
                faults.append(f"{request.once}: stored {sorted(seen)} times")
    return faults


def _counted(log: pl.DataFrame, kind: str) -> Counter[str]:
    return Counter(log.filter(pl.col("kind") == kind)["parcel_id"].to_list())
