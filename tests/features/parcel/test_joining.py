"""Rows of one file that are pieces of one parcel; layouts as exports of shops and courier templates have them."""

from __future__ import annotations

from typing import Any

import pytest

from features.parcel.field_checks import MAX_PIECES
from features.parcel.joining import is_same_consignment, join_pieces, joined

LAMP = {"description": "desk lamp", "value_cents": 1900, "quantity": 1}
BULB = {"description": "light bulb", "value_cents": 350, "quantity": 4}
CABLE = {"description": "cable", "value_cents": 250, "quantity": 1}


def row(*pieces: dict[str, Any], **changes: Any) -> dict[str, Any]:
    given = {"line": 1, "parcel_id": "JJD0098877", "sender_name": "Lichtwerk", "recipient_name": "Ana Silva"}
    return {**given, "gross_weight_g": 1400, "pieces": list(pieces) or None, **changes}


def test_rows_of_one_number_and_envelope_are_one_parcel_at_the_first_line() -> None:
    other = row(CABLE, line=3, parcel_id="JJD0098878")
    found = join_pieces([row(LAMP), row(BULB, line=2), other, row(CABLE, line=4)])
    assert found == [row(LAMP, BULB, CABLE), other]


def test_what_later_rows_leave_out_is_known_from_the_first_and_the_other_way_round() -> None:
    bare = {"line": 2, "parcel_id": "JJD0098877", "pieces": [BULB], "recipient_city": "Porto"}
    (found,) = join_pieces([row(LAMP), bare])
    assert (found["sender_name"], found["recipient_city"], found["pieces"]) == ("Lichtwerk", "Porto", [LAMP, BULB])


def test_the_number_counts_as_it_is_stored() -> None:
    (found,) = join_pieces([row(LAMP, parcel_id="RB 473 124 829 US"), row(BULB, parcel_id="rb473124829us")])
    assert found["pieces"] == [LAMP, BULB]


def test_a_weight_for_each_article_makes_no_other_parcel() -> None:
    (found,) = join_pieces([row(LAMP, gross_weight_g=900), row(BULB, gross_weight_g=500)])
    assert (found["gross_weight_g"], len(found["pieces"])) == (900, 2)


@pytest.mark.parametrize(
    "second",
    [
        row(BULB, sender_name="Somebody Else"),
        row(BULB, recipient_postcode="1000", recipient_name="B. Other"),
        row(LAMP),
        row(LAMP, gross_weight_g=1500),
        row(),
        row(BULB, version=2),
        row(BULB, function="cancel"),
        row(BULB, function="amend"),
        row(BULB, parcel_id="JJD0098879"),
    ],
)
def test_what_contradicts_repeats_or_amends_stays_a_row_of_its_own(second: dict[str, Any]) -> None:
    rows = [row(LAMP), second]
    assert join_pieces(rows) == rows


def test_rows_without_a_number_are_left_alone() -> None:
    rows = [row(LAMP, parcel_id=None), row(BULB, parcel_id=None), row(BULB, parcel_id=" ")]
    assert join_pieces(rows) == rows


def test_order_is_kept_between_amendments() -> None:
    rows = [row(LAMP), row(LAMP, gross_weight_g=1500), row(BULB, gross_weight_g=1500)]
    assert join_pieces(rows) == [rows[0], row(LAMP, BULB, gross_weight_g=1500)]


def test_blanks_in_a_name_make_no_other_party() -> None:
    assert is_same_consignment(row(LAMP), row(BULB, sender_name=" Lichtwerk "))


def test_no_parcel_grows_without_end() -> None:
    rows = [row({"description": f"article {place}"}, line=place) for place in range(2 * MAX_PIECES + 1)]
    assert [len(one["pieces"]) for one in join_pieces(rows)] == [MAX_PIECES, MAX_PIECES, 1]


@pytest.mark.parametrize("results", [("nothing_found", "found"), ("found", "nothing_found"), (None, "found")])
def test_a_finding_in_any_row_is_that_of_the_parcel(results: tuple[str | None, str | None]) -> None:
    rows = [{"parcel_id": "P-1", "pieces": [{"description": result}], "outcome.result": result} for result in results]
    assert joined(rows)["outcome.result"] == "found"
