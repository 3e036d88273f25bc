"""Random scans in a real browser: ``python -m tests.serving.pages.scans --scans 1000 --seed 1``.

Between scans there are clicks, other focuses, reloads, and keys that mean no outcome; some scans come as pairs within
50 milliseconds. Afterwards every scan was looked up once, whole and in order, and the outcomes on record are those that
a key meant.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, Error, Page, Request, sync_playwright

from parcel_risk.demo import EXAMPLE
from parcel_risk.serve import background_service
from serving.office.current import outcomes_of, versions_of
from serving.settings import Settings
from serving.store import Store
from tests.serving.bare import bare_settings, client_key
from tests.serving.conftest import bearer
from tests.serving.pages.conftest import CHROMIUM, FLAGS
from tests.serving.pages.showcase import numbers

PAIR_MS, _LONGEST_S = 50, 120
_CLICKED = "main h1, main h2, main h3, main dt, main p, main li, footer"
_FOCUSED = "main a, main button, main select, main summary, nav a"
_MEANT_BY_NONE = ("Shift+F8", "Alt+F8", "Control+F8", "Shift+F10", "Alt+F10", "Enter", "F5")


@dataclass(kw_only=True)
class Record:
    """What was done and what came of it.

    Attributes
    ----------
    scanned, looked_up:
        Numbers in the order in which they were scanned, and in which answers to them arrived.
    meant, recorded:
        Outcomes that a key meant, and those on record, by number.
    steps:
        What was done, in its order: numbers that were scanned, and what was in between.
    n_pairs, n_near, n_reloads:
        Pairs of scans; those whose Enter and first character were within `PAIR_MS` of each other; reloads.
    """

    scanned: list[str] = field(default_factory=list)
    looked_up: list[str] = field(default_factory=list)
    meant: dict[str, str] = field(default_factory=dict)
    recorded: dict[str, str] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)
    n_pairs: int = 0
    n_near: int = 0
    n_reloads: int = 0
    errors: list[str] = field(default_factory=list)

    @property
    def lost(self) -> list[str]:
        """Scans that were never looked up."""
        return list((Counter(self.scanned) - Counter(self.looked_up)).elements())

    @property
    def doubled(self) -> list[str]:
        """Numbers that were looked up more often than scanned; a reload asks once more for what was on its way."""
        extra = list((Counter(self.looked_up) - Counter(self.scanned)).elements())
        return [one for one in extra if one in self.scanned][self.n_reloads :]

    @property
    def cut(self) -> list[str]:
        """What was looked up and never scanned: parts of numbers, or two in one."""
        return [one for one in self.looked_up if one not in set(self.scanned)]

    @property
    def is_in_order(self) -> bool:
        """Whether scans were looked up in their order."""
        return list(dict.fromkeys(self.looked_up)) == self.scanned

    def around(self, number: str) -> str:
        """What was done just before and after a scan."""
        at = self.steps.index(number)
        return ", ".join(self.steps[max(0, at - 6) : at + 5])

    @property
    def faults(self) -> list[str]:
        """What should not have been; empty where all is well."""
        checks = {
            f"lost: {self.lost}": not self.lost,
            f"doubled: {self.doubled}": not self.doubled,
            f"cut: {self.cut}": not self.cut,
            "looked up out of order": self.is_in_order,
            f"outcomes: {len(self.recorded)} for {len(self.meant)} that were meant": self.recorded == self.meant,
            f"errors of the browser: {self.errors[:3]}": not self.errors,
        }
        return [words for words, is_well in checks.items() if not is_well]


class Worker:
    """Works at one page of a browser, by a seed."""

    def __init__(self, page: Page, waiting: list[str], seed: int) -> None:
        self.page, self.waiting, self.draw = page, waiting, random.Random(seed)
        self.record = Record()
        page.on("requestfinished", self._answered)
        page.on("pageerror", lambda error: self.record.errors.append(str(error)))

    def _answered(self, request: Request) -> None:
        parts = urlsplit(request.url)
        query = parse_qs(parts.query)
        # What follows an outcome is no look-up of a scan.
        if parts.path != "/station" or request.method != "GET" or "parcel" not in query or "message" in query:
            return
        number, found = query["parcel"][0], self.record.looked_up
        # From another page a scan leads to the card by its address; a page that is loaded anew asks once more.
        if request.resource_type == "fetch" or (request.resource_type == "document" and number not in found):
            found.append(number)

    def work(self, n_scans: int) -> Record:
        """Scan so many parcels, with something in between."""
        steps: tuple[Callable[[], None], ...] = (self.click, self.focus, self.reload, self.mistake, self.outcome)
        while len(self.record.scanned) < n_scans:
            for _ in range(self.draw.choice((0, 1, 1, 2))):
                step = self.draw.choices(steps, (4, 4, 1, 2, 3))[0]
                self.record.steps.append(step.__name__)
                step()
            if self.draw.random() < 0.2 and len(self.record.scanned) + 1 < n_scans:
                self.pair()
            else:
                self.scan()
            if self.draw.random() < 0.6:
                self.record.steps.append("settle")
                self.settle()
        self.settle()
        return self.record

    def scan(self) -> None:
        """What a scanner does: characters, then Enter."""
        number = self._next()
        self.page.keyboard.type(number)
        self.page.keyboard.press("Enter")

    def pair(self) -> None:
        """Two scans, one directly behind the other."""
        self.scan()
        ended = time.monotonic()
        number = self._next()
        self.page.keyboard.type(number[0])
        self.record.n_near += (time.monotonic() - ended) * 1000 < PAIR_MS
        self.page.keyboard.type(number[1:])
        self.page.keyboard.press("Enter")
        self.record.n_pairs += 1

    def _next(self) -> str:
        number = self.waiting.pop()
        self.record.scanned.append(number)
        self.record.steps.append(number)
        return number

    def click(self) -> None:
        """Click on something that is no control."""
        found = self.page.locator(_CLICKED)
        n = found.count()
        if n:
            found.nth(self.draw.randrange(n)).dispatch_event("click")

    def focus(self) -> None:
        """Focus a control, an outcome as likely as any other."""
        found = self.page.locator(_FOCUSED)
        n = found.count()
        if n:
            found.nth(self.draw.randrange(n)).evaluate("element => element.focus()")

    def reload(self) -> None:
        """Load the page anew, whatever is on its way."""
        self.record.n_reloads += 1
        self.page.reload()

    def mistake(self) -> None:
        """Press a key that means no outcome, or an outcome over half a typed number."""
        self.settle()
        key = self.draw.choice(_MEANT_BY_NONE)
        if key == "F5":
            self.page.keyboard.type("EE")
            self.page.keyboard.press("F8")
            self.page.keyboard.press("Escape")
        else:
            self.page.keyboard.press(key)

    def outcome(self) -> None:
        """Record an outcome of the parcel in hand, meaning it."""
        self.settle()
        button = self.page.locator('#answer button[data-key="F8"]')
        if button.count() != 1:
            return
        number = self.page.locator("#answer article").get_attribute("data-parcel") or ""
        self.page.evaluate("scrollTo(0, 0)")
        self.page.keyboard.press("F8")
        until(self.page, "window.outbox.kept().length === 0 && !document.querySelector('form.outcome[inert]')")
        self.record.meant[number] = "nothing_found"

    def settle(self) -> None:
        """Wait until everything that was scanned has been answered."""
        until(self.page, "window.outbox && !scans.isBusy && scans.pending.length === 0")


def until(page: Page, condition: str) -> None:
    """Wait until something holds on a page; its content security policy forbids that the page itself asks again."""
    ends = time.monotonic() + _LONGEST_S
    while not _holds(page, condition):
        if time.monotonic() > ends:
            raise TimeoutError(f"after {_LONGEST_S} s this does not hold: {condition}")
        page.wait_for_timeout(5)


def _holds(page: Page, condition: str) -> bool:
    try:
        return bool(page.evaluate(condition))
    except Error:  # another page is on its way
        return False


def lodged(settings: Settings, address: str, n: int) -> list[str]:
    """Lodge so many parcels; their numbers."""
    post = client_key(settings, "post", "post-a")
    drawn = numbers()
    found = [next(drawn) for _ in range(n)]
    rows = [{**EXAMPLE, "parcel_id": one, "receptacle_id": None} for one in found]
    for start in range(0, n, 500):
        request = urllib.request.Request(
            f"{address}/v1/manifests",
            data=json.dumps({"parcels": rows[start : start + 500]}).encode(),
            headers={"Content-Type": "application/json", **bearer(post)},
        )
        with urllib.request.urlopen(request, timeout=300) as response:
            json.load(response)
    return found


def worked(browser: Browser, folder: Path, n_scans: int, seed: int) -> Record:
    """Work at a service of its own, and compare with what it has on record."""
    settings = bare_settings(folder)
    with background_service(settings) as address:
        waiting = lodged(settings, address, n_scans)
        context = browser.new_context(base_url=address, viewport={"width": 1366, "height": 768})
        page = context.new_page()
        page.goto("/station")
        page.get_by_label("Officer's key").fill(client_key(settings, "officer-7", None))
        page.keyboard.press("Enter")
        page.wait_for_selector("#parcel")
        worker = Worker(page, list(reversed(waiting)), seed)
        found = worker.work(n_scans)
        context.close()
        with Store(settings.database) as store, store.begin_read() as connection:
            outcomes = outcomes_of(connection, versions_of(connection, waiting))
            found.recorded = {
                life[1]: str(events[-1]["result"]) for life, events in outcomes.items() if len(events) == 1
            }
            found.recorded |= {life[1]: "several" for life, events in outcomes.items() if len(events) > 1}
    return found


def main() -> int:
    """Work, and say what came of it; 1 where anything was lost, doubled, cut or recorded without a key."""
    parser = argparse.ArgumentParser(prog="tests.serving.pages.scans", description=__doc__)
    parser.add_argument("--scans", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        found = worked(chromium, Path(folder), given.scans, given.seed)
        chromium.close()
    print(  # noqa: T201
        f"{len(found.scanned)} scans, {found.n_pairs} pairs ({found.n_near} within {PAIR_MS} ms), {found.n_reloads} "
        f"reloads, {len(found.meant)} outcomes meant and {len(found.recorded)} on record; lost {len(found.lost)}, "
        f"doubled {len(found.doubled)}, cut {len(found.cut)}"
    )
    for fault in found.faults:
        print(f"FAULT {fault}")  # noqa: T201
    for number in found.lost:
        print(f"around {number}: {found.around(number)}")  # noqa: T201
    return 1 if found.faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
