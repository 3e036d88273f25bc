from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.parcel.problems import MappingError
from features.sources.columns.cells import OUTCOME, PARCEL, PIECE, Assignment, Table, assign
from features.sources.columns.times import read_times
from features.sources.columns.units import FACTOR

SOURCE = "cell"


def read(texts: list[str | None], target: str = "sender_name", **how: object) -> Table:
    raw = pl.DataFrame({SOURCE: texts}, schema={SOURCE: pl.String}).with_row_index("line", 1).cast({"line": pl.Int64})
    given = {"column": SOURCE} | how
    fields = PARCEL | OUTCOME
    return assign(raw, [Assignment(target=fields[target], **given)])  # type: ignore[arg-type]


def filled(texts: list[str | None], target: str = "sender_name", **how: object) -> tuple[list[object], list[int]]:
    """Values of the rows that are kept, and the lines with a value that is not used."""
    table = read(texts, target, **how)
    lost = [doubt.line for doubt in table.doubts if doubt.code not in {"value_changed", "zone_assumed"}]
    return table.rows[target].to_list(), [*(rejection.line for rejection in table.rejections), *lost]


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


@pytest.mark.parametrize(
    "text",
    [
        *(
            "2026/11/02 08:15",
            "2026.11.2 8:15",
            "20261102 0815",
            "20261102T081500Z",
            "20261102081500",
            "2026年11月2日 8:15",
        ),
        *("2.11.26 8:15 Uhr", "02.11.2026 08:15:00", "Mon, 02 Nov 2026 08:15:00 +0000", "Mon Nov  2 08:15:00 2026"),
        *("2026-11-02T09:15+01:00", "2026-11-02 08:15:00 UTC", "2026-11-02 08:15:00 Z", "2026-11-02 09:15 CET"),
        *("2026-11-02 16:15 GMT+8", "2026-11-02T16:15:00+08", "2. November 2026 08:15", "2 novembre 2026 à 8h15"),
        *("2 de noviembre de 2026 8:15", "2 ноября 2026 г. 8:15", "November 2nd, 2026 8:15 AM"),
        *("1793607300", "1793607300000", "46328.34375", "46328,34375", "02NOV2026 08:15", "02-Nov-26 8.15 a.m."),
    ],
)
def test_times_are_read_as_people_spreadsheets_and_programs_write_them(text: str):
    assert filled([text], "lodged_at") == ([datetime(2026, 11, 2, 8, 15, tzinfo=UTC)], [])


def test_a_count_of_days_or_seconds_is_read_and_reported():
    table = read(["46328", "1793607300", "2026-11-02T08:15:00Z"], "lodged_at")
    assert [(one.line, one.code) for one in table.doubts] == [
        (1, "zone_assumed"),
        (1, "value_changed"),
        (2, "value_changed"),
    ]


@pytest.mark.parametrize("texts", [["26/11/27"], ["02-11-26"], ["26-11-02"], ["02.11.55"], ["2 Nov 2026 14:15 CST"]])
def test_years_of_two_digits_and_zones_that_may_be_others_are_not_guessed(texts: list[str | None]):
    assert read_times(pl.Series(texts, dtype=pl.String), None, "UTC").to_list() == [None]


@pytest.mark.parametrize("mark", "/-")
def test_a_year_of_two_digits_is_behind_where_the_column_shows_it(mark: str):
    # 13 is neither a month nor a year of our time.
    written = pl.Series([f"13{mark}11{mark}26", f"20{mark}11{mark}26", f"26{mark}11{mark}26"], dtype=pl.String)
    assert [one.day for one in read_times(written, None, "UTC")] == [13, 20, 26]


@pytest.mark.parametrize("text", ["2026-13-01", "02/11/2026", "yesterday", "2026-11-02T25:00:00Z", "170000000"])
def test_what_is_not_a_time_is_rejected_and_not_guessed(text: str):
    assert filled(["2026-11-02", text], "lodged_at")[1] == [2]


