"""Pieces of one parcel are joined wherever the batches of a file are cut."""

from __future__ import annotations

import io
from collections.abc import Iterator

import polars as pl
import pytest

from features.parcel.reference import shipped_reference
from features.sources.adapter import Batch
from features.sources.consignments import consignments
from features.sources.reading import read_parcels
from features.sources.registry import adapter_named

ROWS = [
    ("A", "lamp"),
    ("B", "rug"),
    ("B", "mat"),
    ("C", "pen"),
    ("B", "mug"),
    ("D", "saw"),
    ("D", "nail"),
    ("D", "bolt"),
]
HEAD = "Tracking number,Sender name,Recipient name,Description,Quantity\n"


def cut(sizes: list[int]) -> Iterator[Batch]:
    start = 0
    for size in sizes:
        part = ROWS[start : start + size]
        lines = list(range(start + 1, start + 1 + len(part)))
        rows = pl.DataFrame(
            {
                "line": lines,
                "parcel_id": [number for number, _ in part],
                "pieces": [[{"description": goods}] for _, goods in part],
            },
            schema_overrides={"line": pl.Int64},
        )
        yield Batch(rows=rows, n_rows=len(part), original=lambda line: f"row {line}")
        start += size


@pytest.mark.parametrize("sizes", [[8], [1] * 8, [2, 1, 5], [3, 5], [6, 2], [7, 1]])
def test_neighbours_are_joined_wherever_the_file_is_cut(sizes: list[int]) -> None:
    parts = list(consignments(cut(sizes)))
    assert sum(part.n_rows for part in parts) == len(ROWS)
    rows = pl.concat([part.rows for part in parts])
    found = [(row["parcel_id"], [piece["description"] for piece in row["pieces"]]) for row in rows.to_dicts()]
    more = {line for part in parts for line in part.more}
    together = {"A": ["lamp"], "C": ["pen"], "D": ["saw", "nail", "bolt"]}
    for number, goods in together.items():
        assert (number, goods) in found
    of_b = [goods for number, goods in found if number == "B"]
    assert sorted(one for goods in of_b for one in goods) == ["mat", "mug", "rug"]
    assert of_b[0][:2] == ["rug", "mat"]
    assert more == ({5} if len(of_b) == 2 else set())


def test_the_original_of_a_row_that_waited_is_still_at_hand() -> None:
    parts = list(consignments(cut([2, 6])))
    assert [part.original(2) for part in parts if 2 in part.rows["line"].to_list()] == ["row 2"]


def test_a_spreadsheet_with_a_row_for_each_article_is_read_as_parcels() -> None:
    """As order exports of shops have it: parties in the first row of an order only."""
    text = HEAD + "1Z5X,Lichtwerk,Ana Silva,screwdriver set,1\n1Z5X,,,drill bits,10\n1Z5Y,Lichtwerk,B. Otto,lamp,1\n"
    text += "1Z5X,,,work gloves,2\n"
    (reading,) = read_parcels(adapter_named("csv"), io.BytesIO(text.encode()), reference=shipped_reference())
    pieces = dict(reading.parcels.select("parcel_id", pl.col("pieces").list.len()).iter_rows())
    assert pieces == {"1Z5X": 3, "1Z5Y": 1}
    assert reading.parcels["sender_name"].to_list() == ["Lichtwerk", "Lichtwerk"]
    assert (reading.n_rows, reading.rejections) == (4, ())
