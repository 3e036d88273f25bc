"""Ends real processes at random moments and examines what a restart finds: `python -m benchmarks.crashes`.

Options ``--moments N`` and ``--seed S``. In turn a historical backfill, a manifest, outcomes and the sealing of the log
are ended by SIGINT, SIGTERM or kill -9 at a random moment of their work, in one installation after another (moments lie
between 0 and ``--longest-s``, which is to be about what the work takes on the machine); the exit
status is 1 when history, feature rows, scores or audit ever differ from the replay of the log, or its segments are no
chain.

``--store sqlite`` or ``--store postgresql`` sends mixed traffic instead and ends the service by kill -9 (see
`benchmarks.kills`); ``--leader`` kills the leader of two services on PostgreSQL and says how long nobody answered.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
import tempfile
import threading
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import NoReturn

from benchmarks.kills import kills, takeovers
from features.sources.registry import adapters
from serving.settings import Settings
from tests.builders import a_parcel, parcel_table
from tests.forked import Forked
from tests.manifests import written
from tests.serving.bare import bare_settings, client_key
from tests.serving.crashing import examined, started

WORKS = ("ingest", "manifests", "outcomes", "seal")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
N = 300
LONGEST_S = 1.5
"""Work of `N` parcels takes about as long."""
SEGMENT = 1_000
"""Events of a segment: the smallest one, so that the log is sealed often."""
ROUNDS = 30
"""Moments in one installation, whose log grows with them."""


def main() -> None:
    """Interrupt and examine."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--moments", type=int, default=200)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--longest-s", type=float, default=LONGEST_S)
    options.add_argument("--store", choices=("sqlite", "postgresql"))
    options.add_argument("--leader", action="store_true")
    options.add_argument("--lease-s", type=float, default=3.0)
    asked = options.parse_args()
    if asked.store or asked.leader:
        _killed(asked)
    chance = random.Random(asked.seed)
    faults, n_events = 0, []
    with tempfile.TemporaryDirectory(prefix="parcel-risk-crashes-") as folder:
        for moment in range(asked.moments):
            if moment % ROUNDS == 0:
                place = _Place(Path(folder) / str(moment))
            work, way, after_s = chance.choice(WORKS), chance.choice(SIGNALS), chance.uniform(0.0, asked.longest_s)
            place.interrupted(work, way, after_s, moment)
            found = examined(place.settings)
            n_events.append(found.n_events)
            faults += bool(found.faults)
            held = f"{found.n_events:,} events, {found.n_segments} segments"
            print(f"{moment + 1}: {work} {way.name} after {after_s:.2f} s: {held}", *found.faults)
    stored = sum(later > earlier for earlier, later in zip([0, *n_events], n_events, strict=False))
    print(f"{asked.moments} moments, seed {asked.seed}: {faults} with faults; {stored} behind a commit")
    sys.exit(bool(faults))


def _killed(asked: argparse.Namespace) -> NoReturn:
    """Kill under traffic, say what was found, and end."""
    if asked.leader:
        found = takeovers(asked.moments, asked.seed, asked.longest_s, asked.lease_s)
        times = sorted(found.gaps_s)
        print(f"nobody answered for {median(times):.2f} s (median), {times[-1]:.2f} s (longest)")
    else:
        found = kills(asked.store, asked.moments, asked.seed, asked.longest_s)
    counts = f"{found.n_acknowledged:,} acknowledged, {found.n_repeated:,} repeated, {len(found.faults)} faults"
    print(f"{found.n_kills} kills, seed {asked.seed}: {counts}")
    sys.exit(bool(found.faults))


class _Place:
    """One installation, its clients, and a lodged parcel about which outcomes are sent."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings: Settings = bare_settings(folder).model_copy(update={"segment_events": SEGMENT})
        self._post = client_key(self.settings, "post", "post-a")
        self._officer = client_key(self.settings, "officer", None)

    def interrupted(self, work: str, way: signal.Signals, after_s: float, moment: int) -> None:
        """Begin a work, and end its process after a while."""
        if work in ("ingest", "seal"):
            arguments = ("seal",) if work == "seal" else ("ingest", str(self._manifest(moment)))
            process = started(self.settings, "-", "none", *arguments)
            _line(process, "loaded")
            _go(process)
        else:
            process = started(self.settings, "-", "none", "serve")
            _line(process, "loaded")
            _go(process)
            address = _line(process, "station ").split("/station")[0].removeprefix("station ")
            threading.Thread(target=self._send, args=(address, work, moment), daemon=True).start()
        time.sleep(after_s)
        process.send_signal(way)
        try:
            process.communicate(timeout=60)
        except TimeoutError:
            process.kill()
            process.communicate()

    def _manifest(self, moment: int) -> Path:
        rows = [a_parcel(parcel_id=f"F-{moment}-{index}", sender_name=f"Trader {index % 31}") for index in range(N)]
        file = self.folder / "manifest.csv"
        file.write_bytes(written(adapters()["csv"], parcel_table(rows).drop("line")))
        return file

    def _send(self, address: str, work: str, moment: int) -> None:
        """Parcels in requests of fifty, each batch followed by outcomes of some of them where that is the work."""
        unknown = {"lodged_at": None, "posted_at": None, "due_at": None, "operator": None}
        for start in range(0, N, 50):
            names = [f"M-{moment}-{index}" for index in range(start, start + 50)]
            items = [a_parcel(parcel_id=name, sender_name=f"Trader {name[-1]}", **unknown) for name in names]
            parcels = [{field: value for field, value in item.items() if value is not None} for item in items]
            with suppress(OSError):
                _post(address, "/v1/manifests", self._post, {"parcels": parcels})
                if work == "outcomes":
                    results = [{"parcel_id": name, "operator": "post-a", "result": "found"} for name in names[::3]]
                    _post(address, "/v1/outcomes", self._officer, {"outcomes": results})


def _post(address: str, path: str, key: str, body: object) -> None:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    request = urllib.request.Request(address + path, data=json.dumps(body).encode(), headers=headers)
    urllib.request.urlopen(request, timeout=60).close()


def _line(process: Forked, start: str) -> str:
    """Read what the process prints up to a line that begins with `start`."""
    return next((line for line in process.stdout if line.startswith(start)), "")


def _go(process: Forked) -> None:
    process.stdin.write("go\n")
    process.stdin.flush()


if __name__ == "__main__":
    main()
