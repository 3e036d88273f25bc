"""Values of declared features worked out by hand; None stands for missing."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import pytest

from features.catalogue import catalogue
from features.facts.codes import COUNTRIES
from features.parcel.fields import STREAMS
from tests.builders import MORNING, value_of
from tests.features.declared.cases import MORE_CASES

VALUE, WEIGHT = {"declared_value_eur_cents": 2_400}, {"gross_weight_g": 400}
SIDES = {"length_mm": 250, "width_mm": 100, "height_mm": 40}
PRIVATE = {"sender_is_organisation": False, "recipient_is_organisation": False}
DIRECT = {"recipient_is_locker": False, "recipient_is_po_box": False, "recipient_is_care_of": False}

CASES: list[tuple[str, dict[str, Any], float | None]] = [
    *MORE_CASES,
    ("declared_value_eur", VALUE, 24.0),
    ("declared_value_eur", {}, None),
    ("declared_value_per_kg", VALUE | WEIGHT, 60.0),
    ("declared_value_per_kg", VALUE, None),
    ("declared_value_per_unit", VALUE | {"n_units": 3}, 8.0),
    ("declared_value_per_unit", VALUE, None),
    ("weight_per_unit_g", WEIGHT | {"n_units": 8}, 50.0),
    ("weight_per_unit_g", {"n_units": 8}, None),
    ("n_pieces", {"n_pieces": 0}, 0.0),
    ("hs6_number", {"hs_code": "0902200010"}, 90_220.0),
    ("hs6_number", {}, None),
    ("hs_chapter", {"hs_code": "090220"}, 9.0),
    ("hs_chapter", {}, None),
    ("hs_is_missing", {}, 1.0),
    ("hs_is_missing", {"hs_code": "090220"}, 0.0),
    ("goods_origin_country", {"goods_origin_country": "AB"}, 1.0),
    ("goods_origin_country", {}, None),
    ("description_length", {"description": "čaj"}, 3.0),
    ("description_length", {}, None),
    ("description_is_vague", {"description": "Gift!"}, 1.0),
    ("description_is_vague", {"description": "personal effects"}, 1.0),
    ("description_is_vague", {"description": "gift card holder"}, 0.0),
    ("description_is_vague", {}, None),
    ("gross_weight_g", WEIGHT, 400.0),
    ("density_g_per_ml", WEIGHT | SIDES, 0.4),
    ("density_g_per_ml", WEIGHT | SIDES | {"width_mm": None}, None),
    ("longest_side_mm", SIDES | {"height_mm": 300}, 300.0),
    ("longest_side_mm", {"width_mm": 100}, 100.0),
    ("longest_side_mm", {}, None),
    ("weight_is_round", WEIGHT, 1.0),
    ("weight_is_round", {"gross_weight_g": 401}, 0.0),
    ("weight_is_round", {}, None),
    ("packing_share", WEIGHT | {"net_weight_g": 300}, 0.25),
    ("packing_share", WEIGHT | {"net_weight_g": 500}, -0.25),
    ("packing_share", WEIGHT, None),
    ("measured_weight_excess", WEIGHT | {"measured_weight_g": 500}, 0.25),
    ("measured_weight_excess", WEIGHT, None),
    ("postage_per_value", VALUE | {"postage_eur_cents": 1_200}, 0.5),
    ("postage_per_value", {"declared_value_eur_cents": 0, "postage_eur_cents": 1_200}, None),
    ("postage_per_kg", WEIGHT | {"postage_eur_cents": 1_200}, 30.0),
    ("postage_per_kg", WEIGHT, None),
    *(("stream", {"stream": stream}, float(code)) for code, stream in enumerate(STREAMS)),
    ("stream", {}, None),
    ("dispatch_country", {"dispatch_country": "ZZ"}, 675.0),
    ("dispatch_country", {}, None),
    ("s10_country_differs", {"parcel_id": "RB473124829US", "dispatch_country": "US"}, 0.0),
    ("s10_country_differs", {"parcel_id": "RB473124829US", "dispatch_country": "GB"}, 1.0),
    ("s10_country_differs", {"parcel_id": "P-1", "dispatch_country": "GB"}, None),
    ("sender_country_differs", {"sender_country": "SG", "dispatch_country": "PL"}, 1.0),
    ("sender_country_differs", {"sender_country": "PL", "dispatch_country": "PL"}, 0.0),
    ("sender_country_differs", {"dispatch_country": "PL"}, None),
    ("goods_origin_differs", {"goods_origin_country": "CN", "dispatch_country": "PL"}, 1.0),
    ("goods_origin_differs", {"goods_origin_country": "CN"}, None),
    ("n_transit_offices", {"transit_offices": " NLAMSA  DELEJA "}, 2.0),
    ("n_transit_offices", {}, 0.0),
    ("sale_between_private_persons", PRIVATE | {"category": "sale"}, 1.0),
    ("sale_between_private_persons", PRIVATE | {"category": "gift"}, 0.0),
    ("sale_between_private_persons", PRIVATE | {"category": "sale", "sender_is_organisation": True}, 0.0),
    ("sale_between_private_persons", PRIVATE, None),
    ("sale_without_order_reference", {"category": "sale", "has_order_reference": False}, 1.0),
    ("sale_without_order_reference", {"category": "sale", "has_order_reference": True}, 0.0),
    ("sale_between_private_persons", {"category": "sale", "sender_is_organisation": True}, 0.0),
    ("sale_without_order_reference", {"has_order_reference": False}, None),
    ("sale_without_order_reference", {"has_order_reference": True}, 0.0),
    ("sender_has_contact", {"sender_has_contact": True}, 1.0),
    ("recipient_has_contact", {"recipient_has_contact": False}, 0.0),
    ("delivery_is_indirect", DIRECT, 0.0),
    ("delivery_is_indirect", DIRECT | {"recipient_is_locker": True}, 1.0),
    ("delivery_is_indirect", DIRECT | {"recipient_is_po_box": True}, 1.0),
    ("delivery_is_indirect", DIRECT | {"recipient_is_care_of": True}, 1.0),
    ("hour_of_day", {"known_at": MORNING}, 8.0),
    ("lodged_after_posting_h", {"lodged_at": MORNING, "posted_at": MORNING - timedelta(minutes=90)}, 1.5),
    ("lodged_after_posting_h", {"lodged_at": MORNING}, None),
    ("lodged_before_due_h", {"lodged_at": MORNING, "due_at": MORNING - timedelta(hours=3)}, -3.0),
    ("lodged_before_due_h", {"lodged_at": MORNING}, None),
    ("n_quality_flags", {"quality_flags": ["weight_missing", "lodged_late"]}, 2.0),
    ("n_quality_flags", {}, 0.0),
    ("n_contradictions", {"quality_flags": ["other_value", "other_goods"]}, 2.0),
    ("n_contradictions", {}, 0.0),
    ("party_is_incomplete", {"quality_flags": ["recipient_incomplete"]}, 1.0),
    ("party_is_incomplete", {"quality_flags": ["weight_missing"]}, 0.0),
    ("party_is_incomplete", {}, 0.0),
]


@pytest.mark.parametrize(("name", "facts", "expected"), CASES)
def test_a_feature_has_the_value_worked_out_by_hand(name: str, facts: dict[str, Any], expected: float | None):
    value = value_of(name, **facts)
    if expected is None:
        assert math.isnan(value)
    else:
        assert value == pytest.approx(expected, abs=1e-12)


def test_every_declared_feature_is_worked_out_by_hand_at_least_once():
    assert {one.name for one in catalogue().features if one.function} == {name for name, _, _ in CASES}


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("declared_value_eur", 24.5, "the parcel is declared at 24.50 EUR"),
        ("declared_value_eur", float("nan"), "no value is declared"),
        ("hs_chapter", 9.0, "the parcel holds goods of HS chapter 09"),
        ("dispatch_country", float(COUNTRIES.index("SG")), "the parcel was dispatched from SG"),
        ("weight_is_round", 0.0, "the weight is not a round number"),
        ("measured_weight_excess", 0.25, "the measured weight differs by +25% from the declared one"),
        ("sender_others_28d", 12.0, "this sender had 12 different recipients in 28 days (64 means 64 or more)"),
        ("sender_n_7d", 1.0, "1 parcel of this sender was declared in 7 days"),
        ("sender_n_7d", 21.0, "21 parcels of this sender were declared in 7 days"),
        ("n_goods_origins", 1.0, "the goods were made in 1 country"),
        ("n_hs_chapters", 1.0, "the parcel holds goods of 1 HS chapter"),
        ("look_alike_found", 1.0, "parcels of this kind of parcel held contraband 1 time so far"),
        ("look_alike_found", 2.0, "parcels of this kind of parcel held contraband 2 times so far"),
        ("address_days_since_last", float("nan"), "this delivery address was never seen"),
    ],
)
def test_the_officer_reads_a_sentence_in_plain_words(name: str, value: float, sentence: str):
    assert catalogue()[name].sentence(value) == sentence


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("gross_weight_g", 340.25, "340.2"),
        ("hs6_number", 850_440.0, "850440"),
        ("weight_is_round", 1.0, "yes"),
        ("weight_is_round", 0.0, "no"),
        ("dispatch_country", float(COUNTRIES.index("SG")), "SG"),
        ("gross_weight_g", float("nan"), ""),
    ],
)
def test_a_bare_value_is_shown_as_a_person_would_write_it(name: str, value: float, shown: str):
    assert catalogue()[name].shown(value) == shown
