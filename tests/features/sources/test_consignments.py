"""Pieces of one parcel are joined wherever the batches of a file are cut."""

from __future__ import annotations

import gc
import io
import weakref
from collections.abc import Iterator
from dataclasses import replace

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


@pytest.mark.parametrize("rows_at_once", [1, 2, 5_000])
def test_a_doubt_follows_its_piece_into_the_parcel(rows_at_once: int) -> None:
    rows = ["1Z5X,Lichtwerk,Ana,saw,1,DE", "1Z5X,,,nail,many,DE", "1Z5X,,,bolt,some,DE", "1Z5Y,A,B,mug,x,DE"]
    head = HEAD.strip() + ",Recipient country\n"
    adapter = adapter_named("csv")
    (whole,) = adapter.read(io.BytesIO((head + "\n".join(rows) + "\n").encode()))
    cuts = [
        replace(
            whole,
            rows=whole.rows.slice(start, rows_at_once),
            doubts=tuple(one for one in whole.doubts if one.line in whole.rows.slice(start, rows_at_once)["line"]),
        )
        for start in range(0, 4, rows_at_once)
    ]
    doubts = [doubt for part in consignments(iter(cuts)) for doubt in part.doubts]
    assert [(one.line, one.field) for one in doubts] == [
        (2, "piece_2.quantity"),
        (2, "piece_3.quantity"),
        (5, "piece_1.quantity"),
    ]


def test_what_was_read_long_ago_is_forgotten() -> None:
    class Original:
        def __call__(self, line: int) -> str:
            return f"row {line}"

    def batches() -> Iterator[Batch]:
        for batch in cut([1] * 8):
            original = Original()
            held.append(weakref.ref(original))
            yield replace(batch, original=original)

    held: list[weakref.ref[Original]] = []
    alive = []
    for _ in consignments(batches()):
        gc.collect()
        alive.append(sum(one() is not None for one in held))
    assert max(alive) <= 4
    assert alive[-1] <= alive[2]
