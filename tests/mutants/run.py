"""Command `python -m tests.mutants.run`: put every mutation into a copy of the checkout and see whether tests notice.

A mutant is *killed* when one of its tests fails or takes longer than the time limit, it *survives* when they pass, and
it is *invalid* when it cannot be applied or its tests cannot even be collected. Killed mutants are not run again while
mutation, file and tests stay as they are. The command fails when a mutant survives or is invalid, and before anything
else when the tests fail without any mutation.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import queue
import shutil
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
from tests.mutants.server import SAID

KILLED, LATE, SURVIVED, INVALID, PASSED = "killed", "killed by the time limit", "survived", "invalid", "passed"
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
    seconds: float = 0.0

    def keep(self) -> None:
        """Note it, so that a run that is broken off can be resumed."""
        with STATE.open("a", encoding="utf-8") as state:
            state.write(json.dumps(vars(self)) + "\n")


class Worker:
    """A copy of the checkout, and the process that runs tests in it."""

    def __init__(self, folder: Path, models: Path) -> None:
        """Start the process."""
        self.folder = folder
        command = [sys.executable, "-m", "tests.mutants.server"]
        self._server = subprocess.Popen(
            command,
            cwd=folder,
            env=environment(folder, models),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def result_of(self, mutation: Mutation, limit_s: float) -> Result:
        """Put a mutation into the copy, run its tests, take it out again."""
        started = time.monotonic()
        became = INVALID
        try:
            with mutation.within(self.folder):
                code = self._code(mutation.tests, limit_s)
            became = LATE if code is None else _BY_EXIT_CODE.get(code, INVALID)
            if became == INVALID:
                out.print((self.folder / SAID).read_text("utf-8")[-2_000:], markup=False)
        except Inapplicable as error:
            out.print(str(error))
        seconds = round(time.monotonic() - started, 1)
        return Result(name=mutation.name, digest=mutation.digest(ROOT), became=became, seconds=seconds)

    def _code(self, tests: Sequence[str], limit_s: float) -> int | None:
        server = self._server
        if server.stdin is None or server.stdout is None:
            raise RuntimeError("the process that runs tests has no pipes.")
        server.stdin.write(json.dumps({"tests": list(tests), "limit_s": limit_s}) + "\n")
        server.stdin.flush()
        answer = server.stdout.readline()
        if not answer:
            raise SystemExit("a process that runs tests has ended, or was ended. Run again: results so far are kept.")
        code: int | None = json.loads(answer)
        return code

    def end(self) -> None:
        """End the process."""
        self._server.terminate()
        self._server.wait()


def environment(folder: Path, models: Path) -> dict[str, str]:
    """Environment in which the code of a copy is imported, and models are made once for all."""
    paths = [str(folder), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths)), "TEST_MODELS": str(models)}


def tracked() -> list[str]:
    """Files that git tracks and that are there."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    return [name for name in done.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def copy_to(folder: Path) -> Path:
    """Copy what git tracks to `folder`, and the kernels that are compiled here already."""
    kernels = [str(path.relative_to(ROOT)) for path in (ROOT / "features").rglob("*.nb[ci]")]
    for name in (*tracked(), *kernels):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    return folder


def known() -> dict[str, str]:
    """What became of earlier mutants, by digest."""
    if not STATE.exists():
        return {}
    rows = [json.loads(line) for line in STATE.read_text("utf-8").splitlines()]
    return {row["digest"]: row["became"] for row in rows}


def check_unmutated(folder: Path, models: Path, chosen: list[Mutation], n_workers: int) -> None:
    """Run the tests without any mutation; end when one fails, because then failing proves nothing."""
    tests = sorted({test for mutation in chosen for test in mutation.tests})
    tests = [test for test in tests if "::" not in test or test.partition("::")[0] not in tests]
    whole = hashlib.sha256(repr(tests).encode())
    for name in tracked():
        whole.update(name.encode() + (ROOT / name).read_bytes())
    if known().get(whole.hexdigest()) == PASSED:
        return
    out.print(f"running {len(tests)} tests and files of tests without any mutation")
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-n", str(n_workers)]
    with (folder / SAID).open("wb") as said:
        done = subprocess.run(
            [*command, "--dist", "loadfile", *tests],
            cwd=folder,
            env=environment(folder, models),
            stdout=said,
            check=False,
        )
    if done.returncode != 0:
        out.print((folder / SAID).read_text("utf-8")[-6_000:], markup=False)
        raise SystemExit("the tests fail without any mutation, so nothing can be said. Make them pass first.")
    Result(name="no mutation", digest=whole.hexdigest(), became=PASSED).keep()


def run(chosen: list[Mutation], *, n_workers: int, limit_s: float) -> list[Result]:
    """Run mutants in parallel, each worker in a copy of its own."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as name:
        base = Path(name)
        models, first = Path(os.environ.get("TEST_MODELS", base / "models")), copy_to(base / "copy-0")
        check_unmutated(first, models, chosen, n_workers)
        workers: queue.SimpleQueue[Worker] = queue.SimpleQueue()
        # With its compiled kernels, which are told from their source by its time of change.
        copies = [first, *(Path(shutil.copytree(first, base / f"copy-{i}")) for i in range(1, n_workers))]
        for folder in copies:
            workers.put(Worker(folder, models))

        def one(mutation: Mutation) -> Result:
            worker = workers.get()
            try:
                result = worker.result_of(mutation, limit_s)
            finally:
                workers.put(worker)
            result.keep()
            out.print(f"{result.became}: {result.name} ({result.seconds} s)")
            return result

        with ThreadPoolExecutor(n_workers) as pool:
            results = list(pool.map(one, chosen))
        for _ in copies:
            workers.get().end()
        return results


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
    before = {} if given.again else known()
    STATE.parent.mkdir(exist_ok=True)
    chosen = [one for one in wanted if before.get(one.digest(ROOT)) not in SAFE]
    results = run(chosen, n_workers=given.workers, limit_s=given.limit) if chosen else []
    said = summary(results, len(wanted) - len(chosen))
    SUMMARY.write_text(said, "utf-8")
    out.print(said, markup=False)
    sys.exit(any(result.became not in SAFE for result in results))


if __name__ == "__main__":
    main()
