"""Command `python -m tests.mutants.run`: put every mutation into a copy of the checkout and see whether tests notice.

A mutant is *killed* when one of its tests fails or takes longer than the time limit, it *survives* when they pass, and
it is *invalid* when it cannot be applied or its tests cannot even be collected. Killed mutants are not run again while
mutation, file and tests stay as they are. The command fails when a mutant survives or is invalid, and before anything
else when the tests fail without any mutation.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from parcel_risk.console import out
from tests.mutants.mutations import ROOT, Inapplicable, Mutation, mutations

KILLED, LATE, SURVIVED, INVALID = "killed", "killed by the time limit", "survived", "invalid"
SAFE = (KILLED, LATE)
STATE = ROOT / "var" / "mutants.jsonl"
SUMMARY = ROOT / "var" / "mutants.md"
_BY_EXIT_CODE = {0: SURVIVED, 1: KILLED}


@dataclass(frozen=True, kw_only=True)
class Result:
    """What became of a mutant."""

    name: str
    digest: str
    became: str
    seconds: float


def copy_of(root: Path, folder: Path) -> Path:
    """Copy what git tracks to `folder`."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True)
    for name in filter(None, done.stdout.decode().split("\0")):
        if (root / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, folder / name)
    return folder


def run_tests(folder: Path, models: Path, tests: Sequence[str], limit_s: float | None, *options: str) -> int | None:
    """Exit code of pytest within `folder`; None when it took too long."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *options, *tests]
    paths = [str(folder), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths)), "TEST_MODELS": str(models)}
    with (folder / "said.txt").open("wb") as said:
        pytest = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=said, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            return pytest.wait(limit_s)
        except subprocess.TimeoutExpired:
            os.killpg(pytest.pid, signal.SIGKILL)
            pytest.wait()
            return None


def tried(mutation: Mutation, folder: Path, models: Path, limit_s: float) -> Result:
    """Put a mutation into `folder`, run its tests, take it out again."""
    started = time.monotonic()
    try:
        with mutation.within(folder):
            code = run_tests(folder, models, mutation.tests, limit_s)
    except Inapplicable as error:
        out.print(str(error))
        code = -1
    became = LATE if code is None else _BY_EXIT_CODE.get(code, INVALID)
    if became == INVALID and code != -1:
        out.print((folder / "said.txt").read_text("utf-8")[-2_000:], markup=False)
    seconds = round(time.monotonic() - started, 1)
    return Result(name=mutation.name, digest=mutation.digest(ROOT), became=became, seconds=seconds)


def known() -> set[str]:
    """Digests of mutants that were killed before."""
    if not STATE.exists():
        return set()
    rows = [json.loads(line) for line in STATE.read_text("utf-8").splitlines()]
    return {row["digest"] for row in rows if row["became"] in SAFE}


def run(chosen: list[Mutation], *, n_workers: int, limit_s: float) -> list[Result]:
    """Run mutants in parallel, each worker in a copy of its own."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as name:
        base = Path(name)
        models, first = base / "models", copy_of(ROOT, base / "copy-0")
        check_unmutated(first, models, chosen, n_workers)
        copies: queue.SimpleQueue[Path] = queue.SimpleQueue()
        # With their compiled kernels, which are told from their source by its time of change.
        for folder in (first, *(Path(shutil.copytree(first, base / f"copy-{i}")) for i in range(1, n_workers))):
            copies.put(folder)

        def one(mutation: Mutation) -> Result:
            folder = copies.get()
            try:
                result = tried(mutation, folder, models, limit_s)
            finally:
                copies.put(folder)
            with STATE.open("a", encoding="utf-8") as state:
                state.write(json.dumps(vars(result)) + "\n")
            out.print(f"{result.became}: {result.name} ({result.seconds} s)")
            return result

        with ThreadPoolExecutor(n_workers) as pool:
            return list(pool.map(one, chosen))


def check_unmutated(folder: Path, models: Path, chosen: list[Mutation], n_workers: int) -> None:
    """Run the tests without any mutation; end when one fails, because then failing proves nothing."""
    tests = sorted({test for mutation in chosen for test in mutation.tests})
    tests = [test for test in tests if test.partition("::")[0] == test or test.partition("::")[0] not in tests]
    if run_tests(folder, models, tests, None, "-n", str(n_workers), "--dist", "loadfile") != 0:
        out.print((folder / "said.txt").read_text("utf-8")[-6_000:], markup=False)
        raise SystemExit("the tests fail without any mutation, so nothing can be said. Make them pass first.")


def summary(results: Sequence[Result], n_before: int) -> str:
    """Say in a few lines what became of the mutants."""
    counted = Counter(result.became for result in results)
    n_killed = n_before + counted[KILLED] + counted[LATE]
    lines = [
        f"{n_before + len(results)} mutants: {n_killed} killed ({counted[LATE]} of them by the time limit), "
        f"{counted[SURVIVED]} survived, {counted[INVALID]} invalid."
    ]
    lines += [f"- {result.became}: {result.name}" for result in results if result.became not in SAFE]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run what has to be run, and say what became of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="Mutations whose name or file holds this text.")
    parser.add_argument("--again", action="store_true", help="Run mutants that were killed before as well.")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--limit", type=float, default=600.0, help="Seconds for the tests of one mutant.")
    given = parser.parse_args()
    wanted = [one for one in mutations() if given.only in one.name or given.only in one.file]
    before = set() if given.again else known()
    STATE.parent.mkdir(exist_ok=True)
    chosen = [one for one in wanted if one.digest(ROOT) not in before]
    results = run(chosen, n_workers=given.workers, limit_s=given.limit) if chosen else []
    said = summary(results, len(wanted) - len(chosen))
    SUMMARY.write_text(said, "utf-8")
    out.print(said, markup=False)
    sys.exit(any(result.became not in SAFE for result in results))


if __name__ == "__main__":
    main()
