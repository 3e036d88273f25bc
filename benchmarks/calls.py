"""How many calls of Python one parcel takes, and under which function: `python -m benchmarks.calls`.

The application is asked in this process and without sockets, one parcel after the other. A call counts for every
function that it happens under, so that a function stands next to what it sets in motion. Unlike times, the numbers
are the same on a busy machine; with ``--us`` the processor time of a parcel is measured as well, without counting.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from benchmarks.service.installation import Throwaway, installed
from benchmarks.service.parcels import Supply
from benchmarks.service.stages import Requests, asked, singles
from parcel_risk.serve import logging_to

ROOT = Path(__file__).parents[1]
WARM_UP = 200


class Calls:
    """Counts the calls of the threads that `counting` is set for."""

    def __init__(self) -> None:
        """Begin at zero."""
        self.n = 0
        self.under: Counter[CodeType] = Counter()
        self._open = threading.local()

    def counting(self, frame: FrameType, event: str, _: Any) -> None:
        """Profile function of a thread."""
        open_: list[CodeType] = self._open.__dict__.setdefault("codes", [])
        if event in ("call", "c_call"):
            self.n += 1
            self.under.update(set(open_))
        if event == "call":
            open_.append(frame.f_code)
        elif event == "return" and open_:
            open_.pop()

    def table(self, n_parcels: int, most: int) -> str:
        """Functions of the project with most calls under them, calls a parcel."""
        own = [(n, code) for code, n in self.under.items() if code.co_filename.startswith(str(ROOT))]
        rows = [f"{self.n / n_parcels:8.1f}  all"]
        for n, code in sorted(own, key=lambda one: -one[0])[:most]:
            name = f"{Path(code.co_filename).relative_to(ROOT)}:{code.co_qualname}"
            rows.append(f"{n / n_parcels:8.1f}  {name}")
        return "\n".join(rows)


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parcels", type=int, default=100)
    parser.add_argument("--most", type=int, default=60)
    parser.add_argument("--us", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, open(os.devnull, "w", encoding="utf-8") as log, logging_to(log):
        asyncio.run(_counted(installed(Path(folder)), given.parcels, given.most, timed=given.us))


async def _counted(ours: Throwaway, n: int, most: int, *, timed: bool) -> None:
    from serving.app import create_app

    app, supply, calls = create_app(ours.settings), Supply(WARM_UP + 11 * n, seed=1), Calls()
    async with app.router.lifespan_context(app):
        await asked(app, ours, singles(supply, WARM_UP))
        if timed:
            blocks = [await _us(app, ours, singles(supply, n)) for _ in range(10)]
            print(f"processor time, us a parcel: least {min(blocks):,.0f}, median {sorted(blocks)[5]:,.0f}")
            return
        handle = app.state.gathering._handle

        def counted(batch: Any) -> Any:
            sys.setprofile(calls.counting)
            try:
                return handle(batch)
            finally:
                sys.setprofile(None)

        app.state.gathering._handle = counted
        requests = singles(supply, n)
        sys.setprofile(calls.counting)
        await asked(app, ours, requests)
        sys.setprofile(None)
    print(calls.table(n, most))


async def _us(app: Any, ours: Throwaway, requests: Requests) -> float:
    begun = time.process_time_ns()
    await asked(app, ours, requests)
    return (time.process_time_ns() - begun) / len(requests) / 1e3


if __name__ == "__main__":
    main()