NOVEMBER_2 = datetime(2026, 11, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("texts", "read"),
    [
        (["02/11/2026", "23/11/2026"], [NOVEMBER_2, datetime(2026, 11, 23, tzinfo=UTC)]),
        (["11/02/2026", "11/23/2026"], [NOVEMBER_2, datetime(2026, 11, 23, tzinfo=UTC)]),
        (["02.11.2026", "2026-11-02"], [NOVEMBER_2, NOVEMBER_2]),
        (["23-11-2026 08:15:30", None], [datetime(2026, 11, 23, 8, 15, 30, tzinfo=UTC), None]),
        (["02/11/2026", "05/06/2026"], [None, None]),
        (["05/06/2026", "02.11.2026"], [None, NOVEMBER_2]),  # another mark is another habit
        (["05/06/2026", "23-11-2026"], [None, datetime(2026, 11, 23, tzinfo=UTC)]),
        (["2-Nov-2026", "November 2, 2026", "02 nov 2026"], [NOVEMBER_2] * 3),
        (
            ["23-Sept-2026 08:15", "31 Feb 2026", "2 Marble 2026"],
            [datetime(2026, 9, 23, 8, 15, tzinfo=UTC), None, None],
        ),
        (["23/11/2026", "11/23/2026"], [None, None]),
        (["31/02/2026", "23/11/2026"], [None, datetime(2026, 11, 23, tzinfo=UTC)]),
    ],
)
def test_days_before_months_or_behind_are_read_where_the_column_shows_which(
    texts: list[str | None], read: list[datetime | None]
):
    assert read_times(pl.Series(texts, dtype=pl.String), None, "UTC").to_list() == read


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


@pytest.mark.parametrize("text", ["1,5", "1 000", "1'000", "5 parsec", "abc", "nan", "inf", "1e400", "1e300"])
def test_what_is_not_a_plain_number_is_dropped_and_its_row_kept(text: str):
    assert filled([text, "7"], "gross_weight_g") == ([None, 7], [1])
    assert filled([text, "7"], "finding_mass_g") == ([7], [1])


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


def test_a_text_that_the_mapping_does_not_know_is_dropped():
    assert filled(["L", "P", "Q", None], "stream", values={"L": "letter", "P": "parcel"}) == (
        ["letter", "parcel", None, None],
        [3],
    )


def test_texts_may_also_stand_for_numbers_and_times():
    assert filled(["small", "big"], "gross_weight_g", values={"small": "100", "big": "heavy"}) == ([100, None], [2])
    day = datetime(2026, 11, 2, tzinfo=UTC)
    assert filled(["then"], "lodged_at", values={"then": "2026-11-02"}) == ([day], [])


def test_a_constant_fills_every_row():
    assert filled(["a", "b"], column=None, constant="post-a")[0] == ["post-a", "post-a"]


def test_a_column_that_the_file_lacks_is_named_beside_those_it_has():
    raw = pl.DataFrame({"line": [1], "Weight": ["5"], "Date": ["x"]})
    with pytest.raises(MappingError, match=r"field piece_1\.quantity: the file has no column 'Qty'.*Weight, Date"):
        assign(raw, [Assignment(target=PIECE["quantity"], piece=1, column="Qty")])


def test_a_row_is_left_out_only_where_it_cannot_be_dated_and_told_all():
    raw = pl.DataFrame({"line": [4, 5, 6], "w": ["x", "1", "1"], "d": ["y", "2026-01-01Z", "11/12/2026"]})
    table = assign(
        raw, [Assignment(target=PARCEL[name], column=cell) for name, cell in (("gross_weight_g", "w"), ("due_at", "d"))]
    )
    assert table.rejections == ()
    assert table.rows.drop("line").rows() == [(None, None), (1, None), (1, None)]
    assert [(doubt.line, doubt.field) for doubt in table.doubts] == [
        (4, "gross_weight_g"),
        (4, "due_at"),
        (5, "due_at"),
        (6, "due_at"),
    ]
    assert all(doubt.reason and doubt.remedy for doubt in table.doubts)
    assert table.doubts[-1].reason == "the day and the month of the date cannot be distinguished."
    dated = assign(raw, [Assignment(target=PARCEL["lodged_at"], column="d")])
    assert dated.rows.height == 0
    assert [rejection.field for rejection in dated.rejections] == ["lodged_at"] * 3


@pytest.mark.parametrize(("text", "code"), [("n/a", "placeholder"), ("Unknown", "placeholder"), ("12x", "unreadable")])
def test_what_stands_for_no_value_is_told_apart_from_what_cannot_be_read(text: str, code: str):
    (doubt,) = read([text], "gross_weight_g").doubts
    assert (doubt.field, doubt.code) == ("gross_weight_g", code)


