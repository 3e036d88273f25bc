"""The seizure form, written once: what a finding was, in coded values, entered once and exported to whoever asks.

It holds no name and no free text about persons: a substance, amounts, codes and countries. One parcel may have several
entries, one for each substance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from features.parcel.field import COUNTRY, MAX_CENTS
from features.parcel.fields import OUTCOME_FIELDS, Field, Kind, Quantity
from features.parcel.problems import Rejection

UNITS = ("g", "ml", "tablets", "items", "plants", "blotters")
"""Units of a quantity; grams and millilitres are whole, rounded up, so that nothing is lost to zero."""
FORMS = ("powder", "crystals", "tablets", "capsules", "herbal", "resin", "liquid", "blotter", "edible", "seeds")
HIDING_PLACES = ("none", "in_goods", "in_packing", "in_food", "in_electronics", "in_documents", "in_liquid", "on_paper")
IDENTIFIED_BY = ("laboratory", "presumptive_test", "appearance", "label")
STATUSES = ("seized", "detained", "destroyed", "delivered_under_control", "returned")
_AS_IN_OUTCOMES = {field.name: field for field in OUTCOME_FIELDS}
OTHER = "other"


def _choice(name: str, says: str, choices: tuple[str, ...], example: str, *, required: bool = False) -> Field:
    return Field(name=name, says=says, choices=choices, max_length=30, example=example, required=required)


def _country(name: str, says: str, example: str) -> Field:
    return Field(name=name, says=says, pattern=COUNTRY, max_length=2, example=example)


SEIZURE_FIELDS: tuple[Field, ...] = (
    replace(_AS_IN_OUTCOMES["parcel_id"], says="The parcel in which it was."),
    _AS_IN_OUTCOMES["operator"],
    replace(_AS_IN_OUTCOMES["finding_class"], required=True, example="synthetic"),
    Field(
        name="substance",
        says="Name of the substance or the goods, never of a person.",
        required=True,
        max_length=120,
        pattern=r"[A-Za-z0-9Α-Ωα-ω][A-Za-z0-9Α-Ωα-ω ,.'()\[\]+/-]*",
        example="3-MMC",
    ),
    Field(
        name="cas",
        says="CAS number of the substance.",
        pattern=r"[0-9]{2,7}-[0-9]{2}-[0-9]",
        max_length=12,
        example="1246816-62-5",
    ),
    _choice("identified_by", "What says which substance it is.", IDENTIFIED_BY, "laboratory", required=True),
    Field(
        name="quantity",
        says="How much of it there was, in `unit`.",
        kind=Kind.INTEGER,
        required=True,
        minimum=1,
        maximum=1_000_000_000,
        example=250,
    ),
    _choice("unit", "Unit of the quantity.", UNITS, "g", required=True),
    Field(
        name="purity_bp",
        says="Share of the active substance by weight.",
        kind=Kind.INTEGER,
        quantity=Quantity.RATE,
        minimum=0,
        maximum=10_000,
        example=8200,
    ),
    _choice("form", "Physical form.", (*FORMS, OTHER), "crystals", required=True),
    _choice("hiding_place", "Where it was hidden.", (*HIDING_PLACES, OTHER), "in_goods", required=True),
    _country("departure_country", "Country where the goods left; left out: where the parcel was dispatched.", "NL"),
    _country("transit_country", "Country through which they came.", "DE"),
    _country("destination_country", "Country of destination; left out: that of the recipient.", "FI"),
    replace(_AS_IN_OUTCOMES["method"], says="Method that found it; left out: that of the finding on record."),
    Field(
        name="value_cents",
        says="Estimated value in euro, as the office's own price list says.",
        kind=Kind.INTEGER,
        quantity=Quantity.MONEY,
        minimum=0,
        maximum=MAX_CENTS,
        example=500_000,
    ),
    _choice("status", "What was done with it.", STATUSES, "seized", required=True),
    replace(
        _AS_IN_OUTCOMES["station"],
        name="report",
        says="Number of the laboratory's or the office's report.",
        example="L-7",
    ),
)
"""Fields of the form; docs, API, page and command are made from them."""
FROM_PARCEL = {"departure_country": "dispatch_country", "destination_country": "recipient_country"}
"""Fields that are filled from the declaration where the form leaves them out."""
_FORM_UNITS = {"tablets": ("tablets", "g", "items"), "liquid": ("ml", "g"), "blotter": ("blotters", "g", "items")}


def contradiction_in(row: Mapping[str, Any], line: int = 1) -> Rejection | None:
    """What two fields of the form say against each other; None when they agree."""
    fitting = _FORM_UNITS.get(row["form"])
    if fitting is not None and row["unit"] not in fitting:
        return _refused(line, "unit", f"it does not fit the form {row['form']}.", f"Give {' or '.join(fitting)}.")
    if row.get("cas") is not None and not is_cas(row["cas"]):
        return _refused(line, "cas", "its check digit is wrong.", "Compare it with the report, or leave it out.")
    if row.get("purity_bp") is not None and row["identified_by"] != "laboratory":
        return _refused(line, "purity_bp", "only a laboratory measures it.", "Leave it out until the report is there.")
    return None


def is_cas(number: str) -> bool:
    """Whether the check digit of a CAS number is right: the sum of the digits by their position from the right."""
    *digits, check = (int(one) for one in number if one.isdigit())
    return sum(n * digit for n, digit in enumerate(reversed(digits), start=1)) % 10 == check


def _refused(line: int, field: str, reason: str, remedy: str) -> Rejection:
    return Rejection(line=line, field=field, code="contradiction", reason=reason, remedy=remedy)
