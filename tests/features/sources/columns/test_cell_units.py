"""Units in cells: a column of measures whose header names none is read where every cell says its own."""

from __future__ import annotations

from io import BytesIO

import polars as pl
import pytest

from features.parcel.problems import Undecided
from features.sources.columns.tables import ParcelTable
from features.sources.syntax.csv_tables import csv_batches

HEAD = "parcel_id,stream,dispatch_country,recipient_name,sender_name,description,{}\n"


def read(*weights: str, header: str = "Weight", rows: int = 100) -> tuple[pl.Series, list[tuple[int, str]]]:
    """Weights in grams, and the lines and codes of doubts about them."""
    lines = [f'P-{n},letter,US,Bo Meyer,Ann Lee,tea,"{weight}"\n' for n, weight in enumerate(weights)]
    table = ParcelTable("csv")
    file = BytesIO((HEAD.format(header) + "".join(lines)).encode())
    batches = [table.batch(raw) for raw in csv_batches(file, rows)]
    doubts = [(one.line, one.code) for batch in batches for one in batch.doubts]
    return pl.concat([batch.rows["gross_weight_g"] for batch in batches]), doubts


@pytest.mark.parametrize(
    ("weights", "grams"),
    [
        (["350 g", "0.35 kg", "350g", ""], [350, 350, 350, None]),
        (["0,35 kg", "1.2 KG", "12 oz", "1.5 lb", "2 lbs."], [350, 1200, 340, 680, 907]),
        (["1 200 g", "800 г", "2 千克"], [1200, 800, 2000]),
    ],
)
def test_weights_are_read_by_the_units_of_their_cells(weights: list[str], grams: list[int | None]) -> None:
    found, doubts = read(*weights)
    assert (found.to_list(), doubts) == (grams, [])


def test_lengths_and_net_weights_likewise() -> None:
    lines = 'P-1,letter,US,Bo Meyer,Ann Lee,tea,"30 cm"\nP-2,letter,US,Bo Meyer,Ann Lee,tea,"12 in"\n'
    (raw,) = csv_batches(BytesIO((HEAD.format("length") + lines).encode()))
    assert ParcelTable("csv").batch(raw).rows["length_mm"].to_list() == [300, 305]


@pytest.mark.parametrize("weights", [["350", "400"], ["350 g", "400"], ["350 g", "4 pieces"], ["", ""]])
def test_where_one_cell_names_no_unit_it_is_asked_for(weights: list[str]) -> None:
    with pytest.raises(Undecided, match="does not say its unit"):
        read(*weights)


def test_a_later_cell_without_unit_gives_no_value_and_says_so() -> None:
    grams, doubts = read("350 g", "0.4 kg", "400", rows=2)
    assert grams.to_list() == [350, 400, None]
    assert doubts == [(4, "unit_missing")]
