"""More values of declared features worked out by hand: contents, codes, wording, service, route, parties, quality."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from features.facts.codes import COUNTRIES
from features.facts.wording import LANGUAGES, SCRIPTS
from features.parcel.fields import CATEGORY_FIELDS
from tests.builders import MORNING

Case = tuple[str, dict[str, Any], float | None]
_VALUE, _WEIGHT = {"declared_value_eur_cents": 2_400}, {"gross_weight_g": 400}
_SIDES = {"length_mm": 250, "width_mm": 100, "height_mm": 50}
_MIDNIGHT = datetime(2026, 11, 1, tzinfo=MORNING.tzinfo)


def _text(description: str) -> dict[str, Any]:
    return {"description": description}


_PASSED = (
    "sender_is_organisation",
    "recipient_is_organisation",
    "sender_has_tax_number",
    "recipient_has_tax_number",
    "sender_name_has_digits",
    "recipient_name_has_digits",
    "sender_phone_is_foreign",
    "recipient_phone_is_foreign",
    "sender_mail_is_free",
    "parties_share_a_name",
    "parties_share_contact",
    "recipient_is_locker",
    "recipient_is_po_box",
    "recipient_is_care_of",
    "recipient_is_lodging",
)
_COUNTED = ("sender_n_name_words", "recipient_n_name_words", "sender_n_address_parts", "recipient_n_address_parts")
# Features that hand on a fact which was derived at intake.
_HANDED_ON: list[Case] = [
    *((name, {name: flag}, float(flag)) for flag in (True, False) for name in _PASSED),
    *((name, {}, None) for name in ("sender_is_organisation", "sender_phone_is_foreign", "parties_share_contact")),
    *((name, {name: 3}, 3.0) for name in _COUNTED),
    ("sender_mail_names_sender", {"sender_mail_names_party": True}, 1.0),
    ("sender_mail_names_sender", {}, None),
]

_CONTENTS: list[Case] = [
    ("declared_value_per_piece", _VALUE | {"n_pieces": 3}, 8.0),
    ("declared_value_per_piece", _VALUE | {"n_pieces": 0}, None),
    ("main_piece_value_share", _VALUE | {"main_piece_value_eur_cents": 1_800}, 0.75),
    ("main_piece_value_share", {}, None),
    ("value_is_round", {"declared_value_eur_cents": 1_500}, 1.0),
    ("value_is_round", _VALUE, 0.0),
    ("value_is_round", {}, None),
    ("value_against_duty_limit", {"declared_value_eur_cents": 7_500}, 0.5),
    ("value_against_duty_limit", {}, None),
    ("value_just_below_duty_limit", {"declared_value_eur_cents": 14_900}, 1.0),
    ("value_just_below_duty_limit", {"declared_value_eur_cents": 15_100}, 0.0),
    ("value_just_below_duty_limit", {"declared_value_eur_cents": 13_000}, 0.0),
    ("gift_above_allowance", {"category": "gift", "declared_value_eur_cents": 4_600}, 1.0),
    ("gift_above_allowance", {"category": "gift", "declared_value_eur_cents": 4_500}, 0.0),
    ("gift_above_allowance", {"category": "sale"}, 0.0),
    ("gift_above_allowance", {"category": "gift"}, None),
    ("net_weight_per_unit_g", {"net_weight_g": 300, "n_units": 4}, 75.0),
    ("net_weight_per_unit_g", {"n_units": 4}, None),
    ("n_units", {"n_units": 4}, 4.0),
    ("pieces_alike_share", {"n_pieces": 4, "n_descriptions": 1}, 0.75),
    ("pieces_alike_share", {"n_pieces": 4, "n_descriptions": 0}, None),
    ("hs_digits", {"hs_code": "61091000"}, 8.0),
    ("hs_digits", {}, None),
    ("hs_is_residual", {"hs_code": "610990"}, 1.0),
    ("hs_is_residual", {"hs_code": "392690"}, 1.0),
    ("hs_is_residual", {"hs_code": "610910"}, 0.0),
    ("hs_is_residual", {}, None),
    ("hs_chapter_is_controlled", {"hs_code": "300490"}, 1.0),
    ("hs_chapter_is_controlled", {"hs_code": "610910"}, 0.0),
    ("hs_chapter_is_controlled", {}, None),
    ("pieces_with_hs_share", {"n_pieces": 4, "n_pieces_with_hs": 1}, 0.25),
    ("pieces_with_hs_share", {"n_pieces": 0}, None),
    ("n_hs_chapters", {"n_hs_chapters": 2}, 2.0),
    ("n_goods_origins", {"n_goods_origins": 2}, 2.0),
]

_WORDING: list[Case] = [
    ("description_n_words", _text("cotton t-shirt, blue"), 4.0),
    ("description_n_words", {}, None),
    ("description_word_length", _text("tea set"), 3.0),
    ("description_word_length", _text("..."), None),
    ("description_digits_share", _text("ab12"), 0.5),
    ("description_digits_share", {}, None),
    ("description_capitals_share", _text("TEa x"), 0.5),
    ("description_capitals_share", _text("чай"), None),
    ("description_is_usual_cover", _text("2 bath salts"), 1.0),
    ("description_is_usual_cover", _text("teapot"), 0.0),
    ("description_is_usual_cover", {}, None),
    ("description_has_model_number", _text("case for SM-G991B"), 1.0),
    ("description_has_model_number", _text("case for phone 12"), 0.0),
    ("riskiest_word_share", _text("cotton"), None),
    ("description_script", _text("Cotton"), float(SCRIPTS.index("Latin"))),
    ("description_script", _text("čaj"), float(SCRIPTS.index("Latin"))),
    ("description_script", _text("Чай tea"), float(SCRIPTS.index("Cyrillic"))),
    ("description_script", _text("τσάι"), float(SCRIPTS.index("Greek"))),
    ("description_script", _text("茶"), float(SCRIPTS.index("Chinese or Japanese"))),
    ("description_script", _text("차"), float(SCRIPTS.index("Korean"))),
    ("description_script", _text("شاي"), float(SCRIPTS.index("Arabic"))),
    ("description_script", _text("चाय"), float(SCRIPTS.index("another script"))),
    ("description_script", _text("12-3"), float(SCRIPTS.index("no letters"))),
    ("description_script", {}, None),
    *(
        ("description_language", _text(text), float(LANGUAGES.index(language)))
        for text, language in (
            ("shirt for women", "English"),
            ("Hemd aus Baumwolle", "German"),
            ("sac et livre", "French"),
            ("libro para niños", "Spanish"),
            ("maglietta di cotone", "Italian"),
            ("boek voor een kind", "Dutch"),
            ("książka dla dzieci", "Polish"),
            ("tričko pro děti", "Czech"),
            ("xyzzy", "another language"),
        )
    ),
    ("description_language", {}, None),
]

_PACKING: list[Case] = [
    ("volume_l", _SIDES, 1.25),
    ("volume_l", _SIDES | {"width_mm": None}, None),
    ("shortest_side_mm", _SIDES, 50.0),
    ("shortest_side_mm", {}, None),
    ("girth_mm", _SIDES, 550.0),
    ("girth_mm", {"length_mm": 250}, None),
    ("flatness_share", _SIDES, 0.2),
    ("flatness_share", {}, None),
    ("sides_are_round", _SIDES, 1.0),
    ("sides_are_round", _SIDES | {"height_mm": 42}, 0.0),
    ("sides_are_round", _SIDES | {"height_mm": None}, None),
    ("weight_is_exact", {"gross_weight_g": 401}, 1.0),
    ("weight_is_exact", {"gross_weight_g": 405}, 0.0),
    ("weight_is_exact", {}, None),
    ("packaging", {"packaging": "Box"}, 2.0),
    ("packaging", {"packaging": "crate"}, None),
    ("letter_is_too_large", {"stream": "letter", "gross_weight_g": 2_001}, 1.0),
    ("letter_is_too_large", {"stream": "letter"} | _WEIGHT | _SIDES, 0.0),
    ("letter_is_too_large", {"stream": "letter", "length_mm": 600, "width_mm": 200, "height_mm": 101}, 1.0),
    ("letter_is_too_large", {"stream": "ems", "gross_weight_g": 9_000}, 0.0),
    ("letter_is_too_large", {"stream": "letter"}, None),
    ("weight_is_measured", {"measured_weight_g": 400}, 1.0),
    ("weight_is_measured", {}, 0.0),
    (
        "measured_volume_excess",
        _SIDES | {"measured_length_mm": 250, "measured_width_mm": 100, "measured_height_mm": 100},
        1.0,
    ),
    ("measured_volume_excess", _SIDES, None),
    ("postage_eur", {"postage_eur_cents": 350}, 3.5),
    ("postage_eur", {}, None),
    ("dear_service_for_cheap_goods", {"stream": "ems", "declared_value_eur_cents": 1_999}, 1.0),
    ("dear_service_for_cheap_goods", {"stream": "ems", "declared_value_eur_cents": 2_000}, 0.0),
    ("dear_service_for_cheap_goods", {"stream": "letter"}, 0.0),
    ("dear_service_for_cheap_goods", {"stream": "ems"}, None),
    ("postage_is_anonymous", {"postage_paid_by": "Cash"}, 1.0),
    ("postage_is_anonymous", {"postage_paid_by": "account"}, 0.0),
    ("postage_is_anonymous", {}, None),
    ("is_insured", {"insured_value_eur_cents": 100}, 1.0),
    ("is_insured", {}, 0.0),
    ("insured_per_value", _VALUE | {"insured_value_eur_cents": 4_800}, 2.0),
    ("insured_per_value", _VALUE, None),
]

_ROUTE: list[Case] = [
    ("sender_country", {"sender_country": "SG"}, float(COUNTRIES.index("SG"))),
    ("sender_country", {}, None),
    ("recipient_country", {"recipient_country": "DE"}, float(COUNTRIES.index("DE"))),
    ("s10_country_differs_from_sender", {"parcel_id": "RB473124829US", "sender_country": "US"}, 0.0),
    ("s10_country_differs_from_sender", {"parcel_id": "RB473124829US", "sender_country": "CN"}, 1.0),
    ("s10_country_differs_from_sender", {"parcel_id": "X-1", "sender_country": "CN"}, None),
    ("s10_service", {"parcel_id": "EE473124829US"}, 0.0),
    ("s10_service", {"parcel_id": "X-1"}, None),
    ("service_contradicts_stream", {"parcel_id": "EE473124829US", "stream": "letter"}, 1.0),
    ("service_contradicts_stream", {"parcel_id": "EE473124829US", "stream": "ems"}, 0.0),
    ("service_contradicts_stream", {"parcel_id": "LX473124829US", "stream": "ems"}, None),
    ("office_country_differs", {"origin_office": "SGSINA", "dispatch_country": "CN"}, 1.0),
    ("office_country_differs", {"origin_office": "SGSINA", "dispatch_country": "SG"}, 0.0),
    ("office_country_differs", {"dispatch_country": "SG"}, None),
    ("destination_office_differs", {"destination_office": "DEFRAA", "recipient_country": "AT"}, 1.0),
    ("destination_office_differs", {"destination_office": "DEFRAA"}, None),
    ("goods_origin_differs_from_sender", {"goods_origin_country": "IN", "sender_country": "SG"}, 1.0),
    ("goods_origin_differs_from_sender", {"sender_country": "SG"}, None),
    ("transit_hides_origin", {"sender_country": "IN", "goods_origin_country": "IN", "dispatch_country": "SG"}, 1.0),
    ("transit_hides_origin", {"sender_country": "SG", "dispatch_country": "SG"}, 0.0),
    ("transit_hides_origin", {"sender_country": "IN", "dispatch_country": "SG"}, None),
    (
        "n_countries",
        {"sender_country": "IN", "goods_origin_country": "IN", "dispatch_country": "SG", "origin_office": "SGSINA"},
        2.0,
    ),
    ("n_countries", {"parcel_id": "X-1"}, 0.0),
    ("is_consolidated", {"master_bill": "020-1"}, 1.0),
    ("is_consolidated", {}, 0.0),
    ("receptacle_is_known", {"receptacle_id": "USORDADEFRAAAUN60001001000021"}, 1.0),
    ("receptacle_is_known", {}, 0.0),
]

_PARTIES: list[Case] = [
    ("firm_with_free_mail", {"sender_is_organisation": True, "sender_mail_is_free": True}, 1.0),
    ("firm_with_free_mail", {"sender_is_organisation": False}, 0.0),
    ("firm_with_free_mail", {"sender_is_organisation": True}, None),
    ("gift_from_organisation", {"category": "gift", "sender_is_organisation": True}, 1.0),
    ("gift_from_organisation", {"category": "sale"}, 0.0),
    ("gift_from_organisation", {"category": "gift"}, None),
    ("names_hide_marks", {"sender_has_hidden_marks": False, "recipient_has_hidden_marks": True}, 1.0),
    ("names_hide_marks", {"sender_has_hidden_marks": False, "recipient_has_hidden_marks": False}, 0.0),
    ("names_mix_scripts", {"sender_mixes_scripts": True, "recipient_mixes_scripts": False}, 1.0),
    ("names_mix_scripts", {"sender_mixes_scripts": False, "recipient_mixes_scripts": False}, 0.0),
    ("marketplace_is_named", {"marketplace": "bazaar"}, 1.0),
    ("marketplace_is_named", {}, 0.0),
]

_TIMES: list[Case] = [
    ("weekday", {"known_at": MORNING}, 0.0),
    ("lodged_at_night", {"known_at": MORNING}, 0.0),
    ("lodged_at_night", {"known_at": MORNING.replace(hour=23)}, 1.0),
    ("lodged_at_night", {"known_at": MORNING.replace(hour=4)}, 1.0),
    ("posted_weekday", {"posted_at": _MIDNIGHT}, 6.0),
    ("posted_weekday", {}, None),
    ("posted_without_hour", {"posted_at": _MIDNIGHT}, 1.0),
    ("posted_without_hour", {"posted_at": MORNING}, 0.0),
    ("posted_without_hour", {}, None),
    ("transit_time_h", {"posted_at": MORNING, "due_at": MORNING + timedelta(days=2)}, 48.0),
    ("transit_time_h", {"posted_at": MORNING}, None),
    ("lodged_after_arrival", {"lodged_at": MORNING, "due_at": MORNING - timedelta(hours=1)}, 1.0),
    ("lodged_after_arrival", {"lodged_at": MORNING, "due_at": MORNING}, 0.0),
    ("lodged_after_arrival", {"lodged_at": MORNING}, None),
]

_FLAGS = {
    "contents_are_missing": "contents_missing",
    "value_is_missing": "value_missing",
    "currency_is_assumed": "currency_assumed",
    "weight_is_missing": "weight_missing",
    "net_weight_exceeds_gross": "net_above_gross",
    "check_digit_is_wrong": "s10_check_digit",
}
_QUALITY: list[Case] = [
    ("fields_given_share", {"stream": "ems", "hs_code": "610910"}, 2 / 17),
    *((name, {"quality_flags": [flag]}, 1.0) for name, flag in _FLAGS.items()),
    *((name, {"quality_flags": ["lodged_late"]}, 0.0) for name in _FLAGS),
    *((name, {}, 0.0) for name in _FLAGS),
]

_REGIMES: list[Case] = [
    ("tax_rate_percent", {"tax_rate_bp": 1900}, 19.0),
    ("tax_rate_percent", {"tax_rate_bp": 0}, 0.0),
    ("tax_rate_percent", {}, None),
    *((f"{field.name}_code", {field.name: "11"}, 11.0) for field in CATEGORY_FIELDS),
    *((f"{field.name}_code", {field.name: "FEU1"}, 100.0 + crc32(b"feu1") % 900) for field in CATEGORY_FIELDS),
    *((f"{field.name}_code", {}, None) for field in CATEGORY_FIELDS),
]

MORE_CASES: list[Case] = [
    *_REGIMES,
    *_HANDED_ON,
    *_CONTENTS,
    *_WORDING,
    *_PACKING,
    *_ROUTE,
    *_PARTIES,
    *_TIMES,
    *_QUALITY,
]
