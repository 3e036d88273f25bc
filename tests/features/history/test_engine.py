from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.event_rows import NOTHING
from features.history import Engine, Entity, kernel
from features.log import LOG_SCHEMA
from tests.features.history.reference import COLUMNS, slow_history

THING = Entity(
    name="thing", key="sender_key", other="recipient_key", parties="address_key", noun="thing", others="others"
)
START = 1_750_000_000

# What it is, seconds since the event before (late ones go back), entity, counterparty, value, weight, outcome, cause.
EVENT = st.tuples(
    st.sampled_from(["parcel", "parcel", "outcome", "retraction", "amendment"]),
    st.one_of(st.integers(0, 90_000), st.integers(-200_000, 0), st.integers(0, 60 * 86_400)),
    st.one_of(st.none(), st.integers(0, 3)),
    st.one_of(st.none(), st.integers(0, 5)),
    st.integers(0, 10**9),
    st.integers(0, 10**9),
    st.sampled_from(["nothing_found", "found", "not_presented"]),
    st.sampled_from(["random", "score", None]),
)
Event = tuple[str, int, int | None, int | None, int, int, str, str | None]
PARTIES = 30
"""The value of an event also says which of so many parties shares the key, or that none is given."""
SCHEMA = {
    name: LOG_SCHEMA[name]
    for name in (
        "seq",
        "kind",
        "known_at",
        "counted_at",
        "sender_key",
        "recipient_key",
        "address_key",
        "declared_value_eur_cents",
        "gross_weight_g",
        "result",
        "cause",
    )
}


def log_of(events: Sequence[Event]) -> pl.DataFrame:
    """A log of the events; a retraction takes back the newest event that still stands, an amendment replaces it."""
    at = START
    rows: list[dict[str, object]] = []
    standing: list[dict[str, object]] = []
    for kind, gap, key, other, value, weight, result, cause in events:
        at += gap
        new = {
            "kind": "outcome" if kind == "outcome" else "parcel",
            "known_at": at * 1_000_000,
            "counted_at": None,
            "sender_key": key,
            "recipient_key": None if other is None else other << 40,
            "address_key": None if value % 7 == 6 else value // 7 % PARTIES << 40,
            "declared_value_eur_cents": value,
            "gross_weight_g": weight,
            "result": result if kind == "outcome" else None,
            "cause": cause if kind == "outcome" else None,
        }
        if kind in ("retraction", "amendment") and standing:
            old = standing.pop()
            counted_at = old["counted_at"] or old["known_at"]
            rows.append({**old, "kind": "retraction", "known_at": at * 1_000_000, "counted_at": counted_at})
            if kind == "retraction":
                continue
            new["counted_at"] = counted_at
        rows.append(new)
        standing.append(new)
    numbered = [{"seq": place + 1, **row} for place, row in enumerate(rows)]
    times = dict.fromkeys(("known_at", "counted_at"), pl.Int64())
    frame = pl.DataFrame(numbered, schema={**SCHEMA, "kind": pl.String(), **times})
    return frame.with_columns(pl.col(name).cast(SCHEMA[name]) for name in ("kind", *times))


def slow_rows(log: pl.DataFrame) -> pd.DataFrame:
    sign = np.where(log["kind"] == "retraction", -1, 1)
    is_outcome = log["result"].is_not_null().to_numpy()
    inspected = is_outcome & log["result"].is_in(["found", "nothing_found"]).fill_null(False).to_numpy()
    found = is_outcome & (log["result"] == "found").fill_null(False).to_numpy()
    random = inspected & (log["cause"] == "random").fill_null(False).to_numpy()
    frame = pd.DataFrame(
        {
            "count": np.where(is_outcome, 0, sign),
            "at": log["known_at"].dt.epoch("s").to_numpy(),
            "counted_at": log.select(pl.coalesce("counted_at", "known_at").dt.epoch("s")).to_series().to_numpy(),
            "key": log["sender_key"].fill_null(-1).to_numpy(),
            "other": log["recipient_key"].fill_null(-1).to_numpy(),
            "party": log["address_key"].fill_null(-1).to_numpy(),
            "value": np.where(is_outcome, 0, sign * log["declared_value_eur_cents"].to_numpy()),
            "weight": np.where(is_outcome, 0, sign * log["gross_weight_g"].to_numpy()),
            "inspected": sign * inspected,
            "found": sign * found,
            "random": sign * random,
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
            str(rng.choice(["parcel", "outcome", "retraction"], p=[0.75, 0.2, 0.05])),
            int(rng.integers(-20_000, 60_000)),
            0,
            int(rng.integers(0, 90)),
            int(rng.integers(0, 900)),
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
    one: list[Event] = [("parcel", 1, key, key, key, 1, "found", None) for key in range(n)]
    log = log_of([*one, *one])
    rows = fast_rows(log)
    assert (rows[:n, kernel.READ.index("n")] == 0).all()
    assert (rows[n:, kernel.READ.index("n")] == 1).all()
    np.testing.assert_array_equal(rows[n:, kernel.READ.index("value")], np.arange(n))


def test_the_busiest_entity_stays_below_eight_kibibytes() -> None:
    events: list[Event] = [("parcel", 3_599, 0, other % 200, 1, 1, "found", None) for other in range(4_000)]
    engine = Engine((THING,))
    engine.advance(log_of(events))
    assert int(kernel.BLOCK_WORDS.max()) * 8 <= 8_192
    assert engine.n_entities() == {"thing": 1}
    # All smaller blocks that the entity outgrew are on the free lists; together they stay small, too.
    assert engine.n_bytes() < 64 * 1_024


@pytest.mark.parametrize("as_table", [True, False])
def test_a_stage_counts_nothing_whatever_keys_it_names(as_table: bool) -> None:
    log = log_of([("parcel", 60, 1, 1, 5, 7, "found", None)] * 4)
    kinds = pl.Series("kind", ["parcel", "stage", "stage", "parcel"], dtype=log.schema["kind"])
    results = pl.Series("result", [None, "found", "nothing_found", None], dtype=pl.String)
    staged = log.with_columns(kinds, results)
    thin = staged.filter(pl.col("kind") != "stage")

    def last_read(events: pl.DataFrame) -> list[int]:
        given = events if as_table else [{**NOTHING, **row} for row in events.to_dicts()]
        return [int(word) for word in Engine((THING,)).advance(given)["thing"][-1]]

    assert last_read(staged) == last_read(thin)


def test_a_stretch_that_does_not_follow_is_refused() -> None:
    log = log_of([("parcel", 0, 1, 1, 1, 1, "found", None)] * 3)
    engine = Engine((THING,))
    engine.advance(log)
    with pytest.raises(ValueError, match="must follow seq 3"):
        engine.advance(log)


def test_the_kernel_keeps_the_signatures_it_was_declared_with() -> None:
    fast_rows(log_of([("parcel", 0, 1, 1, 1, 1, "found", None)]))
    # What begins with _ is compiled into those that call it, and loaded with them.
    compiled = [value for name, value in vars(kernel).items() if hasattr(value, "signatures") and name[0] != "_"]
    assert len(compiled) >= 6
    assert all(len(function.signatures) == 1 for function in compiled)
