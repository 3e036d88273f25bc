"""Long work in parts that need nothing of each other: some at a time, with progress."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from parcel_risk.console import working


def each_of(text: str, work: Callable[..., Any], parts: Sequence[tuple[Any, ...]], *, jobs: int) -> Iterator[Any]:
    """Results of `work` for the arguments of each part, as they come.

    Parameters
    ----------
    text:
        What is done, for whoever waits.
    jobs:
        Parts at the same time, each in a process of its own.
    """
    from joblib import Parallel, delayed

    with working(text) as progress:
        task = progress.task_ids[0]
        progress.update(task, total=len(parts))
        for result in Parallel(n_jobs=jobs, return_as="generator_unordered")(delayed(work)(*part) for part in parts):
            progress.advance(task)
            yield result
