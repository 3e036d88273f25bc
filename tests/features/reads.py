"""Which fields of the record each feature reads: by its parameters, the keys of its entities, and the derivation.

Features name what they read. What the derivation makes of a field stands in ``DERIVED``, which `test_reads` holds
against the derivation itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from features.catalogue import THEMES, catalogue
from features.compiled.source import parameters
from features.declared import across, history
from features.declared.declare import AcrossPart, Feature
from features.facts.columns import FLAGS, GIVEN, KNOWN_AT, NUMBERS, TEXTS, TIMES
from features.history import ENTITIES, Entity
from features.parcel.fields import PARCEL_FIELDS, PIECE_FIELDS
from features.words import FEATURE as WORD

_OF_PARTY = {
    "name": "key loose_key name_key is_organisation has_hidden_marks mixes_scripts name_has_digits mail_names_party "
    "n_name_words",
    "street": "key loose_key has_hidden_marks mixes_scripts n_address_parts",
    "number": "key loose_key n_address_parts",
    "postcode": "key loose_key n_address_parts",
    "city": "key loose_key has_hidden_marks mixes_scripts n_address_parts",
    "country": "country key loose_key name_key phone_is_foreign n_address_parts",
    "additional": "key loose_key",
    "po_box": "key loose_key",
    "phone": "has_contact phone_is_foreign",
    "email": "has_contact mail_is_free mail_names_party",
    "tax_id": "key has_tax_number",
    "account": "key",
}
_OF_BOTH = {
    "name": "parties_share_a_name",
    "phone": "parties_share_contact",
    "email": "parties_share_contact",
    "country": "parties_share_contact",
}
_OF_DELIVERY = dict.fromkeys(
    ("name", "street", "number", "additional", "po_box", "postcode", "city", "country"),
    "address_key recipient_is_po_box recipient_is_locker recipient_is_care_of recipient_is_lodging",
)
_ROUTE = "lane_key office_key country_key look_alike_key"
_WARES = "commodity_key chapter_key look_alike_key wording_key"
_WORTH = "declared_value_eur_cents main_piece_value_eur_cents hs_code goods_origin_country"
DERIVED: dict[str, str] = {
    **{f"sender_{part}": " ".join(f"sender_{one}" for one in names.split()) for part, names in _OF_PARTY.items()},
    **{f"recipient_{part}": " ".join(f"recipient_{one}" for one in names.split()) for part, names in _OF_PARTY.items()},
    "operator": "operator operator_key number_block_key sender_key recipient_key",
    "origin_office": f"origin_office {_ROUTE}",
    "dispatch_country": f"dispatch_country {_ROUTE}",
    "destination_office": "destination_office lane_key",
    "tax_regime": "tax_regime look_alike_key",
    "tax_rate_bp": "tax_rate_bp look_alike_key",
    "gross_weight_g": "gross_weight_g look_alike_key",
    "order_reference": "has_order_reference",
    "postage_cents": "postage_cents postage_eur_cents",
    "postage_currency": "postage_currency postage_eur_cents",
    "insured_value_cents": "insured_value_cents insured_value_eur_cents",
    "insured_currency": "insured_currency insured_value_eur_cents",
    "description": f"description n_descriptions {_WARES}",
    "quantity": "n_units",
    "net_weight_g": "net_weight_g",
    # The main piece is the most valuable one: its code and origin stand for the parcel.
    "value_cents": f"{_WORTH} {_WARES}",
    "currency": f"{_WORTH} {_WARES}",
    "hs_code": f"hs_code n_pieces_with_hs n_hs_chapters {_WARES}",
    "origin_country": f"goods_origin_country n_goods_origins {_WARES}",
}
"""Columns of the log that are made of each field; a field that is not named is a column itself."""
_ALSO = {
    "sender_country": f"contact_key {_ROUTE}",
    "sender_phone": "contact_key",
    "sender_email": "contact_key",
    "recipient_country": "lane_key recipient_postcode_region",
    "recipient_postcode": "recipient_postcode_region",
}


def columns_made_of(field: str) -> frozenset[str]:
    """Columns of the log that are made of a field of the record, or of a piece."""
    role, _, part = field.partition("_")
    columns = DERIVED.get(field, field).split()
    if role in ("sender", "recipient"):
        columns += _OF_BOTH.get(part, "").split()
        columns += _OF_DELIVERY.get(part, "").split() if role == "recipient" else []
    return frozenset((*columns, *_ALSO.get(field, "").split()))


FIELDS = tuple(field.name for field in (*PARCEL_FIELDS, *PIECE_FIELDS))
_COLUMN_OF = {
    **{name: name for name in NUMBERS},
    **{f"{name}_is_given": name for name in GIVEN},
    **{f"{name}_us": name for name in TIMES},
    **{name: one.column for one in (*TEXTS, FLAGS) for name in one.names},
    KNOWN_AT: "known_at",
}
_ENTITY = {entity.name: entity for entity in ENTITIES}


@cache
def columns_read() -> dict[str, frozenset[str]]:
    """Columns of the log that each feature of the catalogue reads of the parcel itself."""
    declared = [one for theme in THEMES for one in vars(theme).values() if isinstance(one, Feature)]
    read = {one.name: _facts(one) for one in declared}
    parts = {one.name: one for one in history.all_parts()}
    for entity in ENTITIES:
        for name in history.parts_of(entity):
            read[f"{entity.name}_{name}"] = _keys(entity) | _of(parameters(parts[name].function))
    for one in (part for part in vars(across).values() if isinstance(part, AcrossPart)):
        read[one.feature.name] = _of(parameters(one.function))
    read[WORD] = frozenset({"description"})
    return {name: read[name] for name in catalogue().names}


def _facts(one: Feature) -> frozenset[str]:
    return _of(parameters(one.function)) if one.function is not None else frozenset()


def _of(names: Iterable[str]) -> frozenset[str]:
    columns: set[str] = set()
    for name in names:
        if name in _COLUMN_OF:
            columns.add(_COLUMN_OF[name])
        else:  # what is known of an entity, by its name where several are read
            columns |= {column for word, one in _ENTITY.items() if name.startswith(f"{word}_") for column in _keys(one)}
    return frozenset(columns)


def _keys(entity: Entity) -> frozenset[str]:
    """Keys of an entity and of its parents, towards whose shares its own are drawn."""
    return frozenset(entity.columns) | (_keys(_ENTITY[entity.parent]) if entity.parent else frozenset())
