"""NDJSON: what is read column by column is what a closer look at every line gives."""

from __future__ import annotations

import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.sources.formats import ndjson

_TEXT = st.text('ab":,{}[]nul\\ é', max_size=8)
_ROW = st.fixed_dictionaries(
    {"parcel_id": _TEXT},
    optional={
        "sender_name": _TEXT | st.none(),
        "gross_weight_g": st.integers(1, 9),
        "pieces": st.lists(st.fixed_dictionaries({"description": _TEXT, "quantity": st.integers(1, 9)}), max_size=2),
        "unknown": _TEXT,
    },
)


def lines_of(rows: list[dict[str, object]], *, ascii_only: bool) -> list[tuple[int, bytes | None]]:
    return [(number, json.dumps(row, ensure_ascii=ascii_only).encode()) for number, row in enumerate(rows, 1)]


@given(rows=st.lists(_ROW, min_size=1, max_size=4), ascii_only=st.booleans())
def test_lines_read_at_once_are_those_read_one_by_one(rows: list[dict[str, object]], ascii_only: bool) -> None:
    lines = lines_of(rows, ascii_only=ascii_only)
    at_once, closer = ndjson._at_once(lines), ndjson._one_by_one(lines)
    if any("unknown" in row for row in rows):
        assert at_once is None
    elif at_once is not None:
        assert at_once.rows.equals(closer.rows.select(at_once.rows.columns))


@pytest.mark.parametrize("text", ["plain", ":{", "null", '\\"', "é: null,"])
def test_marks_within_texts_do_not_count(text: str) -> None:
    lines = lines_of([{"parcel_id": text, "pieces": [{"description": text}]}], ascii_only=False)
    assert ndjson._at_once(lines) is not None


@given(text=st.lists(st.sampled_from(['"a"', '"a:{b"', "{", "}", ":", "null", "1"])).map("".join))
def test_texts_without_escapes_are_found_without_the_expression(text: str) -> None:
    found = ndjson._skeleton(pl.Series([text]))
    assert found.to_list() == pl.Series([text]).str.replace_all(ndjson._STRING, '"').to_list()
