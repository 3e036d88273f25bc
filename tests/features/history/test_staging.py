"""Staged updates give the numbers of the log, nothing before the commit, all of it after, however interrupted."""

from __future__ import annotations

import dis
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.history import ENTITIES, Engine, Staging, engine, kernel, staging, state
from features.replay import feature_rows
from tests.features.history.test_engine import EVENT, THING, Event, log_of
from tests.worlds import eventful_log

MODULES = {module.__file__ for module in (engine, staging, state)}
FATE = st.sampled_from(["publish", "drop", "interrupt", "interrupt twice"])
SIZES = st.lists(st.integers(1, 6), min_size=1, max_size=3)
BATCHES = st.lists(st.tuples(FATE, SIZES, st.integers(0, 400)), min_size=1, max_size=12)


class Interrupt:
    """Raises KeyboardInterrupt before the n-th byte code of the history's modules that runs inside the block."""

    def __init__(self, at: int) -> None:
        self.left = at

    def __enter__(self) -> Interrupt:
        sys.settrace(self._call)
        return self

    def __exit__(self, *raised: object) -> bool:
        sys.settrace(None)
        return raised[0] is KeyboardInterrupt

    def _call(self, frame: FrameType, event: str, argument: Any) -> Callable[..., Any] | None:
        if frame.f_code.co_filename not in MODULES:
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return self._step

    def _step(self, frame: FrameType, event: str, argument: Any) -> Callable[..., Any]:
        if event == "opcode":
            self.left -= 1
            if self.left < 0:
                raise KeyboardInterrupt
        return self._step


def half_of(work: Callable[[], object]) -> int:
    """Half of the byte codes of the history's modules that `work` runs."""
    with Interrupt(sys.maxsize) as counting:
        work()
    return (sys.maxsize - counting.left) // 2


def played(log: pl.DataFrame, entities: Any = (THING,)) -> Engine:
    one = Engine(entities)
    one.advance(log)
    return one


def same(read: Any, other: Any) -> bool:
    return set(read) == set(other) and all(np.array_equal(read[name], other[name]) for name in read)


def interrupted(staged: Staging, at: int) -> bool:
    """Publish, interrupted at byte code `at`; whether it was before the end."""
    with Interrupt(at) as interrupt:
        staged.publish()
    return interrupt.left < 0


@settings(max_examples=80, deadline=None)
@given(st.lists(EVENT, min_size=1, max_size=60), BATCHES)
def test_staged_dropped_interrupted_and_published_batches_equal_the_log(events: list[Event], batches: Any) -> None:
    log = log_of(events)
    committed, plain, start = Engine((THING,)), Engine((THING,)), 0
    for fate, sizes, at in batches:
        staged, end = committed.staging(), start
        before = committed.digest()
        read = []
        for size in sizes:
            read.append(staged.advance(log.slice(end, size))["thing"])
            end = min(end + size, log.height)
        assert committed.digest() == before
        if fate == "drop":
            continue
        for _ in range({"interrupt": 1, "interrupt twice": 2}.get(fate, 0)):
            interrupted(staged, at)
        staged.publish()
        np.testing.assert_array_equal(np.vstack(read), plain.advance(log.slice(start, end - start))["thing"])
        assert committed.last_seq == staged.last_seq == plain.last_seq
        assert committed.n_entities() == plain.n_entities()
        assert committed.digest() == plain.digest()
        start = end
    assert same(committed.advance(log.slice(start)), plain.advance(log.slice(start)))
    assert committed.digest() == plain.digest() == played(log).digest()


def test_a_publish_interrupted_at_any_byte_code_is_completed_by_another() -> None:
    """With tables and arenas that must grow: the first batch is more than an empty engine has room for."""
    log = log_of([("parcel", 60, key, key % 7, key, 1, "found", None) for key in range(3_000)])
    cuts = (0, 1_000, 1_001, 3_000)
    expected = [played(log.head(cut)).digest() for cut in cuts]
    committed, seen = Engine((THING,)), 0
    for start, end, digest in zip(cuts, cuts[1:], expected[1:], strict=False):
        at, goes_on = 0, True
        while goes_on:
            one = committed.frozen()
            staged = one.staging()
            staged.advance(log.slice(start, end - start))
            goes_on = interrupted(staged, at)
            staged.publish()
            staged.publish()
            assert one.is_whole
            assert one.digest() == digest
            seen, at = seen + goes_on, at + 1
        committed = one
    assert seen > 3 * len(list(dis.get_instructions(state.Stage.publish)))


