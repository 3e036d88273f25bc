"""Every way through a small log gives the same rows and scores, on this machine and without a cluster."""

from __future__ import annotations

from pathlib import Path

from benchmarks.equality import _from_a_store, _restarted, _served, compared
from features.replay import joined, replay
from tests.worlds import eventful_log


def test_every_way_within_one_process_agrees(tmp_path: Path) -> None:
    log = eventful_log(1_000).head(400)
    found = [
        ("a table", joined(replay(log)).values),
        ("one by one", _served(log.head(60), 1)),
        ("in sevens", _served(log, 7)),
        ("a restart", _restarted(log, tmp_path / "history")),
        *_from_a_store(log, tmp_path, 100),
    ]
    assert compared(iter(found)) == 0


def test_a_difference_of_one_bit_is_found() -> None:
    values = joined(replay(eventful_log(1_000).head(50))).values
    other = values.copy()
    other[3, 5] += 1.0
    assert compared(iter([("one", values), ("another", other)])) == 1
