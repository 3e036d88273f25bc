"""Events one by one are the same as in a table."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from features.event_rows import numbered, parcel_row, retraction_row, rows_of, table_of
from features.history import ENTITIES, Engine
from features.history.events import Columns
from features.log import LOG_SCHEMA, PARCEL, RETRACTION, number
from tests.builders import MORNING, a_log, a_parcel, derived
from tests.features.test_log import inspected, lodged
from tests.worlds import eventful_log


def test_a_log_becomes_rows_and_back():
    log = eventful_log(2_000)
    assert table_of(rows_of(log)).equals(log)


@pytest.mark.parametrize("part", [slice(0, 1), slice(700, 707), slice(0, 2_500)])
def test_rows_are_the_same_words_for_the_kernel_as_a_table(part: slice):
    log = eventful_log(2_000)[part]
    before = int(log["seq"][0]) - 1
    columns = Columns(ENTITIES)
    table, rows = (columns.words(one, after=before) for one in (log, rows_of(log)))
    assert len(table) == len(columns.names)
    np.testing.assert_array_equal(table, rows)


def test_rows_advance_an_engine_as_a_table_does():
    log = eventful_log(2_000)
    table, rows = Engine(), Engine()
    read = table.advance(log)
    for start in range(0, log.height, 500):
        part = rows.advance(rows_of(log[start : start + 500]))
        assert all(np.array_equal(part[name], read[name][start : start + 500]) for name in read)
    assert table.digest() == rows.digest()


def test_numbering_rows_is_numbering_a_table():
    log = a_log([lodged("A"), lodged("B", 1)], [inspected("A", 9)])
    provisional = log.with_columns(pl.col("seq") * -1, pl.col("subject_seq") * -1)
    assert table_of(numbered(rows_of(provisional), 41)).equals(number(provisional, 41))


def test_a_parcel_event_carries_what_was_derived_and_nothing_else():
    (facts,) = derived(a_parcel()).to_dicts()
    (event,) = numbered([parcel_row({**facts, "seq": 7, "line": 3}, MORNING)], 12)
    assert event.keys() == set(LOG_SCHEMA)
    assert (event["kind"], event["seq"], event["subject_seq"], event["counted_at"]) == (PARCEL, 12, 12, None)
    assert event["gross_weight_g"] == facts["gross_weight_g"]
    assert "sender_name" not in event


def test_a_retraction_enters_before_what_replaces_it():
    (old,) = rows_of(a_log([lodged("A", 1)], []))
    new = parcel_row(old | {"gross_weight_g": 77}, MORNING, first_at=old["known_at"])
    retraction, parcel = numbered([new, retraction_row(old, MORNING)], 2)
    assert (retraction["kind"], retraction["subject_seq"], retraction["counted_at"]) == (RETRACTION, 1, old["known_at"])
    assert (parcel["subject_seq"], parcel["gross_weight_g"]) == (3, 77)
