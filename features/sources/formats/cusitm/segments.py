"""Which segment of a CUSITM-like message carries which field of the record: one table for reading and writing.

The message itself is licensed and not public; the choice of segments and qualifiers is our own, after the directory
D.00A where that has a fitting one. A path is the tag and qualifier of a segment, as in ``MOA.64``.
"""

from __future__ import annotations

from features.sources.columns.cells import PARCEL, PIECE
from features.sources.columns.message_fields import CATEGORY_CODES, MessageField, message_field

_PARCEL = (
    ("RFF.AAO", "parcel_id"),
    ("RFF.AEP", "version"),
    ("RFF.ACW", "function"),
    ("RFF.MS", "manifest_id"),
    ("RFF.ON", "order_reference"),
    ("RFF.MKT", "marketplace"),
    ("RFF.ABT", "declarant_id"),
    ("RFF.SRN", "receptacle_id"),
    ("DTM.137", "lodged_at"),
    ("DTM.291", "posted_at"),
    ("DTM.132", "due_at"),
    ("LOC.5", "origin_office"),
    ("LOC.8", "destination_office"),
    ("LOC.13", "transit_offices"),
    ("LOC.35", "dispatch_country"),
    ("ATT.MC", "mail_class"),
    ("ATT.MS", "mail_subclass"),
    ("ATT.PK", "packaging"),
    ("ATT.PP", "postage_paid_by"),
    ("MEA.WT", "gross_weight_g"),
    ("MEA.MWT", "measured_weight_g"),
    ("MEA.LN", "length_mm"),
    ("MEA.WD", "width_mm"),
    ("MEA.HT", "height_mm"),
    ("MOA.64", "postage_cents"),
    ("MOA.64.currency", "postage_currency"),
    ("MOA.67", "insured_value_cents"),
    ("MOA.67.currency", "insured_currency"),
)
_PARTY = (
    ("account", "account"),
    ("name", "name"),
    ("street", "street"),
    ("number", "number"),
    ("additional", "additional"),
    ("po_box", "po_box"),
    ("city", "city"),
    ("subdivision", "subdivision"),
    ("postcode", "postcode"),
    ("country", "country"),
    ("TE", "phone"),
    ("EM", "email"),
    ("VA", "tax_id"),
)


def _unit(path: str) -> str | None:
    return f"{path}.unit" if path.startswith("MEA") else None


_ROLES = {"CZ": "sender", "CN": "recipient"}
FIELDS: tuple[MessageField, ...] = (
    *(message_field(path, PARCEL[name], unit_path=_unit(path)) for path, name in _PARCEL),
    message_field("GIS", PARCEL["category"], codes={**CATEGORY_CODES, "991": "other"}),
    *(
        message_field(f"NAD.{code}.{path}", PARCEL[f"{role}_{name}"])
        for code, role in _ROLES.items()
        for path, name in _PARTY
    ),
)
PIECES: tuple[MessageField, ...] = tuple(
    message_field(path, PIECE[name], unit_path=_unit(path))
    for path, name in (
        ("FTX.AAA", "description"),
        ("QTY.1", "quantity"),
        ("MEA.AAF", "net_weight_g"),
        ("MOA.66", "value_cents"),
        ("MOA.66.currency", "currency"),
        ("PIA.HS", "hs_code"),
        ("LOC.27", "origin_country"),
    )
)
