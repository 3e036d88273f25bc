"""A backfill that dies at the n-th call of a step; its arguments are HOME STEP N SEED."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from serving.installation import Installation
from serving.intake import backfill as steps
from serving.intake import work
from serving.intake.prepared import Chunks
from serving.intake.work import Work
from serving.settings import Settings
from serving.store import log
from tests.serving.intake.pasts import NOW, readings, small_steps
from tests.worlds import past_of

STEPS: dict[str, tuple[Any, str]] = {
    "chunk": (Chunks, "add"),
    "resolved": (work, "stored"),
    "part": (Work, "keep_part"),
    "log": (log, "append"),
    "progress": (steps, "note_progress"),
    "note": (Work, "note"),
    "report": (Work, "report"),
    "forget": (steps, "forget"),
    "removal": (Work, "remove"),
}
"""Where it may die: before or, with ``-after``, behind one of these calls."""


def at(step: str, n: int, do: Any) -> None:
    """Call `do` at the `n`-th call of `step`."""
    owner, name = STEPS[step.removesuffix("-after")]
    original, left = getattr(owner, name), n

    def failing(*args: Any, **kwargs: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0 and not step.endswith("-after"):
            do()
        result = original(*args, **kwargs)
        if left == 0:
            do()
        return result

    setattr(owner, name, failing)


def main() -> None:
    """Begin the backfill, and die in it."""
    home, step, n, seed = sys.argv[1:]
    small_steps()
    at(step, int(n), lambda: os._exit(9))
    beside = Path(home).parent
    settings = Settings(home=Path(home), models_dir=beside / "models", keys_dir=beside / "keys" / "keys")
    office = Installation.open(settings, lambda: NOW).office()
    steps.backfill(office, past_of(readings(int(seed)), name=seed), folder=settings.home / "backfill")
