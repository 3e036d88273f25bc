from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.parcel.problems import MappingError
from features.sources.columns.cells import OUTCOME, PARCEL, PIECE, Assignment, assign
from features.sources.columns.units import FACTOR

SOURCE = "cell"


def filled(texts: list[str | None], target: str = "sender_name", **how: object) -> tuple[list[object], list[int]]:
    """Values of the readable rows, and the lines of the others."""
    raw = pl.DataFrame({SOURCE: texts}, schema={SOURCE: pl.String}).with_row_index("line", 1).cast({"line": pl.Int64})
    given = {"column": SOURCE} | how
    fields = PARCEL | OUTCOME
    table = assign(raw, [Assignment(target=fields[target], **given)])  # type: ignore[arg-type]
    return table.rows[target].to_list(), [rejection.line for rejection in table.rejections]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-02T08:15:00Z", datetime(2026, 11, 2, 8, 15, tzinfo=UTC)),
        ("2026-11-02T08:15:00+01:00", datetime(2026, 11, 2, 7, 15, tzinfo=UTC)),
        ("2026-11-02 08:15:00.25Z", datetime(2026, 11, 2, 8, 15, 0, 250_000, tzinfo=UTC)),
        ("2026-11-02T08:15:00", datetime(2026, 11, 2, 8, 15, tzinfo=UTC)),
        ("2026-11-02 08:15", datetime(2026, 11, 2, 8, 15, tzinfo=UTC)),
        ("2026-11-02", datetime(2026, 11, 2, tzinfo=UTC)),
    ],
)
def test_times_are_read_as_iso_8601_in_all_its_usual_forms(text: str, at: datetime):
    assert filled([text], "lodged_at") == ([at], [])


@pytest.mark.parametrize("text", ["2026-13-01", "02.11.2026", "yesterday", "2026-11-02T25:00:00Z", "1700000000"])
def test_what_is_not_a_time_is_rejected_and_not_guessed(text: str):
    assert filled(["2026-11-02", text], "lodged_at")[1] == [2]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-07-02T08:15:00", datetime(2026, 7, 2, 6, 15, tzinfo=UTC)),
        ("2026-01-02", datetime(2026, 1, 1, 23, tzinfo=UTC)),
        ("2026-07-02T08:15:00Z", datetime(2026, 7, 2, 8, 15, tzinfo=UTC)),
        ("2026-10-25T02:30:00", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_time_without_zone_is_taken_in_the_given_one(text: str, at: datetime):
    assert filled([text], "lodged_at", timezone="Europe/Berlin") == ([at], [])


@pytest.mark.parametrize("how", [{}, {"time_format": "%Y-%m-%d"}])
def test_a_midnight_that_the_zone_skips_is_a_rejection_and_not_a_failure(how: dict[str, str]):
    assert filled(["2018-11-04", "2018-11-05"], "lodged_at", timezone="America/Sao_Paulo", **how)[1] == [1]


@pytest.mark.parametrize(
    ("form", "text", "at"),
    [
        ("%d.%m.%Y", "02.11.2026", datetime(2026, 11, 2, tzinfo=UTC)),
        ("%d.%m.%Y %H:%M", "02.11.2026 08:15", datetime(2026, 11, 2, 8, 15, tzinfo=UTC)),
        ("%Y%m%d%H%M%S%z", "20261102081500+0200", datetime(2026, 11, 2, 6, 15, tzinfo=UTC)),
    ],
)
def test_a_time_format_is_followed_to_the_letter(form: str, text: str, at: datetime):
    assert filled([text, "2026-11-02T00:00:00Z"], "lodged_at", time_format=form) == ([at], [2])


@pytest.mark.parametrize("text", ["1,5", "1 000", "1'000", "5 kg", "abc", "nan", "inf", "1e400", "1e300"])
def test_what_is_not_a_plain_number_is_rejected(text: str):
    assert filled([text, "7"], "gross_weight_g") == ([7], [1])


def test_an_empty_cell_is_null_and_not_a_fault():
    assert filled([None, "", "   ", "5"], "gross_weight_g") == ([None, None, None, 5], [])


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 999_999_999), st.sampled_from(sorted(FACTOR[next(iter(FACTOR))])))
def test_a_mass_written_in_any_unit_comes_back_as_the_same_grams(grams: int, unit: str):
    factor = FACTOR[next(iter(FACTOR))][unit]
    assert filled([repr(grams / factor)], "gross_weight_g", unit=unit) == ([grams], [])


def test_shares_are_numbers():
    assert filled(["0.25", "a quarter"], "propensity") == ([0.25], [2])


def test_texts_are_trimmed_padded_and_replaced_as_the_mapping_says():
    assert filled([" 9022 ", None], pad=6)[0] == ["009022", None]
    assert filled(["0", "x"], missing=("0",))[0] == [None, "x"]
    assert filled(["0", None, "x"], missing=("0",), default="nobody")[0] == ["nobody", "nobody", "x"]


def test_a_text_that_the_mapping_does_not_know_is_rejected():
    assert filled(["L", "P", "Q", None], "stream", values={"L": "letter", "P": "parcel"}) == (
        ["letter", "parcel", None],
        [3],
    )


def test_texts_may_also_stand_for_numbers_and_times():
    assert filled(["small", "big"], "gross_weight_g", values={"small": "100", "big": "heavy"}) == ([100], [2])
    day = datetime(2026, 11, 2, tzinfo=UTC)
    assert filled(["then"], "lodged_at", values={"then": "2026-11-02"}) == ([day], [])


def test_a_constant_fills_every_row():
    assert filled(["a", "b"], column=None, constant="post-a")[0] == ["post-a", "post-a"]


def test_a_column_that_the_file_lacks_is_named_beside_those_it_has():
    raw = pl.DataFrame({"line": [1], "Weight": ["5"], "Date": ["x"]})
    with pytest.raises(MappingError, match=r"field piece_1\.quantity: the file has no column 'Qty'.*Weight, Date"):
        assign(raw, [Assignment(target=PIECE["quantity"], piece=1, column="Qty")])


def test_a_row_with_two_unreadable_cells_is_left_out_once_and_told_both():
    raw = pl.DataFrame({"line": [4, 5], "w": ["x", "1"], "d": ["y", "2026-01-01"]})
    table = assign(
        raw, [Assignment(target=PARCEL["gross_weight_g"], column="w"), Assignment(target=PARCEL["due_at"], column="d")]
    )
    assert table.rows["line"].to_list() == [5]
    assert [(rejection.line, rejection.field) for rejection in table.rejections] == [
        (4, "gross_weight_g"),
        (4, "due_at"),
    ]
    assert all(rejection.reason and rejection.remedy for rejection in table.rejections)
