"""Waiting for the disk: whoever waits gets what became of it."""

from __future__ import annotations

import pytest

from serving.store.flushing import Flushing


def test_each_flush_is_waited_for_and_may_be_waited_for_again() -> None:
    done: list[int] = []
    flushing = Flushing(lambda: done.append(1))
    first, second = flushing.begin(), flushing.begin()
    second.wait()
    first.wait()
    first.wait()
    assert len(done) == 2
    flushing.close()


def test_whoever_waits_gets_what_went_wrong_and_the_next_flush_is_tried() -> None:
    outcomes = [OSError("full"), None]

    def flush() -> None:
        if (error := outcomes.pop(0)) is not None:
            raise error

    flushing = Flushing(flush)
    failed, fine = flushing.begin(), flushing.begin()
    for _ in range(2):
        with pytest.raises(OSError, match="full"):
            failed.wait()
    fine.wait()
    flushing.close()
