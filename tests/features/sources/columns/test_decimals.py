from __future__ import annotations

import polars as pl
import pytest

from features.sources.columns.cells import PARCEL, PIECE, Assignment
from features.sources.columns.decimals import AMBIGUOUS, Decimals

WEIGHT = Assignment(target=PARCEL["gross_weight_g"], column="x", unit="kg")
VALUE = Assignment(target=PIECE["value_cents"], piece=1, column="x", unit="units", currency="EUR")
QUANTITY = Assignment(target=PIECE["quantity"], piece=1, column="x")


def normalised(
    cells: list[str | None], one: Assignment = WEIGHT, numbers: Decimals | None = None
) -> tuple[list[str | None], list[int]]:
    table = pl.DataFrame({"line": range(2, 2 + len(cells)), "x": pl.Series(cells, dtype=pl.String)})
    table, doubts = (numbers or Decimals()).normalised(table, [one])
    assert {doubt.code for doubt in doubts} <= {AMBIGUOUS, "value_changed"}
    return table["x"].to_list(), [doubt.line for doubt in doubts]


SELF_EVIDENT = [
    ("0,850", "0.850"),
    ("24,90", "24.90"),
    ("1,5", "1.5"),
    (",5", ".5"),
    (",85", ".85"),
    (".125", ".125"),
    ("1.250,5", "1250.5"),
    ("1,250.5", "1250.5"),
    ("1.024,00", "1024.00"),
    ("1,024.00", "1024.00"),
    ("1.250.000", "1250000"),
    ("1,250,000", "1250000"),
    ("1 250,5", "1250.5"),
    ("1'250.5", "1250.5"),
    ("1\u00a0250", "1250"),
    ("1,00,000.50", "100000.50"),
    ("1250,500", "1250.500"),
    ("-1,5", "-1.5"),
    ("12", "12"),
    ("0.85", "0.85"),
    ("1.5 kg", "1.5"),
    ("1,5kg", "1.5"),
]


@pytest.mark.parametrize(("cell", "plain"), SELF_EVIDENT)
def test_a_number_that_can_be_read_in_one_way_only_is_read_by_itself(cell: str, plain: str) -> None:
    assert normalised([cell]) == ([plain], [])


@pytest.mark.parametrize(
    ("cells", "plain"),
    [
        (["1,800", "2,5"], ["1.800", "2.5"]),
        (["1,800", "1,800.00"], ["1800", "1800.00"]),
        (["1.800", "2.5"], ["1.800", "2.5"]),
        (["1.800", "2,5"], ["1800", "2.5"]),
    ],
)
def test_a_number_that_can_be_read_in_two_ways_is_read_by_the_others_of_its_column(
    cells: list[str | None], plain: list[str]
) -> None:
    assert normalised(cells) == (plain, [])
    assert normalised(cells[::-1]) == (plain[::-1], [])


@pytest.mark.parametrize("cells", [["1,800"], ["1,800", "1800"], ["1,800", "2,5", "2.5"], ["1,800", "12,500"]])
def test_a_number_that_nothing_decides_is_dropped_with_a_doubt(cells: list[str | None]) -> None:
    plain, lines = normalised(cells)
    assert plain[0] is None
    assert lines[0] == 2


def test_a_point_is_what_the_format_means_unless_the_file_says_otherwise() -> None:
    assert normalised(["1.250"]) == (["1.250"], [])
    assert normalised(["1.250"], numbers=Decimals(is_point_usual=False)) == ([None], [2])


def test_a_comma_elsewhere_in_the_file_makes_a_point_with_three_digits_doubtful() -> None:
    numbers = Decimals()
    table = pl.DataFrame({"line": [2], "w": ["1.250"], "x": ["24,90"]})
    weight = Assignment(target=PARCEL["gross_weight_g"], column="w", unit="kg")
    table, doubts = numbers.normalised(table, [weight, VALUE])
    assert (table["w"].to_list(), table["x"].to_list(), len(doubts)) == ([None], ["24.90"], 1)
    assert numbers.has_commas


def test_what_a_batch_has_shown_counts_for_the_next() -> None:
    numbers = Decimals()
    assert normalised(["24,90"], numbers=numbers) == (["24.90"], [])
    assert normalised(["1.800"], numbers=numbers) == (["1800"], [])


@pytest.mark.parametrize(("mark", "plain"), [(",", "1.800"), (".", "1800")])
def test_a_stated_mark_is_used_whatever_the_numbers_look_like(mark: str, plain: str) -> None:
    assert normalised(["1,800"], numbers=Decimals(stated=mark)) == ([plain], [])


def test_units_and_currencies_in_cells_are_read_where_they_fit_the_column() -> None:
    assert normalised(["300 g", "2 lbs", "1,5 kg"]) == (["0.3", "0.90718474", "1.5"], [2, 3])
    assert normalised(["12,50 €", "EUR 12.50", "12,50 USD", "$5"], VALUE)[0] == ["12.50", "12.50", "12,50 USD", "$5"]
    assert normalised(["2 pcs", "3 kg"], QUANTITY)[0] == ["2", "3 kg"]


@pytest.mark.parametrize("cell", ["abc", "1,2,3", "1.2.3", "NaN", "1e5", "10-20", "1,", "12.34.567,8"])
def test_what_is_no_number_is_left_for_the_cell_to_be_refused(cell: str) -> None:
    assert normalised([cell]) == ([cell], [])


@pytest.mark.parametrize(
    ("cell", "plain"),
    [
        ("~0.5", "0.5"),
        ("ca. 0,5", "0.5"),
        ("٠٫٤٥", "0.45"),
        ("１２", "12"),
        ("１．２５", "1.25"),
        ("24,-", "24"),
        ("24.–", "24"),
    ],
)
def test_numbers_are_read_in_other_digits_and_with_what_people_put_around_them(cell: str, plain: str) -> None:
    assert normalised([cell]) == ([plain], [])
