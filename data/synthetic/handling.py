"""What happens to mail on its way: letters that nobody declares, and posts that do not present all that is asked for.

A world whose scenario has no table ``handling`` knows nothing of it and stays as it was.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from data.synthetic.drafts import Drafts
from data.synthetic.drawing import Flags, Floats, Ints
from data.synthetic.pools import known_countries
from data.synthetic.settings import Handling, Scenario
from features.parcel.fields import STREAMS
from features.parcel.schema import PARCEL_SCHEMA, TIME
from features.parcel.undeclared import UNDECLARED, issued_number, parcel_facts

_LETTER = STREAMS.index("letter")


def presented_shares(scenario: Scenario, dispatch: Ints) -> Floats | None:
    """Share of selected parcels that is presented, by country of dispatch; None where all posts are alike."""
    return None if scenario.handling is None else presented_by_country(scenario.handling)[dispatch]


def presented_by_country(handling: Handling) -> Floats:
    """Share of each of the `known_countries`, evenly between the ends."""
    return np.linspace(handling.presented_low, handling.presented_high, len(known_countries()))


def undeclared_drafts(scenario: Scenario, drafts: Drafts, rng: np.random.Generator) -> Flags:
    """Letters that come without a declaration, whatever is in them."""
    share = 0.0 if scenario.handling is None else scenario.handling.undeclared_letter_share
    return np.asarray((drafts.stream == _LETTER) & (rng.random(drafts.n) < share))


def in_transit(scenario: Scenario, parcels: pl.DataFrame, undeclared: Flags, rng: np.random.Generator) -> pl.DataFrame:
    """Parcels with a share of the declared ones on their way to a third country, to parties who send from there."""
    share = 0.0 if scenario.handling is None else scenario.handling.transit_share
    if share == 0.0:
        return parcels
    n = parcels.height
    other = rng.permutation(n)
    sent_by = parcels.select(f"sender_{part}" for part in _PARTS)[other].rename(lambda name: f"recipient_{name[7:]}")
    country = sent_by["recipient_country"]
    is_third = ~country.is_in(list(scenario.destinations)) & (country != parcels["sender_country"])
    moved = pl.Series((rng.random(n) < share) & ~undeclared) & is_third.fill_null(value=False)
    return parcels.with_columns(
        pl.when(moved).then(sent_by[name]).otherwise(parcels[name]).alias(name) for name in sent_by.columns
    )


_PARTS = ("name", "street", "number", "postcode", "city", "country", "phone", "email")


def as_observed(parcels: pl.DataFrame, undeclared: Flags, arrived_s: Ints) -> pl.DataFrame:
    """Parcels with the `undeclared` as the office enters them when they arrive: what their label shows, and no more."""
    if not undeclared.any():
        return parcels
    rows = parcels.filter(pl.Series(undeclared)).to_dicts()
    seen = [_observed(row, serial) for serial, row in enumerate(rows, start=1)]
    at = pl.Series(arrived_s[undeclared] * 1_000_000).cast(TIME)
    labels = pl.DataFrame(seen, schema=PARCEL_SCHEMA).with_columns(at.alias("lodged_at"))
    index = pl.Series("index", np.concatenate([np.flatnonzero(~undeclared), np.flatnonzero(undeclared)]))
    declared = parcels.filter(pl.Series(~undeclared)).select(PARCEL_SCHEMA.names())
    return pl.concat([declared, labels]).with_columns(index).sort("index").drop("index")


def _observed(row: dict[str, Any], serial: int) -> dict[str, Any]:
    """An item with a number of the office, because a letter without a declaration has none that can be scanned."""
    label = {
        "dispatch_country": row["dispatch_country"],
        "origin_office": row["origin_office"],
        "stream": row["stream"],
        "recipient_postcode": row["recipient_postcode"],
        "recipient_country": row["recipient_country"],
        "weight_g": row["gross_weight_g"],
        "sender": _written(row, "sender"),
        "recipient": _written(row, "recipient"),
    }
    blank = dict.fromkeys(PARCEL_SCHEMA.names())
    return {**blank, **parcel_facts(label), "parcel_id": issued_number(serial), "operator": UNDECLARED}


def _written(row: dict[str, Any], role: str) -> str:
    street = " ".join(row[f"{role}_{part}"] or "" for part in ("street", "number")).strip()
    place = " ".join(row[f"{role}_{part}"] or "" for part in ("postcode", "city")).strip()
    return "; ".join(part for part in (row[f"{role}_name"], street, place) if part)
