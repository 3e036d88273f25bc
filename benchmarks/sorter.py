"""How soon a sorting machine is answered under load: `python -m benchmarks.sorter`; synthetic parcels, no model.

An installation in a folder of its own is filled, lodged with by an operator without pause, and asked by machines over
the loopback address, each of which confirms every chute. Prints p50 and p99 of both requests, the rates, and how long
one fsync takes on this disk.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from data.synthetic.sorter import Item, Sorter
from parcel_risk.client import new_client
from parcel_risk.demo import EXAMPLE
from parcel_risk.serve import background_service
from serving.keys import make_keys
from serving.office.writer import now
from serving.settings import Settings

HOST_S = 60


@dataclass
class Caller:
    """One connection, and how long each path took in seconds."""

    address: str
    key: str
    seconds: dict[str, list[float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Connect when first asked."""
        self._connection = http.client.HTTPConnection(self.address.removeprefix("http://"), timeout=HOST_S)

    def post(self, path: str, body: Any, what: str) -> Any:
        """Answer to a request."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        begun = time.perf_counter()
        self._connection.request("POST", path, json.dumps(body), headers)
        answer = self._connection.getresponse()
        read = answer.read()
        self.seconds.setdefault(what, []).append(time.perf_counter() - begun)
        if answer.status != 200:
            raise SystemExit(f"{path} answered {answer.status}: {read!r}")
        return json.loads(read)


def numbers(n: int) -> list[str]:
    """Numbers of synthetic parcels, with right check digits."""
    weights = (8, 6, 4, 2, 3, 5, 9, 7)

    def check(serial: str) -> int:
        rest = 11 - sum(int(digit) * weight for digit, weight in zip(serial, weights, strict=True)) % 11
        return {10: 0, 11: 5}.get(rest, rest)

    return [f"RB{serial}{check(serial)}US" for serial in (f"{one:08d}" for one in range(1, n + 1))]


def fsync_s(folder: Path, n: int = 50) -> list[float]:
    """Seconds of writes of 4 kB, each synchronised."""
    found = []
    with (folder / "fsync").open("wb") as file:
        for _ in range(n):
            file.write(b"x" * 4096)
            begun = time.perf_counter()
            file.flush()
            os.fsync(file.fileno())
            found.append(time.perf_counter() - begun)
    return found


def sorted_by(caller: Caller, items: list[Item], seed: int) -> None:
    """Sort items by one machine."""
    machine = Sorter(
        lambda body: dict(caller.post("/v1/sort", body, "sort")),
        lambda sort_id, body: dict(caller.post(f"/v1/sort/{sort_id}/confirmation", body, "confirmation")),
        ("1", "2", "3"),
        np.random.default_rng(seed),
    )
    machine.run(items, now)


def lodging(caller: Caller, known: list[str], is_over: threading.Event) -> None:
    """Lodge amendments in manifests of 100 until it is over."""
    n = 0
    while not is_over.is_set():
        n += 1
        chosen = [known[(n * 100 + index) % len(known)] for index in range(100)]
        rows = [{**EXAMPLE, "parcel_id": number, "gross_weight_g": 100 + n} for number in chosen]
        caller.post("/v1/manifests", {"parcels": rows}, "manifest of 100")


def shown(name: str, seconds: list[float]) -> None:
    """Print the figures of one request."""
    p50, p99 = np.quantile(seconds, [0.5, 0.99]) * 1e3
    print(f"{name}: n {len(seconds):,}, p50 {p50:.1f} ms, p99 {p99:.1f} ms, longest {max(seconds) * 1e3:.1f} ms")


def in_threads(works: list[Callable[[], None]]) -> None:
    """Do all at once."""
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parcels", type=int, default=2_000)
    parser.add_argument("--items", type=int, default=500, help="of each machine")
    parser.add_argument("--sorters", type=int, default=2)
    parser.add_argument("--quiet", action="store_true", help="without an operator who lodges meanwhile")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        settings = Settings(home=Path(name) / "home", models_dir=Path(name) / "none", port=0, capacity_share=0.01)
        make_keys(settings, approver="benchmark")
        post = new_client(settings, "post", operator="post-a")
        keys = [new_client(settings, f"sorter {one}", role="sorter") for one in range(given.sorters)]
        known, is_over = numbers(given.parcels), threading.Event()
        with background_service(settings) as address:
            operator = Caller(address, post)
            for start in range(0, len(known), 1_000):
                rows = [{**EXAMPLE, "parcel_id": one} for one in known[start : start + 1_000]]
                operator.post("/v1/manifests", {"parcels": rows}, "filling")
            load = threading.Thread(target=lodging, args=(operator, known, is_over))
            if not given.quiet:
                load.start()
            callers = [Caller(address, key) for key in keys]
            belt = [Item(number=known[index * 7 % len(known)], weight_g=480) for index in range(given.items)]
            begun = time.perf_counter()
            in_threads([lambda one=one, seed=seed: sorted_by(one, belt, seed) for seed, one in enumerate(callers)])
            elapsed_s = time.perf_counter() - begun
            is_over.set()
            if not given.quiet:
                load.join()
        for what in ("sort", "confirmation"):
            shown(what, [value for caller in callers for value in caller.seconds[what]])
        if not given.quiet:
            shown("manifest of 100", operator.seconds["manifest of 100"])
        print(f"{given.sorters * given.items / elapsed_s:,.0f} items a second by {given.sorters} machines")
        p50, p99 = np.quantile(fsync_s(Path(name)), [0.5, 0.99]) * 1e3
        print(f"fsync of 4 kB: p50 {p50:.2f} ms, p99 {p99:.2f} ms; load average {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
