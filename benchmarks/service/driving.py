"""Drive a server with the load generator, in a process of its own, and return what it saw."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.service.servers import ROOT, ServerError

WARM_UP_S = 0.5


@dataclass(frozen=True, kw_only=True)
class Clients:
    """Clients that send the requests of one file, each waiting for its answer before the next one.

    Attributes
    ----------
    pause_s:
        Between an answer and the next request.
    again:
        Whether the file begins again at its end.
    """

    name: str
    file: Path
    clients: int = 1
    pause_s: float = 0.0
    most: int = 10**9
    again: bool = False


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What clients saw.

    Attributes
    ----------
    ms:
        Latency of each request that was sent after the warm-up.
    n_within:
        Answers between the end of the warm-up and the end.
    seconds:
        From the end of the warm-up to the last of these.
    n_answered:
        All answers.
    """

    ms: list[float]
    n_within: int
    seconds: float
    n_answered: int
    n_failed: int
    first_fault: str

    @property
    def per_s(self) -> float:
        """Answered requests per second."""
        return self.n_within / self.seconds if self.seconds > 0 else 0.0


@dataclass(frozen=True, kw_only=True)
class Driven:
    """What all clients saw, by name, and the share of one core that the generator itself needed."""

    seen: dict[str, Seen]
    generator_share: float


class Load:
    """A running load generator."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """Watch `process`."""
        self._process = process

    def result(self, *, early: bool = False) -> Driven:
        """What it saw, when its time is over, or now."""
        if self._process.stdin is None or self._process.stdout is None:
            raise ValueError("the load generator was started without pipes")
        if early:
            self._process.stdin.close()
        text = self._process.stdout.read()
        if self._process.wait() != 0:
            raise ServerError("the load generator ended with an error; see the lines above.")
        return parsed(json.loads(text))


@contextmanager
def started(port: int, clients: Sequence[Clients], *, seconds: float, file: Path, warm_up_s: float) -> Iterator[Load]:
    """Start a load generator whose orders are written to `file`; it is ended with the block."""
    groups = [{**asdict(one), "file": str(one.file)} for one in clients]
    file.write_text(json.dumps({"port": port, "seconds": seconds, "warm_up_s": warm_up_s, "groups": groups}), "utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.service.load", str(file)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        try:
            yield Load(process)
        finally:
            if process.poll() is None:
                process.kill()


def drive(port: int, clients: Sequence[Clients], *, seconds: float, file: Path, warm_up_s: float = WARM_UP_S) -> Driven:
    """Drive a server for some seconds."""
    with started(port, clients, seconds=seconds, file=file, warm_up_s=warm_up_s) as load:
        return load.result()


def parsed(written: dict[str, Any]) -> Driven:
    """What the generator wrote."""
    seen = {
        name: Seen(
            ms=group["ms"],
            n_within=group["n_within"],
            seconds=group["seconds"],
            n_answered=group["n_answered"],
            n_failed=sum(n for status, n in group["statuses"].items() if not status.startswith("2")),
            first_fault=group["first_fault"],
        )
        for name, group in written["groups"].items()
    }
    return Driven(seen=seen, generator_share=written["cpu_s"] / written["wall_s"])
