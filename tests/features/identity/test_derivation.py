from __future__ import annotations

import hmac
import unicodedata
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.identity import DERIVED_SCHEMA, IdentityKey, derive, derived_row
from features.identity.texts import is_in_word
from features.identity.things import three_digits
from features.parcel.reference import shipped_reference
from tests.builders import KEY, a_parcel, a_piece, derived, parcel_table
from tests.features.strange import parcels

GOLDEN = a_parcel(
    operator="post-a",
    sender_name="Ван Ли Trading",
    sender_phone="030 / 12 34 56",
    sender_country="DE",
    recipient_name="Muster, Anna",
    recipient_street="Straße des 17. Juni",
    recipient_additional=None,
    pieces=[a_piece(description="T-shirt, cotton"), a_piece(value_cents=100, hs_code=None)],
)


def test_keys_of_a_parcel_are_those_of_every_log_since_derivation_2():
    row = derived(GOLDEN).row(0, named=True)
    assert {name: row[name] for name in row if name.endswith("_key")} == {
        "sender_key": 4_863_793_983_754_110_203,
        "contact_key": -4_100_255_944_336_390_209,
        "recipient_key": 4_496_410_181_817_952_223,
        "address_key": -1_005_038_633_284_227_606,
        "lane_key": -2_247_771_069_214_791_810,
        "office_key": 1_007_349_148_589_950_207,
        "country_key": -2_208_893_436_415_447_852,
        "commodity_key": -5_026_653_391_470_902_408,
        "chapter_key": 6_055_897_130_191_688_946,
        "look_alike_key": 346_675_384_799_419_110,
        "wording_key": -5_182_905_568_702_512_538,
        "number_block_key": -5_014_720_225_138_608_828,
        "operator_key": -5_264_153_094_385_073_474,
        "sender_loose_key": -6_032_902_278_408_009_960,
        "recipient_loose_key": -3_599_664_419_680_021_971,
        "sender_name_key": 6_136_574_134_661_508_014,
        "recipient_name_key": 4_350_798_803_348_091_101,
    }


@settings(max_examples=60, deadline=None)
@given(st.lists(parcels, min_size=1, max_size=4))
def test_one_parcel_is_derived_as_among_others(rows: list[dict[str, Any]]):
    table = parcel_table(rows)
    together = derive(table, KEY, reference=shipped_reference())
    assert [derived_row(row, KEY, shipped_reference()) for row in table.to_dicts()] == together.to_dicts()


def test_a_row_keeps_what_else_it_brings_and_has_no_personal_field():
    row = parcel_table([a_parcel()]).row(0, named=True) | {"quality_flags": ["hs_missing"]}
    kept = derived_row(row, KEY, shipped_reference())
    assert (kept["line"], kept["quality_flags"]) == (1, ["hs_missing"])
    assert list(kept)[-len(DERIVED_SCHEMA) :] == DERIVED_SCHEMA.names()
    assert "sender_name" not in kept


@given(st.binary(min_size=32, max_size=200), st.text(max_size=80))
def test_keys_are_hmacs_whatever_the_length_of_the_secret(secret: bytes, text: str):
    digest = hmac.digest(secret, b"sender\x1f" + text.encode(), "sha256")
    assert IdentityKey(secret).of("sender", text) == int.from_bytes(digest[:8], "big", signed=True)


@given(st.one_of(st.integers(0, 2_000_000), st.integers(0, 2**62)))
def test_weights_are_rounded_as_polars_rounds_a_column(weight_g: int):
    column = pl.Series([weight_g]).cast(pl.Float64).round_sig_figs(3).cast(pl.Int64)
    assert three_digits(weight_g) == column.item()


def test_a_character_belongs_to_a_word_where_unicode_says_so():
    characters = pl.Series(
        [chr(code) for code in range(0x20000) if unicodedata.category(chr(code)) not in {"Cs", "Cn"}]
    )
    in_word = characters.str.contains(r"\w")
    assert [is_in_word(one) for one in characters.to_list()] == in_word.to_list()


@pytest.mark.parametrize(
    ("written", "is_care_of"),
    [("bei Anna", True), ("ebei", False), ("bei\u0301", False), ("(c/o)", True), ("²bei", True)],
)
def test_a_mark_of_another_addressee_is_a_word_of_its_own(written: str, is_care_of: bool):
    assert derived(a_parcel(recipient_name=written))["recipient_is_care_of"].item() is is_care_of


@pytest.mark.parametrize(
    ("written", "fact"),
    [
        *((text, "recipient_is_locker") for text in ("Paczkomat", "InPost", "parcel box", "Parcelbox", "punto poste")),
        *((text, "recipient_is_locker") for text in ("Relais", "pick-up", "pickup", "Paketbox", "SmartPost", "locker")),
        *((text, "recipient_is_lodging") for text in ("hostel", "Motel", "Pension", "guest house", "guesthouse")),
        *((text, "recipient_is_lodging") for text in ("Airbnb", "apartment", "Apartments", "boarding house")),
        *((text, "recipient_is_lodging") for text in ("boardinghouse", "coworking", "virtual office")),
        *((text, "recipient_is_organisation") for text in ("SP ZOO", "Muster Ltd")),
    ],
)
def test_every_phrase_is_recognised_within_a_text(written: str, fact: str):
    row = derived(
        a_parcel(recipient_name=f"Anna {written} 7"), a_parcel(recipient_name=f"Anna x{written.replace(' ', '')}x")
    )
    assert row[fact].to_list() == [True, False]
