"""Objects that are not one a line: a list, pretty ones, behind commas, in a document, one behind the other."""

from __future__ import annotations

import json
from contextlib import suppress
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.parcel.problems import SourceError
from features.sources.adapter import MAX_RECORD_BYTES
from features.sources.formats.ndjson import Ndjson

IDS = ("RB000000011US", "RB000000025US", "RB000000039US")
PARCELS = [
    {"parcel_id": one, "stream": "letter", "sender_name": 'A "}{" Lee', "pieces": [{"description": "tea [a], {b}"}]}
    for one in IDS
]
LINES = [json.dumps(one) for one in PARCELS]
SPREAD = {
    "a pretty list": json.dumps(PARCELS, indent=1),
    "a list in one line": json.dumps(PARCELS),
    "a list of lines": "[\n" + ",\n".join(LINES) + "\n]\n",
    "behind commas": ",\n".join(LINES),
    "in a document": json.dumps({"parcels": PARCELS}, indent=2),
    "in a document in one line": json.dumps({"items": PARCELS}),
    "one behind the other": "".join(LINES),
    "pretty ones": "\n".join(json.dumps(one, indent=2) for one in PARCELS),
    "with returns": json.dumps(PARCELS, indent=1).replace("\n", "\r\n"),
}


def read(text: str) -> tuple[list[Any], list[tuple[int, str]]]:
    batches = list(Ndjson().read(BytesIO(text.encode())))
    rows = [row for batch in batches for row in batch.rows.to_dicts()]
    return rows, [(fault.line, fault.code) for batch in batches for fault in batch.rejections]


@pytest.mark.parametrize("text", SPREAD.values(), ids=SPREAD)
def test_parcels_are_read_however_their_objects_are_spread(text: str) -> None:
    rows, faults = read(text)
    assert faults == []
    assert [(row["parcel_id"], row["sender_name"], row["pieces"][0]["description"]) for row in rows] == [
        (one, 'A "}{" Lee', "tea [a], {b}") for one in IDS
    ]
    assert Ndjson().recognises(text.encode()[:200])


def test_an_object_that_is_wrong_or_does_not_close_is_named_by_its_line_and_the_others_are_read() -> None:
    text = json.dumps(PARCELS, indent=1).replace(f'"{IDS[1]}"', "nothing", 1)
    rows, faults = read(text)
    assert [row["parcel_id"] for row in rows] == [IDS[0], IDS[2]]
    assert faults == [(text.split("\n").index(' "parcel_id": nothing,'.replace(" ", "  ", 1)), "not_json")]
    rows, faults = read(json.dumps(PARCELS, indent=1)[:-40])
    assert [row["parcel_id"] for row in rows] == [IDS[0], IDS[1]]
    assert [code for _, code in faults] == ["not_json"]


def test_a_broken_first_line_does_not_make_one_object_of_the_lines_behind_it() -> None:
    rows, faults = read("\n".join([LINES[0][:-9], *LINES[1:]]))
    assert ([row["parcel_id"] for row in rows], faults) == ([IDS[1], IDS[2]], [(1, "not_json")])


def test_an_object_that_grows_too_long_is_given_up_however_short_its_lines() -> None:
    rows, faults = read('[\n{"sender_name": [\n' + "1,\n" * MAX_RECORD_BYTES + f"]}},\n{LINES[0]}\n]\n")
    assert [row["parcel_id"] for row in rows] == [IDS[0]]
    assert (2, "too_long") in faults


@given(st.text(st.sampled_from('{}[]",:\n a1\\'), max_size=60))
def test_nothing_that_resembles_json_ends_the_reading(text: str) -> None:
    with suppress(SourceError):  # it holds no object
        read("[" + text)
