"""Objects that are not one a line: a list, pretty ones, behind commas, in a document, one behind the other."""

from __future__ import annotations

import json
from contextlib import suppress
from io import BytesIO
from itertools import chain
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.parcel.problems import SourceError
from features.sources.adapter import MAX_RECORD_BYTES
from features.sources.formats.ndjson import Ndjson
from features.sources.syntax.json_objects import objects

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


@pytest.mark.parametrize("text", ["{}", "[{}]", '{{"parcels": [{}]}}'])
def test_a_list_of_any_length_may_be_one_line(text: str) -> None:
    n = 3 * MAX_RECORD_BYTES // len(LINES[0])
    many = (LINES[0].replace(IDS[0], f"P-{number}") for number in range(n))
    rows, faults = read(text.format(("" if text == "{}" else ",").join(many)))
    assert faults == []
    assert [row["parcel_id"] for row in rows] == [f"P-{number}" for number in range(n)]
    assert rows[-1]["sender_name"] == 'A "}{" Lee'


@pytest.mark.parametrize("n", [100, 4_000])
def test_chunks_end_anywhere_and_every_object_is_as_it_was(n: int) -> None:
    text = json.dumps([{**one, "sender_name": '\\"}, {' * 7} for one in PARCELS] * 3).encode()
    for size in (1, 2, 3, 5, 7, 11, n):
        chunks = (text[at : at + size] for at in range(0, len(text), size))
        # What decides on the form is the beginning, of which there is always more than a byte.
        found = [json.loads(one or b"") for _, one in objects(chain([b"["], chunks) if size < 50 else chunks)]
        assert [one["parcel_id"] for one in found] == [*IDS, *IDS, *IDS]
        assert {one["sender_name"] for one in found} == {'\\"}, {' * 7}


def test_an_object_in_one_line_that_is_too_long_is_rejected_and_the_others_are_read() -> None:
    long = json.dumps({**PARCELS[0], "sender_name": "x" * MAX_RECORD_BYTES, "parcel_id": "P-9"})
    rows, faults = read(f"[{LINES[0]},\n{long},\n{LINES[1]}]")
    assert [row["parcel_id"] for row in rows] == [IDS[0], IDS[1]]
    assert {code for _, code in faults} == {"too_long"}


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