def test_what_is_half_published_can_neither_be_advanced_nor_staged_nor_frozen() -> None:
    log = eventful_log()
    before, at = played(log.head(500), ENTITIES), 0
    one = before.frozen()
    while one.is_whole:
        one = before.frozen()
        staged = one.staging()
        staged.advance(log.slice(500, 100))
        assert interrupted(staged, at), "no byte code leaves it half published"
        at += 1
    for refused in (lambda: one.advance(log.slice(500, 1)), one.staging, one.frozen, one.digest):
        with pytest.raises(ValueError, match=r"from seq 500 to 600 was interrupted\. Publish the staging again"):
            refused()
    staged.publish()
    assert one.is_whole
    assert one.digest() == played(log.head(600), ENTITIES).digest()


def test_an_interrupted_advance_is_noticed_in_engine_and_staging() -> None:
    log = eventful_log()
    one = played(log.head(500), ENTITIES)
    twin = one.frozen()
    middle = half_of(lambda: twin.staging().advance(log.slice(500, 100)))
    staged = one.staging()
    with Interrupt(middle):
        staged.advance(log.slice(500, 100))
    for again in (staged.publish, lambda: staged.advance(log.slice(500, 100))):
        with pytest.raises(ValueError, match=r"up to seq 600 was interrupted\. Drop it"):
            again()
    assert one.digest() == played(log.head(500), ENTITIES).digest()
    with Interrupt(half_of(lambda: twin.advance(log.slice(500, 100)))):
        one.advance(log.slice(500, 100))
    assert not one.is_whole


def test_feature_rows_of_a_staging_are_those_of_the_engine() -> None:
    log = eventful_log()
    one, other = played(log.head(4_000), ENTITIES), played(log.head(4_000), ENTITIES)
    staged = one.staging()
    for start in range(4_000, 6_000, 400):
        rows, expected = (feature_rows(log.slice(start, 400), target) for target in (staged, other))
        assert rows.values.tobytes() == expected.values.tobytes()
    staged.publish()
    assert one.n_entities() == other.n_entities()
    assert one.digest() == other.digest() == played(log.head(6_000), ENTITIES).digest()
    assert same(one.advance(log.slice(6_000)), other.advance(log.slice(6_000)))


def test_a_staging_over_a_history_that_moved_on_is_refused() -> None:
    log = eventful_log()
    one = played(log.head(10), ENTITIES)
    staged, late = one.staging(), one.staging()
    staged.advance(log.slice(10, 5))
    late.advance(log.slice(10, 7))
    staged.publish()
    with pytest.raises(ValueError, match="staged behind seq 10, but the history is at 15"):
        late.publish()
    with pytest.raises(ValueError, match="staged behind seq 10, but the history is at 15"):
        late.advance(log.slice(17, 1))
    assert one.digest() == played(log.head(15), ENTITIES).digest()


def test_a_staging_holds_only_what_its_events_touch() -> None:
    many = log_of([("parcel", 1, key, key, 1, 1, "found", None) for key in range(20_000)])
    one = played(many.head(19_000))
    staged = one.staging()
    staged.advance(many.slice(19_000, 1))
    stage = staged._stage
    assert stage.n_entities == 1
    assert stage.arena.nbytes + stage.tables.nbytes < 4_096


def test_outgrown_blocks_are_used_again_instead_of_piling_up() -> None:
    events: list[Event] = [("parcel", 3_599, 0, other % 200, 1, 1, "found", None) for other in range(1_000)]
    log, one = log_of(events), Engine((THING,))
    for place in range(log.height):
        staged = one.staging()
        staged.advance(log.slice(place, 1))
        staged.publish()
    assert one.digest() == played(log).digest()
    assert one.n_bytes() <= played(log).n_bytes() + 8 * int(kernel.BLOCK_WORDS.sum())


@settings(max_examples=40, deadline=None)
@given(st.lists(EVENT, min_size=2, max_size=30), st.data())
def test_the_digest_tells_any_two_histories_apart_and_no_two_layouts(events: list[Event], data: Any) -> None:
    log = log_of(events)
    cut = data.draw(st.integers(1, log.height - 1))
    parts = Engine((THING,))
    parts.advance(log.head(cut))
    assert parts.digest() != played(log).digest()
    parts.advance(log.slice(cut))
    assert parts.digest() == played(log).digest()
    place = data.draw(st.integers(0, log.height - 1))
    if log["kind"][place] == "parcel" and log["sender_key"][place] is not None:
        heavier = pl.when(pl.col("seq") == place + 1).then(1).otherwise(0) + pl.col("gross_weight_g")
        assert played(log.with_columns(heavier.alias("gross_weight_g"))).digest() != parts.digest()


def test_one_bit_of_any_counted_word_changes_the_digest() -> None:
    one = played(eventful_log().head(50), ENTITIES)
    digest = one.digest()
    words = one.states["sender"]
    block = int(words.table[words.table >= 0][0])
    for word in range(int(kernel._used(words.arena, block))):
        words.arena[block + word] ^= 1 << 30
        assert one.digest() != digest
        words.arena[block + word] ^= 1 << 30
    assert one.digest() == digest
