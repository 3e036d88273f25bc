"""What the machine does by itself: the time of an fsync, memory and processor time of processes, its description."""

from __future__ import annotations

import os
import platform
import time
from dataclasses import dataclass
from pathlib import Path

_PAGE = bytes(4096)
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def fsync_ms(folder: Path, n: int = 40) -> list[float]:
    """Times of `n` appends of a page, each made durable, on the disk of `folder`."""
    path, took = folder / "fsync.probe", []
    with path.open("wb") as file:
        for _ in range(n):
            begun = time.perf_counter()
            os.write(file.fileno(), _PAGE)
            os.fsync(file.fileno())
            took.append((time.perf_counter() - begun) * 1e3)
    path.unlink()
    return took


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Memory of all processes of a server; `pss` counts what they share once."""

    rss_mb: float
    pss_mb: float
    n_processes: int


def memory_of(group: int) -> Memory:
    """Memory of the processes of a group."""
    rss = pss = n = 0
    for process in _processes(group):
        sizes = _sizes(process)
        rss, pss, n = rss + sizes.get("Rss", 0), pss + sizes.get("Pss", 0), n + bool(sizes)
    return Memory(rss_mb=rss / 1e3, pss_mb=pss / 1e3, n_processes=n)


def _sizes(process: Path) -> dict[str, int]:
    try:
        lines = (process / "smaps_rollup").read_text("ascii").splitlines()[1:]
    except OSError:  # it has ended since
        return {}
    return {name: round(int(rest.split()[0]) * 1.024) for name, _, rest in (line.partition(":") for line in lines)}


def cpu_s_of(group: int) -> float:
    """Processor time of the processes of a group so far, with that of their children that have ended."""
    return sum(sum(map(int, _stat(process)[11:15])) for process in _processes(group)) * _TICK_S


def _processes(group: int) -> list[Path]:
    found = (path for path in Path("/proc").iterdir() if path.name.isdecimal())
    return [path for path in found if (stat := _stat(path)) and int(stat[2]) == group]


def _stat(process: Path) -> list[str]:
    """Fields behind the name: state, parent, group, ...; none when it has ended."""
    try:
        return (process / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return []


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def load_average() -> float:
    """Processes that wanted to run in the last minute: above the number of cores others slow the figures down."""
    return os.getloadavg()[0]


def processor() -> str:
    """Name of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
