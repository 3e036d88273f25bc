"""Runs pytest in forks of a process that has loaded the libraries, because loading them costs most of a short run.

Nothing of the project is loaded before a fork, so that each one meets the code as it lies there. Requests and answers
are lines of JSON: ``{"tests": [...], "limit_s": 60}``, and the exit code of pytest, or null when it took too long.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

from hypothesis import Phase, settings

_OURS = {"__main__", "data", "features", "parcel_risk", "policy", "serving", "tests", "training"}
_OPTIONS = ("-x", "-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning")
SAID = "said.txt"
"""File that holds what pytest printed last."""
_SHOW = "import json, sys, tests.conftest, hypothesis, fastapi.testclient; print(json.dumps(list(sys.modules)))"


def load_libraries() -> None:
    """Import what the tests will import, but for the project itself."""
    names = json.loads(subprocess.run([sys.executable, "-c", _SHOW], capture_output=True, check=True).stdout)
    for name in names:
        if name.partition(".")[0] not in _OURS:
            with suppress(Exception):
                importlib.import_module(name)
    # That there is a counterexample is enough; to look for the smallest one takes minutes.
    unshrunk = [phase for phase in Phase if phase is not Phase.shrink]
    settings.register_profile("mutants", phases=unshrunk)
    settings.load_profile("mutants")


def run(tests: list[str], limit_s: float) -> int | None:
    """Exit code of pytest in a fork; None when it took too long."""
    child = os.fork()
    if child == 0:
        _be_pytest(tests)
    deadline = time.monotonic() + limit_s
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        is_late = time.monotonic() > deadline
        if done or is_late:
            with suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)  # with whatever the tests have started and left
            if not done:
                os.waitpid(child, 0)
            return os.waitstatus_to_exitcode(status) if done else None
        time.sleep(0.05)


def _be_pytest(tests: list[str]) -> None:
    os.setsid()
    said = os.open(SAID, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for target, source in ((0, nothing), (1, said), (2, said)):
        os.dup2(source, target)
    code = 3
    try:
        import pytest

        code = int(pytest.main([*_OPTIONS, *tests]))
    finally:
        sys.stdout.flush()
        os._exit(code)


def main() -> None:
    """Answer requests until the input ends."""
    load_libraries()
    for line in sys.stdin:
        request = json.loads(line)
        code = run(request["tests"], request["limit_s"])
        sys.stdout.write(json.dumps(code) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
