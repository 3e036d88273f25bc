"""Scan to painted answer, from a real browser, while a manifest is ingested, with the stages of its time.

`python -m benchmarks.station --stored 1000000 --ingested 100000 --scans 500` measures what is asked of it; with
smaller numbers it takes minutes. The service is a real process with the reference model, in a folder that is removed.
The time begins with the Enter of the scanner, as the browser counts it, and ends when the next
frame behind the answer has been painted.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page, sync_playwright

from benchmarks.service.installation import Throwaway, backfilled, installed, job_done, lodged_file, serving
from benchmarks.service.machine import load_average
from benchmarks.service.parcels import Supply, manifest_file
from benchmarks.service.servers import Server, ask
from benchmarks.service.wire import bearer

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
STAGES = (
    "until the request",
    "until the first byte",
    "until the last byte",
    "until it is shown",
    "until it is painted",
)
"""Parts of the time from Enter to paint, in their order."""
_ASSESSED = 5_000
"""Parcels that are lodged and scored first; those that are scanned are of them."""
_ALONE_MS = 100
"""Milliseconds for which the browser is left alone with a scan, before it is asked whether it has painted."""
_WATCH = """() => {
  window.measured = [];
  let at = 0;
  document.addEventListener("keydown", (event) => { if (event.key === "Enter") at = event.timeStamp; }, true);
  const answered = () => {
    const shown = performance.now(), began = at;
    const asked = performance.getEntriesByType("resource");
    const entry = asked.filter((one) => one.name.includes("/station?parcel=")).at(-1);
    const times = [began, entry.requestStart, entry.responseStart, entry.responseEnd, shown];
    performance.clearResourceTimings();
    requestAnimationFrame(() => { const channel = new MessageChannel();
      channel.port1.onmessage = () => window.measured.push([...times, performance.now()]);
      channel.port2.postMessage(null); });
  };
  const isAnswer = (change) => [...change.addedNodes].some((node) => node.id === "answer");
  new MutationObserver((changes) => { if (changes.some(isAnswer)) answered(); })
    .observe(document.getElementById("main"), {childList: true, subtree: true});
}"""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Milliseconds of each scan by stage, shape ``(n, 5)``, and how many came while the manifest was ingested."""

    stages_ms: np.ndarray
    n_during: int

    @property
    def total_ms(self) -> np.ndarray:
        """From Enter to paint, of each scan."""
        return self.stages_ms.sum(axis=1)


def main() -> None:
    """Measure and print."""
    asked = _arguments()
    load_before = load_average()
    for name in [name for name in os.environ if name.startswith("PARCEL_RISK_")]:
        del os.environ[name]  # the installation of whoever measures is left alone
    asked.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="station-", dir=asked.folder) as folder:
        measured = _measure(asked, Path(folder).absolute())
    command = shlex.join(["python", "-m", "benchmarks.station", *sys.argv[1:]])
    print(f"`{command}`, load before {load_before}", end="\n\n")
    print(table(measured))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.station", description=__doc__)
    parser.add_argument("--stored", type=int, default=1_000_000, help="parcels that are stored before")
    parser.add_argument(
        "--ingested", type=int, default=100_000, help="parcels of the manifest that is ingested meanwhile"
    )
    parser.add_argument("--manifests", type=int, default=2, help="such manifests, ingested one after the other")
    parser.add_argument("--scans", type=int, default=500, help="scans that are timed")
    parser.add_argument(
        "--seed", type=int, default=1, help="of the synthetic parcels, and of which of them are scanned"
    )
    parser.add_argument("--folder", type=Path, default=Path("var"), help="where the throw-away installation is made")
    return parser.parse_args()


def _measure(asked: argparse.Namespace, folder: Path) -> Measured:
    supply = Supply(asked.stored + _ASSESSED + asked.manifests * asked.ingested, seed=asked.seed)
    stored = supply.take(asked.stored)
    assessed = supply.take(_ASSESSED)
    manifests = [manifest_file(supply.take(asked.ingested), "parquet") for _ in range(asked.manifests)]
    ours, file = installed(folder), folder / "stored.parquet"
    stored.write_parquet(file)
    backfilled(ours, file)
    known = assessed["parcel_id"].sample(asked.scans, with_replacement=True, shuffle=True, seed=asked.seed)
    with serving(ours, folder) as server:
        job_done(server, ours, lodged_file(server, ours, *manifest_file(assessed, "parquet")))
        jobs = [lodged_file(server, ours, *one) for one in manifests]
        return scanned(server, ours, known.to_list(), jobs[-1])


def scanned(server: Server, ours: Throwaway, numbers: Sequence[str], job: str) -> Measured:
    """Scan the numbers one after the other; how many of them before the job was done is counted by twenties."""
    during = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(base_url=f"http://127.0.0.1:{server.port}", viewport={"width": 1366, "height": 768})
        _signed_in(page, ours.officer_key)
        for n, number in enumerate(numbers):
            during += _is_running(server, ours, job) if n % 20 == 0 else 0
            _scan(page, number, n)
        times = np.array(page.evaluate("window.measured"), dtype=np.float64)
        browser.close()
    return Measured(stages_ms=np.diff(times, axis=1), n_during=min(20 * during, len(numbers)))


def _signed_in(page: Page, key: str) -> None:
    page.goto("/station")
    page.locator("#field-key").fill(key)
    page.keyboard.press("Enter")
    page.wait_for_selector("#parcel")
    page.wait_for_load_state("load")
    page.evaluate(_WATCH)


def _scan(page: Page, number: str, n: int) -> None:
    """Scan one number, and wait until its answer is painted; the same number is one scan for two seconds.

    Who asks the browser again and again whether it has painted takes one of its cores: it is left alone meanwhile.
    """
    page.evaluate("scans.last = ''")
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    page.wait_for_timeout(_ALONE_MS)
    while page.evaluate("window.measured.length") <= n:  # the page's own policy forbids that it asks itself again
        page.wait_for_timeout(_ALONE_MS)


def _is_running(server: Server, ours: Throwaway, job: str) -> bool:
    _, body = ask(server.port, "GET", job, headers=bearer(ours.operator_key))
    return b'"done"' not in body


def table(measured: Measured) -> str:
    """Percentiles by stage as Markdown."""
    rows: list[tuple[str, Any]] = [
        *zip(STAGES, measured.stages_ms.T, strict=True),
        ("Enter to paint", measured.total_ms),
    ]
    lines = [
        f"{len(measured.total_ms):,} scans, about {measured.n_during:,} while the manifest was ingested; milliseconds:",
        "",
        "| stage | p50 | p95 | p99 | most |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, values in rows:
        p50, p95, p99 = np.percentile(values, [50, 95, 99])
        lines.append(f"| {name} | {p50:.1f} | {p95:.1f} | {p99:.1f} | {values.max():.1f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
