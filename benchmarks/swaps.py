"""Swaps the model of a service under load: `python -m benchmarks.swaps`.

Options ``--swaps N``, ``--clients N`` and ``--folder FOLDER``. A service on the loopback address answers single parcels
of several clients at once, while one of two signed bundles with different calibrations is made the champion in turn.
The exit status is 1 when a request failed, when an answer does not have the probability of the very bundle that it
names, or when a swap did not come.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from features import bundle
from features.bundle import Bundle, Calibration
from features.model_store import ModelStore
from features.signing import sign
from parcel_risk.demo import EXAMPLE
from parcel_risk.serve import background_service
from serving.keys import APPROVER
from serving.settings import Settings
from serving.store import Scored, Store
from serving.store.scores import all_scores
from tests.builders import write_a_bundle
from tests.serving.bare import bare_settings, client_key

NAMES = ("one", "two")
LOOK_S = 0.1
LONGEST_S = 60.0


@dataclass
class Seen:
    """What clients saw.

    Attributes
    ----------
    answers:
        Bundle and probability of each answer.
    faults:
        Requests that failed, swaps that did not come, answers that name no single bundle.
    seconds:
        How long each answer took.
    """

    answers: list[tuple[str, float]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def n_of(self, bundle_id: str) -> int:
        """Count the answers that name a bundle."""
        return sum(named == bundle_id for named, _ in list(self.answers))


def main() -> None:
    """Swap under load, and report."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--swaps", type=int, default=100)
    options.add_argument("--clients", type=int, default=4)
    options.add_argument("--folder", type=Path)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="parcel-risk-swaps-") as made:
        seen = swapped(installation(asked.folder or Path(made)), swaps=asked.swaps, clients=asked.clients)
    ms = np.quantile(np.array(seen.seconds or [0.0]) * 1e3, (0.5, 0.99, 1.0))
    print(f"{asked.swaps} swaps, {asked.clients} clients, load {os.getloadavg()[0]:.1f}: {len(seen.answers):,} answers")
    print(
        f"p50 {ms[0]:.1f} ms, p99 {ms[1]:.1f} ms, longest {ms[2]:.1f} ms; {len(seen.faults)} faults", *seen.faults[:9]
    )
    sys.exit(bool(seen.faults))


def installation(folder: Path) -> Settings:
    """An installation with two signed bundles whose calibrations differ, the first of which is the champion."""
    settings = bare_settings(folder).model_copy(update={"models_dir": folder / "models", "model_look_s": LOOK_S})
    store = ModelStore(settings.models_dir)
    calibrations = Calibration(a=1.1, b=0.9, c=-0.2), Calibration(a=0.7, b=1.2, c=0.4)
    for name, calibration in zip(NAMES, calibrations, strict=True):
        put_signed(settings, name, calibration=calibration)
    store.promote(NAMES[0])
    return settings


def put_signed(settings: Settings, name: str, **changes: Any) -> Path:
    """Write a small bundle to the model store, and sign it with the key of the local approver."""
    folder = write_a_bundle(settings.models_dir / name, **changes)
    at = "2026-11-26T00:00:00+00:00"
    signature = sign(bundle.digest_of(folder), name="approver", key=settings.keys / APPROVER, signed_at=at)
    (folder / bundle.SIGNATURE).write_text(json.dumps(signature.as_dict()), "utf-8")
    return folder


def swapped(settings: Settings, *, swaps: int, clients: int) -> Seen:
    """Let clients lodge parcels while the champion is changed `swaps` times; each swap is waited for."""
    seen, stop = Seen(), threading.Event()
    keys = [client_key(settings, f"post-{index}", f"post-{index}") for index in range(clients)]
    models = ModelStore(settings.models_dir)
    bundles = [bundle.load(models.folder / name, trusted=settings.trusted()) for name in NAMES]
    with background_service(settings) as address:
        threads = [threading.Thread(target=_lodge, args=(address, key, seen, stop)) for key in keys]
        for thread in threads:
            thread.start()
        try:
            _swap(models, seen, swaps, [one.bundle_id for one in bundles])
        finally:
            stop.set()
            for thread in threads:
                thread.join()
    seen.faults += _mixed(settings, seen, {one.bundle_id: one for one in bundles})
    return seen


def _swap(models: ModelStore, seen: Seen, swaps: int, ids: Sequence[str]) -> None:
    """Promote in turn, each time until answers name the new bundle."""
    for swap in range(1, swaps + 1):
        turn = swap % 2
        before, deadline = seen.n_of(ids[turn]), time.monotonic() + LONGEST_S
        models.promote(NAMES[turn])
        while seen.n_of(ids[turn]) < before + 2 and not seen.faults:
            if time.monotonic() > deadline:
                seen.faults.append(f"swap {swap} did not come within {LONGEST_S:.0f} s")
                return
            time.sleep(0.01)


def _lodge(address: str, key: str, seen: Seen, stop: threading.Event) -> None:
    """Lodge one parcel after another over one connection, of another weight each."""
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=LONGEST_S)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    n = 0
    try:
        while not stop.is_set():
            n += 1
            body = json.dumps({**EXAMPLE, "parcel_id": f"S-{n}", "gross_weight_g": 20 + n * 37 % 1_900})
            started = time.perf_counter()
            connection.request("POST", "/v1/parcels", body=body, headers=headers)
            response = connection.getresponse()
            answer = json.loads(response.read())
            if response.status != 200 or not (answer["bundle"] and answer["catalogue"]):
                seen.faults.append(f"answer {response.status} without bundle or catalogue")
                return
            seen.seconds.append(time.perf_counter() - started)
            seen.answers.append((answer["bundle"], answer["probability"]))
    except (OSError, http.client.HTTPException, ValueError) as error:
        seen.faults.append(f"request failed ({type(error).__name__})")
    finally:
        connection.close()


def _mixed(settings: Settings, seen: Seen, bundles: dict[str, Bundle]) -> list[str]:
    """Stored answers that are not those of the very bundle that they name, and answers that were given otherwise."""
    with Store(settings.database) as store, store.begin_read() as connection:
        stored = all_scores(connection)
    faults = [
        f"score {seq} is not of the bundle that it names" for seq, one in stored.items() if not _is_of(one, bundles)
    ]
    kept = Counter((one.bundle_id, one.probability) for one in stored.values())
    given: Counter[tuple[str | None, float | None]] = Counter()
    given.update(seen.answers)
    if given - kept:
        faults.append(f"{(given - kept).total()} answers differ from the stored ones")
    return faults


def _is_of(one: Scored, bundles: dict[str, Bundle]) -> bool:
    model = bundles.get(one.bundle_id or "")
    if model is None or one.features is None:
        return False
    values = model.completed(np.array(one.features).reshape(1, -1), [None])
    raw = model.raw(values)
    return (one.raw_score, one.probability) == (float(raw[0]), float(model.probability(raw)[0]))


if __name__ == "__main__":
    main()
