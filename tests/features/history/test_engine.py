from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.history import Engine, Entity, kernel
from features.log import LOG_SCHEMA
from tests.features.history.reference import COLUMNS, slow_history

THING = Entity(name="thing", key="sender_key", other="recipient_key", noun="thing", others="others")
START = 1_750_000_000

# Parcel or not, seconds since the event before (late ones go back), entity, counterparty, value, weight, outcome.
EVENT = st.tuples(
    st.booleans(),
    st.one_of(st.integers(0, 90_000), st.integers(-200_000, 0), st.integers(0, 60 * 86_400)),
    st.one_of(st.none(), st.integers(0, 3)),
    st.one_of(st.none(), st.integers(0, 5)),
    st.integers(0, 10**9),
    st.integers(0, 10**9),
    st.sampled_from(["nothing_found", "found", "not_presented"]),
    st.sampled_from(["random", "score", None]),
)
Event = tuple[bool, int, int | None, int | None, int, int, str, str | None]


def log_of(events: Sequence[Event]) -> pl.DataFrame:
    at = START
    rows = []
    for place, (is_parcel, gap, key, other, value, weight, result, cause) in enumerate(events):
        at += gap
        rows.append(
            {
                "seq": place + 1,
                "kind": "parcel" if is_parcel else "outcome",
                "known_at": at * 1_000_000,
                "sender_key": key,
                "recipient_key": other,
                "declared_value_eur_cents": value,
                "gross_weight_g": weight,
                "result": None if is_parcel else result,
                "cause": None if is_parcel else cause,
            }
        )
    names = ("seq", "kind", "known_at", "sender_key", "recipient_key", "declared_value_eur_cents", "gross_weight_g",
             "result", "cause")  # fmt: skip
    schema = {name: LOG_SCHEMA[name] for name in names}
    frame = pl.DataFrame(rows, schema={**schema, "kind": pl.String(), "known_at": pl.Int64()})
    return frame.with_columns(pl.col("kind").cast(schema["kind"]), pl.col("known_at").cast(schema["known_at"]))


def slow_rows(log: pl.DataFrame) -> pd.DataFrame:
    is_parcel = log["kind"] == "parcel"
    inspected = (~is_parcel) & log["result"].is_in(["found", "nothing_found"])
    found = (~is_parcel) & (log["result"] == "found")
    frame = pd.DataFrame(
        {
            "is_parcel": is_parcel.to_numpy(),
            "at": log["known_at"].dt.epoch("s").to_numpy(),
            "key": log["sender_key"].fill_null(-1).to_numpy(),
            "other": log["recipient_key"].fill_null(-1).to_numpy(),
            "value": np.where(is_parcel, log["declared_value_eur_cents"], 0),
            "weight": np.where(is_parcel, log["gross_weight_g"], 0),
            "inspected": inspected.fill_null(False).to_numpy(),
            "found": found.fill_null(False).to_numpy(),
            "random": (inspected & (log["cause"] == "random")).fill_null(False).to_numpy(),
        }
    )
    return slow_history(frame)


def fast_rows(log: pl.DataFrame) -> np.ndarray:
    return Engine((THING,)).advance(log)["thing"]


def test_the_reference_names_the_columns_that_the_kernel_reads() -> None:
    assert tuple(COLUMNS) == kernel.READ
    assert len(kernel.READ) == kernel.N_READ


@settings(max_examples=60, deadline=None)
@given(st.lists(EVENT, max_size=60))
def test_the_engine_reads_what_counting_all_earlier_events_gives(events: list[Event]) -> None:
    log = log_of(events)
    np.testing.assert_array_equal(fast_rows(log), slow_rows(log).to_numpy().reshape(-1, kernel.N_READ))


def test_a_busy_entity_agrees_with_the_reference_beyond_64_counterparties_and_90_days() -> None:
    rng = np.random.default_rng(3)
    events: list[Event] = [
        (
            bool(rng.random() < 0.8),
            int(rng.integers(-20_000, 60_000)),
            0,
            int(rng.integers(0, 90)),
            5,
            7,
            "found",
            "random",
        )
        for _ in range(600)
    ]
    log = log_of(events)
    np.testing.assert_array_equal(fast_rows(log), slow_rows(log).to_numpy())


@settings(max_examples=25, deadline=None)
@given(st.lists(EVENT, min_size=1, max_size=40), st.lists(st.integers(1, 9), min_size=1, max_size=40))
def test_chunks_of_any_size_give_the_same_rows(events: list[Event], sizes: list[int]) -> None:
    log = log_of(events)
    engine, parts, start = Engine((THING,)), [], 0
    for size in [*sizes, log.height]:
        parts.append(engine.advance(log.slice(start, size))["thing"])
        start = min(log.height, start + size)
    np.testing.assert_array_equal(np.vstack(parts), fast_rows(log))


@settings(max_examples=25, deadline=None)
@given(st.lists(EVENT, min_size=1, max_size=40), st.integers(0, 40))
def test_later_events_change_nothing_that_was_read_before(events: list[Event], cut: int) -> None:
    log = log_of(events)
    np.testing.assert_array_equal(fast_rows(log.head(cut)), fast_rows(log)[: min(cut, log.height)])


def test_entities_in_great_number_keep_apart_while_table_and_arena_grow() -> None:
    n = 20_000
    one: list[Event] = [(True, 1, key, key, key, 1, "found", None) for key in range(n)]
    log = log_of([*one, *one])
    rows = fast_rows(log)
    assert (rows[:n, kernel.READ.index("n")] == 0).all()
    assert (rows[n:, kernel.READ.index("n")] == 1).all()
    np.testing.assert_array_equal(rows[n:, kernel.READ.index("value")], np.arange(n))


def test_the_busiest_entity_stays_below_eight_kibibytes() -> None:
    events: list[Event] = [(True, 3_599, 0, other % 200, 1, 1, "found", None) for other in range(4_000)]
    engine = Engine((THING,))
    engine.advance(log_of(events))
    assert int(kernel.BLOCK_WORDS.max()) * 8 <= 8_192
    assert engine.n_entities() == {"thing": 1}
    # All smaller blocks that the entity outgrew are on the free lists; together they stay small, too.
    assert engine.n_bytes() < 64 * 1_024


def test_a_stretch_that_does_not_follow_is_refused() -> None:
    log = log_of([(True, 0, 1, 1, 1, 1, "found", None)] * 3)
    engine = Engine((THING,))
    engine.advance(log)
    with pytest.raises(ValueError, match="must follow seq 3"):
        engine.advance(log)


def test_the_kernel_keeps_the_signatures_it_was_declared_with() -> None:
    fast_rows(log_of([(True, 0, 1, 1, 1, 1, "found", None)]))
    compiled = [value for value in vars(kernel).values() if hasattr(value, "signatures")]
    assert len(compiled) >= 10
    assert all(len(function.signatures) == 1 for function in compiled)
