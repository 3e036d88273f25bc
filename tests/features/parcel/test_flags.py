from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from features.parcel.flags import FLAGS, QUALITY_FLAGS
from features.parcel.reference import shipped_reference
from features.parcel.validation import validate_parcels
from tests.builders import MORNING, a_parcel, a_piece, parcel_table

_NOBODY = {"sender_name": None, "sender_street": None}

DOUBTFUL: dict[str, dict[str, Any]] = {
    "contents_missing": {"pieces": None},
    "description_missing": {"gross_weight_g": 700, "pieces": [a_piece(), a_piece(description=None)]},
    "hs_missing": {"gross_weight_g": 700, "pieces": [a_piece(hs_code=None), a_piece()]},
    "value_missing": {"pieces": [a_piece(value_cents=None)]},
    "currency_assumed": {"pieces": [a_piece(currency=None)]},
    "weight_missing": {"gross_weight_g": None},
    "net_above_gross": {"gross_weight_g": 599, "pieces": [a_piece(), a_piece()]},
    "sender_incomplete": {"sender_street": None},
    "recipient_incomplete": {"recipient_name": None},
    "s10_check_digit": {"parcel_id": "RB473124828US"},
    "posted_after_lodged": {"posted_at": MORNING + timedelta(days=1, seconds=1)},
    "lodged_late": {"due_at": MORNING - timedelta(seconds=1)},
    "weight_unit": {"gross_weight_g": 340_000, "length_mm": None},
    "weight_disagrees": {"measured_weight_g": 900},
    "mixed_scripts": {"sender_name": "P\u0430yments Ltd"},
    "stacked_marks": {"recipient_name": "Z" + 5 * "\u0310" + "algo"},
}

SOUND: dict[str, dict[str, Any]] = {
    "net weight equal to gross": {"gross_weight_g": 600, "pieces": [a_piece(), a_piece()]},
    "pieces without net weight": {"pieces": [a_piece(net_weight_g=None)]},
    "a courier's number": {"parcel_id": "JD-0146"},
    "posted exactly a day after": {"posted_at": MORNING + timedelta(days=1)},
    "lodged when due": {"due_at": MORNING},
    "no times": {"lodged_at": None, "posted_at": None, "due_at": None},
    "an account instead of a name": {**_NOBODY, "sender_account": "A-1"},
    "a tax number instead of a name": {**_NOBODY, "sender_tax_id": "DE1"},
    "an express parcel of 40 kg": {"stream": "express", "gross_weight_g": 40_000, "length_mm": None},
    "a parcel weighed a little heavier": {"measured_weight_g": 390},
    "two scripts in two words": {"recipient_name": "Anna \u0410\u043d\u043d\u0430"},
    "Vietnamese, written with combining marks": {"recipient_name": "Nguye\u0302\u0303n"},
    "a PO box instead of a street": {"recipient_street": None, "recipient_po_box": "12"},
}


def flags_of(**changes: Any) -> list[str]:
    accepted = validate_parcels(parcel_table([a_parcel(**changes)]), reference=shipped_reference())
    assert accepted.rejections == ()
    flags: list[str] = accepted.rows[QUALITY_FLAGS].to_list()[0]
    return flags


def test_a_sound_parcel_has_no_flag():
    assert flags_of() == []


@pytest.mark.parametrize("flag", FLAGS, ids=lambda flag: flag.code)
def test_every_flag_is_raised_by_its_own_doubt_and_alone(flag: Any):
    assert flags_of(**DOUBTFUL[flag.code]) == [flag.code]


@pytest.mark.parametrize("changes", SOUND.values(), ids=SOUND)
def test_what_only_looks_doubtful_is_not_flagged(changes: dict[str, Any]):
    assert flags_of(**changes) == []


def test_an_empty_list_of_pieces_is_contents_missing():
    assert flags_of(pieces=[]) == ["contents_missing"]


def test_every_flag_has_a_code_of_its_own_and_a_sentence():
    assert len({flag.code for flag in FLAGS}) == len(FLAGS)
    assert all(flag.says.endswith(".") for flag in FLAGS)


def test_flags_are_raised_row_by_row():
    rows = [a_parcel(), a_parcel(gross_weight_g=None), a_parcel(pieces=None)]
    accepted = validate_parcels(parcel_table(rows), reference=shipped_reference())
    assert accepted.rows[QUALITY_FLAGS].to_list() == [[], ["weight_missing"], ["contents_missing"]]
