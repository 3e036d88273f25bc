"""A server that is killed while an officer works: ``python -m tests.serving.pages.kills --kills 50``.

It is killed while nothing happens, while a scan is on its way, before an outcome is stored, or after it was stored and
before it was answered. The station says so at once; after a restart everything is on record, once.
"""

from __future__ import annotations

import argparse
import json
import random
import socket
import tempfile
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from parcel_risk.demo import EXAMPLE
from serving.office.current import outcomes_of, versions_of
from serving.settings import Settings
from serving.store import Store
from tests.forked import Forked
from tests.serving.bare import bare_settings, client_key
from tests.serving.conftest import bearer
from tests.serving.crashing import started
from tests.serving.pages.conftest import CHROMIUM, FLAGS
from tests.serving.pages.scans import until
from tests.serving.pages.showcase import numbers

IDLE, SCANNING, BEFORE, BEHIND = "-", "scan", "before the log", "in the publication"
PLACES = (IDLE, SCANNING, BEFORE, BEHIND)
"""Where the server is killed: in peace, while a scan is on its way, before and after an outcome is stored."""
_RESTART_MS = 120_000


@dataclass(kw_only=True)
class Survived:
    """What came of some kills; `faults` is empty where nothing was lost or doubled."""

    n_kills: int = 0
    faults: list[str] = field(default_factory=list)


@contextmanager
def service(settings: Settings, place: str = IDLE) -> Iterator[Forked]:
    """The real service, killed at the latest at the end; at `place` it kills itself when something is written."""
    armed = place if place in (BEFORE, BEHIND) else IDLE
    process = started(settings, armed, "kill", "serve")
    try:
        if armed == IDLE:
            process.stdin.write("begin\n")
            process.stdin.flush()
        if not any(line.startswith("station ") for line in process.stdout):
            raise RuntimeError("the service did not start")
        yield process
    finally:
        process.kill()
        process.communicate()


def installation(folder: Path) -> Settings:
    """Settings of an installation of its own, at a free port that stays the same over restarts."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return bare_settings(folder).model_copy(update={"port": port})


def lodged(settings: Settings, n: int) -> list[str]:
    """Lodge so many parcels; their numbers."""
    post, drawn = client_key(settings, "post", "post-a"), numbers()
    found = [next(drawn) for _ in range(n)]
    with service(settings):
        request = urllib.request.Request(
            f"http://127.0.0.1:{settings.port}/v1/manifests",
            data=json.dumps({"parcels": [{**EXAMPLE, "parcel_id": one} for one in found]}).encode(),
            headers={"Content-Type": "application/json", **bearer(post)},
        )
        with urllib.request.urlopen(request, timeout=120) as response:
            json.load(response)
    return found


def outcomes(settings: Settings, number: str) -> list[str]:
    """Outcomes on record of a parcel."""
    with Store(settings.database) as store, store.begin_read() as connection:
        (events,) = outcomes_of(connection, versions_of(connection, [number])).values() or [[]]
        return [one["result"] for one in events]


def survived(browser: Browser, folder: Path, places: Sequence[str]) -> Survived:
    """Kill the server at each of the places, and look at what is on record after the restart."""
    settings, found = installation(folder), Survived()
    waiting = lodged(settings, 2 * len(places))
    key = client_key(settings, "officer-7", None)
    address = f"http://127.0.0.1:{settings.port}"
    page = browser.new_context(base_url=address, viewport={"width": 1366, "height": 768}).new_page()
    for n, place in enumerate(places):
        first, second = waiting[2 * n : 2 * n + 2]
        _killed(page, settings, place, first, second, key if n == 0 else "")
        with service(settings):
            expect(page.locator("#offline")).to_be_hidden(timeout=_RESTART_MS)
            expect(page.locator("#answer .number")).to_contain_text(second, timeout=_RESTART_MS)
            until(page, "window.outbox.kept().length === 0")
        found.n_kills += 1
        wanted = [] if place == SCANNING else ["nothing_found"]
        if (outcomes(settings, first), outcomes(settings, second)) != (wanted, []):
            found.faults.append(f"killed {place}: {outcomes(settings, first)} and {outcomes(settings, second)}")
    page.context.close()
    return found


def _killed(page: Page, settings: Settings, place: str, first: str, second: str, key: str) -> None:
    """One kill: the banner comes, and what is entered and scanned meanwhile is counted."""
    with service(settings, place) as process:
        page.goto("/station")
        if key:
            page.get_by_label("Officer's key").fill(key)
            page.keyboard.press("Enter")
        expect(page.get_by_label("Scan or type")).to_be_focused()
        scan(page, first)
        if place == SCANNING:
            process.kill()
        else:
            expect(page.locator("#answer .number")).to_contain_text(first)
            until(page, "!scans.isBusy")
        if place in (BEFORE, BEHIND):
            page.keyboard.press("F8")
            expect(page.locator("#offline")).to_be_visible()
    expect(page.locator("#offline")).to_be_visible()
    if place == IDLE:
        page.keyboard.press("F8")
    scan(page, second)
    if place != SCANNING:
        expect(page.locator("#waiting")).to_contain_text("1 entry and 1 scan are kept here")


def scan(page: Page, number: str) -> None:
    """What a scanner does."""
    page.keyboard.type(number)
    page.keyboard.press("Enter")


def main() -> int:
    """Kill the server so often, at places drawn by the seed; 1 where anything was lost or doubled."""
    parser = argparse.ArgumentParser(prog="tests.serving.pages.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    draw = random.Random(given.seed)
    places = [draw.choice(PLACES) for _ in range(given.kills)]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        found = survived(chromium, Path(folder), places)
        chromium.close()
    counts = ", ".join(f"{place!r} {places.count(place)}" for place in PLACES)
    print(f"{found.n_kills} kills ({counts}), {len(found.faults)} faults")  # noqa: T201
    for fault in found.faults:
        print(f"FAULT {fault}")  # noqa: T201
    return 1 if found.faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
