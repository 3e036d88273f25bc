from __future__ import annotations

import polars as pl
import pytest

from features.parcel.schema import LINE, OUTCOME_SCHEMA, PARCEL_SCHEMA, conform


def test_columns_that_are_not_given_become_null():
    rows = conform(pl.DataFrame({"parcel_id": ["A", "B"]}), PARCEL_SCHEMA)
    assert rows.columns == [LINE, *PARCEL_SCHEMA.names()]
    assert rows.drop(LINE).schema == PARCEL_SCHEMA
    assert rows.drop(LINE, "parcel_id").null_count().row(0) == (2,) * (len(PARCEL_SCHEMA) - 1)


def test_rows_are_counted_from_one_unless_they_have_a_line():
    assert conform(pl.DataFrame({"parcel_id": ["A", "B"]}), PARCEL_SCHEMA)[LINE].to_list() == [1, 2]
    given = pl.DataFrame({"line": [7, 9], "parcel_id": ["A", "B"]})
    assert conform(given, PARCEL_SCHEMA)[LINE].to_list() == [7, 9]


def test_an_unknown_column_is_refused_by_name():
    with pytest.raises(ValueError, match=r"columns that the record does not have: colour"):
        conform(pl.DataFrame({"parcel_id": ["A"], "colour": ["red"]}), OUTCOME_SCHEMA)


def test_an_empty_table_keeps_the_schema():
    assert conform(pl.DataFrame(), PARCEL_SCHEMA).clear().drop(LINE).schema == PARCEL_SCHEMA