@pytest.mark.parametrize(
    ("text", "how", "codes"),
    [
        ("2026-11-02T08:15:00", {}, ["zone_assumed"]),
        ("2026-11-02", {}, ["zone_assumed"]),
        ("2026-11-02T08:15:00", {"timezone": "UTC"}, []),
        ("2026-11-02 08:15:00+0800", {}, []),
        ("2026-11-02T08:15:00Z", {}, []),
    ],
)
def test_a_time_without_its_zone_is_never_read_as_utc_in_silence(text: str, how: dict[str, str], codes: list[str]):
    assert [doubt.code for doubt in read([text], "posted_at", **how).doubts] == codes


def weighed(numbers: list[str], units: list[str | None], **how: object) -> tuple[list[object], list[str]]:
    raw = pl.DataFrame(
        {"line": range(1, len(numbers) + 1), "n": numbers, "u": units}, schema_overrides={"u": pl.String}
    )
    given = {"target": PARCEL["gross_weight_g"], "column": "n", "unit_column": "u"} | how
    table = assign(raw.cast({"line": pl.Int64}), [Assignment(**given)])  # type: ignore[arg-type]
    assert table.rejections == ()
    return table.rows["gross_weight_g"].to_list(), [doubt.code for doubt in table.doubts]


@pytest.mark.parametrize(
    ("unit", "grams"),
    [  # UN/ECE Recommendation 20, IATA Cargo-IMP (K, L), and what the label interfaces of UPS, FedEx and DHL write
        *[("GRM", 12), ("KGM", 12_000), ("MGM", 0), ("HGM", 1_200), ("TNE", 12_000_000), ("DTN", 1_200_000)],
        *[("LBR", 5_443), ("ONZ", 340), ("APZ", 373), ("GRN", 1), ("STN", 10_886_217), ("LTN", 12_192_563)],
        *[("CWA", 544_311), ("STI", 76_204), ("K", 12_000), ("L", 5_443), ("kg", 12_000), ("Kgs.", 12_000)],
        *[("LBS", 5_443), ("oz", 340), ("Ounces", 340), ("gram", 12), ("千克", 12_000), ("кг", 12_000)],
    ],
)
def test_every_unit_code_is_read(unit: str, grams: int):
    assert weighed(["12"], [unit]) == ([grams], [])


def test_a_weight_without_a_known_unit_is_dropped_and_told_and_never_guessed():
    assert weighed(["12", "5", "3"], ["KGM", None, "ton"]) == ([12_000, None, None], ["unit_missing", "unit_unknown"])
    assert weighed(["12", "5"], ["KGM", ""], unit="g") == ([12_000, 5], [])


@pytest.mark.parametrize(("text", "grams"), [("0.5 kg", 500), ("12oz", 340), ("1.25 LBS", 567), ("7 g", 7)])
def test_a_unit_in_the_cell_goes_before_that_of_the_column_and_is_told(text: str, grams: int):
    table = read([text, "7"], "gross_weight_g")
    assert table.rows["gross_weight_g"].to_list() == [grams, 7]
    assert [(doubt.line, doubt.code) for doubt in table.doubts] == [(1, "value_changed")]


@pytest.mark.parametrize(
    ("currency", "cents"), [("JPY", 8_500_000), ("KWD", 8_500), ("EUR", 85_000), ("krw", 8_500_000), (None, 85_000)]
)
def test_minor_units_are_those_of_the_currency(currency: str | None, cents: int):
    raw = pl.DataFrame({"line": [1], "v": ["85000"], "c": [currency]}, schema_overrides={"c": pl.String})
    value = Assignment(target=PIECE["value_cents"], piece=1, column="v", unit="minor")
    in_column = Assignment(target=PIECE["currency"], piece=1, column="c")
    (pieces,) = assign(raw, [value, in_column]).rows["pieces"].to_list()
    assert pieces[0]["value_cents"] == cents
    of_the_amount = Assignment(target=PIECE["value_cents"], piece=1, column="v", unit="minor", currency_column="c")
    (pieces,) = assign(raw, [of_the_amount]).rows["pieces"].to_list()
    assert (pieces[0]["value_cents"], pieces[0]["currency"]) == (cents, currency)


def test_a_time_that_no_clock_in_utc_shows_is_none() -> None:
    ends = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59.999999Z"]
    assert read_times(pl.Series(ends), None, "UTC").to_list() == [None, None, datetime.max.replace(tzinfo=UTC)]
    assert read_times(pl.Series(ends[:1]), "%Y-%m-%dT%H:%M:%S%:z", "UTC").to_list() == [None]
