"""Kills services under mixed traffic and examines what is left; run by `python -m benchmarks.crashes --store ...`.

Clients send single parcels, manifests and outcomes, each with an idempotency key. After each kill -9 everything that
was acknowledged is to be in the store exactly once, the audit is to verify, history and feature rows are to be those of
the replay, and the same requests with the same keys are to get the first answers.
"""

from __future__ import annotations

import random
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from serving.settings import Settings
from tests.forked import Forked
from tests.postgres import database, server
from tests.serving.bare import bare_settings, client_key
from tests.serving.crashing import examined
from tests.serving.services import leads, service
from tests.serving.traffic import Traffic, not_once

CLIENTS = 3
ROUNDS = 25
"""Kills in one installation, whose log grows with them."""
LEASE_S = 1.0
REPEATED = 100
"""Requests that are repeated after each kill."""


@dataclass
class Tally:
    """What a series of kills has shown."""

    faults: list[str] = field(default_factory=list)
    n_kills: int = 0
    n_acknowledged: int = 0
    n_repeated: int = 0
    gaps_s: list[float] = field(default_factory=list)

    def add(self, what: str, faults: list[str]) -> None:
        """Count one kill and say what it showed."""
        self.n_kills += 1
        self.faults += faults
        print(f"{self.n_kills}: {what}", *faults[:5], flush=True)


@dataclass(frozen=True)
class _Place:
    """One installation and the keys of its clients."""

    settings: Settings
    post: str
    officer: str

    def traffic(self, addresses: list[str], seed: int, name: str) -> Traffic:
        """Clients that have not begun."""
        return Traffic(addresses, self.post, self.officer, seed=seed, name=name)


@contextmanager
def _places(store: str, lease_s: float) -> Iterator[Iterator[_Place]]:
    """New installations, one after the other."""
    with tempfile.TemporaryDirectory(prefix="parcel-risk-kills-") as folder, ExitStack() as stack:
        url = stack.enter_context(server()) if store == "postgresql" else None

        def made() -> Iterator[_Place]:
            n = 0
            while True:
                n += 1
                settings = bare_settings(Path(folder) / str(n))
                with ExitStack() as one:
                    if url is not None:
                        mine = one.enter_context(database(url))
                        settings = settings.model_copy(update={"database_url": mine, "lease_s": lease_s})
                    yield _Place(
                        settings, client_key(settings, "post", "post-a"), client_key(settings, "officer", None)
                    )

        yield made()


def kills(store: str, n_kills: int, seed: int, longest_s: float) -> Tally:
    """Kill one service again and again, at random moments of its traffic."""
    chance, tally = random.Random(seed), Tally()
    with _places(store, LEASE_S) as places:
        while tally.n_kills < n_kills:
            _killed_in(next(places), chance, tally, min(ROUNDS, n_kills - tally.n_kills), longest_s)
    return tally


def _killed_in(place: _Place, chance: random.Random, tally: Tally, n_rounds: int, longest_s: float) -> None:
    sent: list[Traffic] = []
    for number in range(n_rounds + 1):
        with _serving(place) as (address, process):
            faults = _repeated(sent[-1], address, tally) if sent else []
            if number == n_rounds:
                tally.faults += faults
                return
            traffic = place.traffic([address], chance.randrange(10**9), f"K{tally.n_kills}")
            traffic.start(CLIENTS)
            after_s = chance.uniform(0.1, longest_s)
            time.sleep(after_s)
            process.send_signal(signal.SIGKILL)
            process.wait()
            traffic.stop()
        sent.append(traffic)
        tally.n_acknowledged += len(traffic.acknowledged)
        found = examined(place.settings)
        faults += [*traffic.faults, *found.faults, *not_once(place.settings, sent)]
        what = f"after {after_s:.2f} s, {len(traffic.acknowledged)} acknowledged, {len(traffic.pending)} not"
        tally.add(f"{what}, {found.n_events:,} events", faults)


@contextmanager
def _serving(place: _Place) -> Iterator[tuple[str, Forked]]:
    options = ("--standby",) if place.settings.database_url else ()
    with service(place.settings, *options) as (address, process):
        leads(address)
        yield address, process


def _repeated(traffic: Traffic, address: str, tally: Tally) -> list[str]:
    """Send again what was answered before the kill, and what was not."""
    faults = traffic.not_repeated(address, REPEATED)
    tally.n_repeated += min(REPEATED, len(traffic.acknowledged))
    for request in traffic.pending:
        status, said, _ = request.at(address)
        if status == 200:
            traffic.acknowledged.append((request, said, time.monotonic()))
        else:
            faults.append(f"{request.once}: {status} when repeated")
    traffic.pending.clear()
    return faults


def takeovers(n_kills: int, seed: int, longest_s: float, lease_s: float) -> Tally:
    """Kill whoever leads again and again while a standby follows, and measure how long nobody answers."""
    chance, tally = random.Random(seed), Tally()
    with _places("postgresql", lease_s) as places:
        place = next(places)
        with ExitStack() as services:
            leader = services.enter_context(service(place.settings, "--standby"))
            leads(leader[0])
            sent = []
            while tally.n_kills < n_kills:
                follower = services.enter_context(service(place.settings, "--standby"))
                traffic = place.traffic([leader[0], follower[0]], chance.randrange(10**9), f"L{tally.n_kills}")
                sent.append(traffic)
                leader = _taken_over(traffic, leader, follower, chance.uniform(0.5, longest_s), tally)
        tally.faults += [*examined(place.settings).faults, *not_once(place.settings, sent)]
    return tally


def _taken_over(
    traffic: Traffic, leader: tuple[str, Forked], follower: tuple[str, Forked], after_s: float, tally: Tally
) -> tuple[str, Forked]:
    traffic.start(CLIENTS)
    traffic.wait_for(10)
    time.sleep(after_s)
    killed_at = time.monotonic()
    leader[1].send_signal(signal.SIGKILL)
    traffic.wait_for(20)
    traffic.stop()
    tally.n_acknowledged += len(traffic.acknowledged)
    tally.n_repeated += min(REPEATED, len(traffic.acknowledged))
    tally.gaps_s.append(traffic.longest_gap_s(killed_at))
    what = f"{len(traffic.acknowledged)} acknowledged, nobody answered for {tally.gaps_s[-1]:.2f} s"
    tally.add(what, [*traffic.faults, *traffic.not_repeated(follower[0], REPEATED)])
    return follower
