"""Items that nobody declared: what their label says, and the numbers that an office issues for those without one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from features.parcel.field import Field, country
from features.parcel.fields import PARCEL_FIELDS, STREAMS

UNDECLARED = "undeclared"
"""Operator under which the log holds them; no client may have this name for its own."""
DIRECTIONS = ("import", "export", "transit", "intra_union", "domestic", "return", "redirection")
_OF_PARCELS = {field.name: field for field in PARCEL_FIELDS}
_LINES = re.compile(r"[\r\n]+|\s*;\s*")


def _as_written(role: str) -> Field:
    return Field(
        name=role,
        says=f"The {role} as written on the label: the name, then the address, one line or `;` between them.",
        max_length=300,
        is_prose=True,
        personal=True,
        example="Example Trading; Mill Lane 4; 60601",
    )


LABEL_FIELDS: tuple[Field, ...] = (
    replace(
        _OF_PARCELS["parcel_id"], required=False, says="Number on the item; left out where it has none: one is issued."
    ),
    Field(name="direction", says="Way of the item.", choices=DIRECTIONS, max_length=20, example="import"),
    _OF_PARCELS["dispatch_country"],
    replace(_OF_PARCELS["origin_office"], says="Office or hub that the label or the bag names."),
    Field(name="stream", says="Mail stream.", choices=STREAMS, max_length=10, example="letter"),
    replace(_OF_PARCELS["measured_weight_g"], name="weight_g", says="Weight as the office measured it.", example=18),
    replace(_OF_PARCELS["recipient_postcode"], says="Postcode of the destination."),
    country("recipient_country", "Country of the destination.", personal=True, example="DE"),
    _as_written("sender"),
    _as_written("recipient"),
    Field(
        name="posting_mark",
        says="Postmark, franking licence or other mark of posting.",
        max_length=70,
        is_prose=True,
        example="P.P. 8010",
    ),
)
"""The number, and up to ten facts of the label."""


def parcel_facts(label: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of the parcel record that a label fills; nothing of it is declared.

    The weight is a measured one, and the address of a party is one text, as older messages give it.
    """
    facts = {name: label[name] for name in ("dispatch_country", "origin_office", "stream", "recipient_postcode")}
    facts |= {"recipient_country": label["recipient_country"], "measured_weight_g": label["weight_g"]}
    for role in ("sender", "recipient"):
        name, *address = [line.strip() for line in _LINES.split(label[role] or "") if line.strip()] or [None]
        facts |= {f"{role}_name": name, f"{role}_street": ", ".join(address) or None}
    return facts


def issued_number(serial: int) -> str:
    """Number that the office issues: ``OBS``, nine digits, and a check digit as GS1 has it."""
    digits = f"{serial:09d}"
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return f"OBS{digits}{-total % 10}"
