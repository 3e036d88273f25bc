"""Cells of lists are those that the reader of manifests reads, one line at a time, and every bad line is named."""

from __future__ import annotations

from io import BytesIO

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from features.parcel.schema import LINE
from features.sources.syntax.csv_tables import csv_batches
from policy.lists.csv_cells import csv_cells
from policy.lists.faults import Faults

COLUMNS = ("words", "reason", "expires_on")
CELLS = st.one_of(
    st.sampled_from(
        ["", " ", "tea", '"tea"', '"a,b"', '""', '"12"" pipe"', '7" disk', '"open', 'shut"', '"two\nlines"', '"a"b']
    ),
    st.text('a",;\n ', max_size=4),
)
LINES = st.lists(CELLS, min_size=1, max_size=4).map(",".join)


@settings(max_examples=400, deadline=None)
@given(
    st.lists(LINES, max_size=12).map("\n".join),
    st.sampled_from(["words", "words,reason", "reason,words,expires_on"]),
    st.sampled_from(["", "\n"]),
    st.booleans(),
)
def test_columns_read_together_are_those_read_line_by_line(rows: str, header: str, end: str, has_returns: bool) -> None:
    text = f"{header}\n{rows}{end}"
    data = (text.replace("\n", "\r\n") if has_returns else text).encode()
    (whole, *_) = csv_batches(BytesIO(data), rows=1_000)
    assume(whole.table.drop(LINE).columns == header.split(","))  # else the reader took it for a title of a manifest
    faults = Faults()
    table = csv_cells(data, COLUMNS, faults, most=1_000)
    assert [(one.line, one.code) for one in faults.said()] == sorted((one.line, one.code) for one in whole.rejections)
    if not whole.rejections:
        wanted = whole.table.select(table.columns)
        assert _known(table).equals(_known(wanted))


def _known(table: pl.DataFrame) -> pl.DataFrame:
    """An empty cell is none."""
    return table.with_columns(pl.when(pl.exclude(LINE) != "").then(pl.exclude(LINE)).name.keep())


@pytest.mark.parametrize("n", [51, 5_000])
def test_of_many_bad_lines_the_first_are_said_and_the_others_counted(n: int) -> None:
    faults = Faults()
    csv_cells(b"words\n" + b"tea,1\n" * n, COLUMNS, faults, most=10_000)
    said = faults.said()
    assert (len(said), said[0].code, said[-1].reason) == (51, "cells", f"{n - 50:,} more faults.")


def test_rows_over_several_lines_are_read_however_many_there_are() -> None:
    data = b"words\n" + b"".join(b'"tea\n%d"\ncups %d\n' % (n, n) for n in range(1_500))
    faults = Faults()
    table = csv_cells(data, COLUMNS, faults, most=10_000)
    assert (bool(faults), table.height, table["words"][2_998]) == (False, 3_000, "tea\n1499")


def test_bad_lines_before_and_behind_many_rows_over_several_lines_are_said_once() -> None:
    data = b'words\n"tea"x\n' + b"".join(b'"tea\n%d"\n' % n for n in range(1_500)) + b'"tea"x\n'
    faults = Faults()
    csv_cells(data, COLUMNS, faults, most=10_000)
    assert [(one.line, one.code) for one in faults.said()] == [(2, "quotes"), (3_003, "quote_open")]


def test_a_row_of_many_more_cells_than_the_header_is_named_by_its_line() -> None:
    faults = Faults()
    csv_cells(b"words\ntea,cups,mugs,pots,jars,cans\nrice\n", COLUMNS, faults, most=10)
    assert [(one.line, one.code) for one in faults.said()] == [(2, "cells")]
