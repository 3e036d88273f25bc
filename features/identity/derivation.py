"""Turn parties, places and goods into keys, and personal text into facts that are not personal.

This is the only place where clear personal data are read. What it returns may be written to the event log: entity keys
and a few facts. Erasing the clear data later therefore changes no replay. One parcel and a million go through the same
functions of one party, one address, one text, each of which remembers its last answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from features.identity import delivery as addresses
from features.identity import parties
from features.identity.delivery import DeliveryFacts, delivery
from features.identity.keys import KEYS, IdentityKey
from features.identity.parties import PartyFacts, recipient, sender, share_a_name, share_contact
from features.identity.postcodes import postcode_of
from features.identity.things import REGIME, ROUTE, look_alike_key, number_block_key, regime, route, wares
from features.parcel.fields import PARCEL_FIELDS
from features.parcel.goods import GOODS_SCHEMA, SUMMED, goods_of, pieces_of
from features.parcel.reference import Reference

DERIVATION = 3
"""Version of what is made of a row here; every event notes it. Raise it when a key or a fact comes out otherwise."""
PERSONAL = tuple(field.name for field in PARCEL_FIELDS if field.personal)
_PERSONAL = frozenset(PERSONAL)
FACTS = (
    *(f"{role}_{name}" for role in ("sender", "recipient") for name in PartyFacts._fields),
    *(f"recipient_{name}" for name in DeliveryFacts._fields),
    "parties_share_a_name",
    "parties_share_contact",
    "has_order_reference",
    "recipient_postcode_region",
)
"""Facts that are derived from personal text once, at intake, and are not personal themselves."""
_COUNT, _REGION = "_n_", "recipient_postcode_region"
DERIVED_SCHEMA = pl.Schema(
    {
        **dict.fromkeys(KEYS, pl.Int64()),
        **{name: pl.Int64() if _COUNT in name else pl.Boolean() for name in FACTS},
        _REGION: pl.String(),
        **GOODS_SCHEMA,
    }
)
_NAMES = tuple(DERIVED_SCHEMA)
_READS = tuple(
    dict.fromkeys(
        (
            *(f"{role}_{part}" for role in ("sender", "recipient") for part in parties.PARTS),
            *(f"recipient_{part}" for part in addresses.PARTS),
            *ROUTE,
            *REGIME,
            *SUMMED,
            "parcel_id",
            "gross_weight_g",
            "order_reference",
        )
    )
)


def derived_row(
    row: Mapping[str, Any], key: IdentityKey, reference: Reference, values: Sequence[Any] | None = None
) -> dict[str, Any]:
    """Replace the personal fields of one validated parcel by what may be kept; values at the rates of `reference`.

    Parameters
    ----------
    row:
        A value for every name of ``PARCEL_SCHEMA``, None where it is not known; times are aware, ``pieces`` a list of
        mappings or None. Other names (``line``, ``quality_flags``) are kept as they are.
    values:
        What `derived_values` gave for it, where it was asked before.

    Returns
    -------
    dict[str, Any]
        The fields that are not personal, followed by those of ``DERIVED_SCHEMA``.
    """
    kept = {name: value for name, value in row.items() if name not in _PERSONAL}
    kept.update(zip(_NAMES, derived_values(row, key, reference) if values is None else values, strict=True))
    return kept


def with_goods(row: Mapping[str, Any], key: IdentityKey, reference: Reference) -> dict[str, Any]:
    """Row of `derived_row` with what is derived of its goods made anew, as when pieces are added to it."""
    goods = goods_of(row, reference)
    packed = wares(key, goods.hs_code, goods.goods_origin_country, goods.description, regime(row))
    keys = {
        "commodity_key": packed.commodity_key,
        "chapter_key": packed.chapter_key,
        "look_alike_key": look_alike_key(key, packed, route(row, key).country, row["gross_weight_g"]),
        "wording_key": packed.wording_key,
    }
    return {**row, **keys, **goods._asdict()}


def derive(parcels: pl.DataFrame, key: IdentityKey, *, reference: Reference) -> pl.DataFrame:
    """Replace the personal columns of validated `parcels` as `derived_row` does the fields of one.

    Returns
    -------
    pl.DataFrame
        The columns that are not personal, followed by those of ``DERIVED_SCHEMA``; same rows, same order.
    """
    columns = [pieces_of(parcels["pieces"]) if name == "pieces" else parcels[name].to_list() for name in _READS]
    rows = (dict(zip(_READS, row, strict=True)) for row in zip(*columns, strict=True))
    values = zip(*(derived_values(row, key, reference) for row in rows), strict=True)
    derived = (
        pl.Series(name, list(column), dtype=dtype)
        for column, (name, dtype) in zip(values, DERIVED_SCHEMA.items(), strict=True)
    )
    return parcels.drop(PERSONAL).hstack(list(derived) if parcels.height else pl.DataFrame(schema=DERIVED_SCHEMA))


def derived_values(row: Mapping[str, Any], key: IdentityKey, reference: Reference) -> tuple[Any, ...]:
    """Values of ``DERIVED_SCHEMA`` in their order, for a row as `derived_row` takes it.

    They depend neither on receptacle, version and function, nor on quality flags.
    """
    goods = goods_of(row, reference)
    sent_by, sent_to, address, way = sender(row, key), recipient(row, key), delivery(row, key), route(row, key)
    packed = wares(key, goods.hs_code, goods.goods_origin_country, goods.description, regime(row))
    postcode = postcode_of(row["recipient_postcode"], row["recipient_country"])
    return (
        sent_by.key,
        sent_by.contact_key,
        sent_to.key,
        address.key,
        way.lane_key,
        way.office_key,
        way.country_key,
        packed.commodity_key,
        packed.chapter_key,
        look_alike_key(key, packed, way.country, row["gross_weight_g"]),
        packed.wording_key,
        number_block_key(key, row["operator"], row["parcel_id"]),
        way.operator_key,
        sent_by.loose_key,
        sent_to.loose_key,
        sent_by.name_key,
        sent_to.name_key,
        *sent_by.facts,
        *sent_to.facts,
        *address.facts,
        share_a_name(sent_by, sent_to),
        share_contact(sent_by, sent_to),
        row["order_reference"] is not None,
        postcode[:2] or None,
        *goods,
    )
