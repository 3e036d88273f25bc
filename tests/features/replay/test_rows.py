from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from features.catalogue import catalogue
from features.history import Engine
from features.identity import IdentityKey, derive
from features.log import SUBJECT_SCHEMA, assemble
from features.parcel.reference import shipped_reference
from features.parcel.validation import validate_outcomes, validate_parcels
from features.replay import feature_rows, joined, replay
from tests.worlds import END, small_world


def log_of(n: int) -> pl.DataFrame:
    world = small_world()
    parcels = validate_parcels(world.parcels.tail(n), reference=shipped_reference()).rows
    outcomes = validate_outcomes(world.outcomes).rows
    events, _ = assemble(
        derive(parcels, IdentityKey(b"k" * 32), reference=shipped_reference()),
        outcomes,
        pl.DataFrame(schema=SUBJECT_SCHEMA),
        first_seq=1,
    )
    return events


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 119 * 24))
def test_the_future_does_not_leak_into_rows(hours_before_end: int) -> None:
    log = log_of(1_500)
    cut = datetime.combine(END, datetime.min.time(), tzinfo=UTC) - timedelta(hours=hours_before_end)
    until = log.filter(pl.col("known_at") <= cut)
    rows_until, rows = feature_rows(until, Engine()), feature_rows(log, Engine())
    assert rows_until.seq.tolist() == rows.seq[: rows_until.seq.size].tolist()
    assert rows_until.values.tobytes() == rows.values[: rows_until.seq.size].tobytes()


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_changing_the_future_changes_no_row_of_the_past(data: st.DataObject) -> None:
    log = log_of(400)
    cut = data.draw(st.integers(1, log.height - 1))
    flipped = pl.when(pl.col("result") == "found").then(pl.lit("nothing_found")).otherwise(pl.lit("found"))
    tampered = pl.concat(
        [
            log.head(cut),
            log.tail(-cut).with_columns(
                pl.when(pl.col("result").is_not_null()).then(flipped).alias("result"),
                (pl.col("gross_weight_g") * 3).alias("gross_weight_g"),
            ),
        ]
    )
    rows, other = feature_rows(log, Engine()), feature_rows(tampered, Engine())
    before = rows.seq <= cut
    assert rows.values[before].tobytes() == other.values[before].tobytes()


def test_an_outcome_moves_features_only_after_it_is_known() -> None:
    log = log_of(1_500)
    found = log.filter(pl.col("result") == "found")
    assert found.height > 0
    silent = log.filter(pl.col("result").is_null())
    spoken, unspoken = feature_rows(log, Engine()), feature_rows(silent, Engine())
    first = log.filter(pl.col("result").is_in(["found", "nothing_found"]))["seq"].min()
    before = spoken.seq < first
    assert spoken.values[before].tobytes() == unspoken.values[: int(before.sum())].tobytes()
    assert spoken.values.tobytes() != unspoken.values.tobytes()


def test_chunks_change_no_bit() -> None:
    log = log_of(1_000)
    whole = feature_rows(log, Engine()).values.tobytes()
    for chunk in (1_000_000, 333):
        assert joined(replay(log, chunk=chunk)).values.tobytes() == whole


def test_a_row_computed_alone_has_the_bits_it_has_in_bulk() -> None:
    log = log_of(300)
    whole = feature_rows(log, Engine())
    alone = joined(replay(log, chunk=1))
    for column, name in enumerate(catalogue().names):
        assert whole.values[:, column].tobytes() == alone.values[:, column].tobytes(), f"{name} depends on the batch"
