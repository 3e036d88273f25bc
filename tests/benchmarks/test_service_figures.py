"""Summaries of known numbers, and the table of stages."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.service import report, stages
from benchmarks.service.environment import versions
from benchmarks.service.installation import STORES, StoreName, installed, url_of
from benchmarks.service.machine import Memory
from benchmarks.service.measuring import QUICK, Bulk, Figures, Latency
from benchmarks.service.ours import n_parcels
from benchmarks.service.parcels import Supply, bodies, manifest_requests, single_requests
from benchmarks.service.plot import draw
from benchmarks.service.rivals import batches, check_scores
from benchmarks.service.servers import ServerError
from benchmarks.service.wire import kept


def a_latency(what: str = "parcel-risk", rows: int = 1, scale: float = 1.0) -> Latency:
    ms = [scale * one for one in range(1, 101)]
    return Latency(
        what=what,
        clients=16,
        ms=ms,
        per_s=1234.5,
        n_failed=0,
        fsync_ms=[0.1, 0.2, 0.4],
        cpu_ms=0.25,
        generator_share=0.125,
        rows=rows,
    )


def test_percentiles_are_values_that_were_seen() -> None:
    assert report.percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert report.percentile(list(range(1, 101)), 0.99) == 99
    assert report.percentile([7.0], 0.99) == 7.0
    assert math.isnan(report.percentile([], 0.5))


@pytest.mark.parametrize(
    ("value", "text"), [(0.1234, "0.123"), (3.14159, "3.14"), (27.51, "27.5"), (1239.6, "1,240"), (math.nan, "-")]
)
def test_numbers_have_as_many_digits_as_can_be_read(value: float, text: str) -> None:
    assert report.number(value) == text


def test_latencies_stand_next_to_the_time_of_an_fsync() -> None:
    line = report.latencies([a_latency()]).splitlines()[2]
    assert line == "| parcel-risk | 16 | 50.0 | 99.0 | 100 | 1,234 | 0.200 / 0.400 | 0.250 | 12% | 100 | 0 |"


def test_batches_are_told_by_request_and_by_row() -> None:
    found = [a_latency(rows=1), a_latency(rows=100, scale=10.0), a_latency("peer", rows=100)]
    lines = report.batches(found).splitlines()
    assert lines[0] == "| server, p50 of a request (of a row) | 1 rows | 100 rows | fsync |"
    assert lines[2:] == [
        "| parcel-risk | 50.0 (50.0) | 500 (5.00) | 0.200 / 0.400 |",
        "| peer | - | 50.0 (0.500) | 0.200 / 0.400 |",
    ]


def test_a_report_holds_a_table_for_all_that_was_measured_and_no_other() -> None:
    bulk = Bulk(what="parcel-risk", way="a file", rows_per_s=15_000.0, cpu_us_per_row=133.0, fsync_ms=[1.0])
    memory = {"parcel-risk": Memory(rss_mb=500.4, pss_mb=400.0, n_processes=1)}
    staged = {"parcel-risk": {1: {"parse": 10.0, stages.REST: 5.5}}}
    figures = Figures(latencies=[a_latency()], bulk=[bulk], memory=memory, stages=staged, problems=["a peer."])
    text = report.report(figures)
    assert text.count("\n| --- |") == text.count("\n\n") == 4
    assert text.endswith("\n\nNot measured: a peer.")
    assert "| parcel-risk | a file | 15,000 | 133 | 1.00 / 1.00 |" in text
    assert "| parcel-risk | 500 | 400 | 1 |" in text
    assert "| parse | 10.0 |" in text
    assert "| all | 15.5 |\n| budget | 133 |" in text


def test_the_plot_is_written_as_png_and_svg(tmp_path: Path) -> None:
    found = [a_latency(rows=1), a_latency(rows=100, scale=10.0)]
    assert [path.name for path in draw(found, tmp_path / "batches.png")] == ["batches.png", "batches.svg"]
    assert all(path.stat().st_size > 1_000 for path in tmp_path.iterdir())


def busy(ms: float) -> None:
    until = time.process_time() + ms / 1e3
    while time.process_time() < until:
        pass


def test_time_of_a_call_within_another_counts_once() -> None:
    clock = stages.Clock()
    outer = clock.begin()
    busy(2)
    inner = clock.begin()
    busy(20)
    clock.end("inner", inner)
    clock.end("outer", outer)
    taken, cost = clock.taken()
    assert set(taken) == {"outer", "inner"}
    assert taken["inner"] >= 19e6 > taken["outer"] >= 1e6
    assert cost > 0
    assert clock.taken() == ({}, 0)


def test_functions_methods_and_coroutines_are_timed_and_put_back() -> None:
    clock = stages.Clock()
    before = {stage: vars(stages._holder(*stage[1:])[0]).get(stage[2].split(".")[-1]) for stage in stages.STAGES}
    with stages.watched(clock):
        held = [stages._holder(*stage[1:]) for stage in stages.STAGES]
        assert all(vars(holder)[name] is not own for (holder, name), own in zip(held, before.values(), strict=True))
    assert before == {
        stage: vars(stages._holder(*stage[1:])[0]).get(stage[2].split(".")[-1]) for stage in stages.STAGES
    }
    timed: Callable[[float], object] = stages._timed(asyncio.sleep, "waiting", clock)
    asyncio.run(timed(0.0))  # type: ignore[arg-type]
    assert set(clock.taken()[0]) == {"waiting"}


def test_every_function_of_the_table_of_stages_exists() -> None:
    assert stages.missing() == []


@pytest.mark.parametrize("store", STORES)
def test_stages_cover_a_request(tmp_path: Path, store: StoreName) -> None:
    with url_of(store) as url:
        found = stages.table(installed(tmp_path, url), tmp_path, Supply(60, seed=3), {1: 2, 20: 1})
    names = {stage for stage, _, _ in stages.STAGES} - {"reasons"}
    for seen in found.values():
        assert names <= set(seen)
        assert min(seen[name] for name in ("parse", "validate", "derive", "row", "encode", stages.REST)) > 0


def test_no_two_requests_carry_the_same_parcel(tmp_path: Path) -> None:
    supply = Supply(300, seed=3)
    single = list(kept(single_requests(tmp_path / "single", supply.take(100), "key")))
    many = list(kept(manifest_requests(tmp_path / "many", supply.take(100), "key", size=30)))
    assert (len(single), len(many)) == (100, 4)
    ids = supply.take(100)["parcel_id"].to_list()
    assert not any(one.encode() in request for one in ids for request in single + many)
    with pytest.raises(ValueError, match="1 parcels are asked for and 0 are left"):
        supply.take(1)


def test_a_parcel_is_sent_without_its_operator_and_what_is_not_known() -> None:
    for body in bodies(Supply(20, seed=3).take(20)):
        assert b"null" not in body
        assert b'"operator"' not in body


def test_the_plan_counts_all_its_parcels() -> None:
    batches_ = sum(size * n for size, n in QUICK.batches.items())
    assert n_parcels(QUICK) > 3 * QUICK.most + batches_ + QUICK.bulk_rows + QUICK.job_rows


def test_batches_go_through_the_rows_again_and_again() -> None:
    assert list(batches([[1.0], [2.0], [3.0]], 2, 3)) == [[[1.0], [2.0]], [[3.0], [1.0]], [[2.0], [3.0]]]


def test_a_peer_with_another_model_is_refused() -> None:
    with pytest.raises(ServerError, match="other scores"):
        check_scores("peer", {"scores": [0.5] * 20})


def test_the_versions_of_the_peers_are_pinned_without_an_address() -> None:
    known = versions()
    assert {"litserve", "mlflow", "fastapi", "pandas", "lightgbm"} <= set(known)
    assert not any(":" in name or "/" in name or "/" in one for name, one in known.items())
