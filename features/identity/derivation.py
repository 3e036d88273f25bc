"""Turn parties, places and goods into keys, and personal text into facts that are not personal.

This is the only place where clear personal data are read. What it returns may be written to the event log: entity keys
and a few facts. Erasing the clear data later therefore changes no replay.
"""

from __future__ import annotations

import polars as pl

from features.identity.facts import FACTS_SCHEMA, facts
from features.identity.keys import KEYS, IdentityKey
from features.identity.parties import party_texts, tidied
from features.identity.things import thing_texts
from features.parcel.fields import PARCEL_FIELDS
from features.parcel.goods import GOODS_SCHEMA, goods
from features.parcel.reference import Reference

PERSONAL = tuple(field.name for field in PARCEL_FIELDS if field.personal)
DERIVED_SCHEMA = pl.Schema({**dict.fromkeys(KEYS, pl.Int64()), **FACTS_SCHEMA, **GOODS_SCHEMA})


def derive(parcels: pl.DataFrame, key: IdentityKey, *, reference: Reference) -> pl.DataFrame:
    """Replace the personal columns of validated `parcels` by what may be kept; values at the rates of `reference`.

    Returns
    -------
    pl.DataFrame
        The columns that are not personal, followed by those of ``DERIVED_SCHEMA``; same rows, same order.
    """
    flat = parcels.hstack(goods(parcels, reference=reference))
    flat = flat.hstack(tidied(flat))
    texts = flat.select(text.alias(f"{kind}_key") for kind, text in {**party_texts(), **thing_texts()}.items())
    keys = [key.column(name.removesuffix("_key"), texts[name]) for name in KEYS]
    derived = flat.select(*facts(), *GOODS_SCHEMA.names())
    return parcels.drop(PERSONAL).hstack(keys).hstack(derived)
