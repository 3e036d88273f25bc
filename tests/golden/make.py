"""Write the golden log into the package and the feature rows computed from it beside this file: `make golden`.

The fingerprints of features are computed from the golden log. Parcels may be appended to it; a change of those that are
there makes every bundle unusable.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from features.catalogue import catalogue, golden_log
from features.history import Engine
from features.identity import IdentityKey, derive
from features.log import SUBJECT_SCHEMA, assemble
from features.parcel.reference import shipped_reference
from features.parcel.schema import LINE, OUTCOME_SCHEMA, PARCEL_SCHEMA, conform
from features.parcel.validation import validate_parcels
from features.replay import feature_rows

HERE = Path(__file__).parent
LOG = HERE.parent.parent / "features" / "golden_log.ndjson"
ROWS = HERE / "feature_rows.csv"
START = datetime(2026, 3, 1, 6, 30, tzinfo=UTC)

_TSHIRT: dict[str, Any] = {
    "description": "Cotton t-shirt",
    "quantity": 2,
    "net_weight_g": 300,
    "value_cents": 2400,
    "currency": "EUR",
    "hs_code": "610910",
    "origin_country": "IN",
}
_GIFT: dict[str, Any] = {"description": "gift", "quantity": 1, "value_cents": 500, "currency": "USD"}
_TEA: dict[str, Any] = {"description": "Travní čaj", "value_cents": 1999, "hs_code": "09022000", "origin_country": "CN"}

_SHOP: dict[str, Any] = {
    "operator": "post-a",
    "stream": "letter",
    "category": "sale",
    "sender_name": "Example Trading Ltd",
    "sender_street": "Mill Lane",
    "sender_postcode": "400001",
    "sender_country": "IN",
    "dispatch_country": "IN",
    "origin_office": "INBOMA",
    "destination_office": "DEFRAA",
    "recipient_name": "Anna Muster",
    "recipient_street": "Ring Road",
    "recipient_number": "7",
    "recipient_postcode": "10115",
    "recipient_city": "Berlin",
    "recipient_country": "DE",
    "recipient_phone": "+4930123456",
    "gross_weight_g": 340,
    "postage_cents": 350,
    "length_mm": 250,
    "width_mm": 180,
    "height_mm": 40,
    "order_reference": "PO-1",
}
_PRIVATE: dict[str, Any] = {
    **_SHOP,
    "sender_name": "Li, Wei",
    "sender_country": "SG",
    "dispatch_country": "PL",
    "category": "sale",
    "recipient_name": "c/o Otto Beispiel",
    "recipient_street": "Packstation 101",
    "recipient_number": None,
    "recipient_phone": None,
    "order_reference": None,
    "gross_weight_g": 500,
    "measured_weight_g": 650,
    "transit_offices": "NLAMSA DELEJA",
    "length_mm": None,
    "stream": "ems",
}
_BARE: dict[str, Any] = {"operator": "courier-b"}


def golden_parcels() -> pl.DataFrame:
    """Parcels that between them meet every branch of every feature."""
    rows: list[dict[str, Any]] = []

    def lodge(hours: float, parcel_id: str, base: dict[str, Any], *pieces: dict[str, Any], **changes: Any) -> None:
        lodged = START + timedelta(hours=hours)
        times = {"lodged_at": lodged, "posted_at": lodged - timedelta(hours=9), "due_at": lodged + timedelta(days=2)}
        rows.append({**base, **times, "parcel_id": parcel_id, "pieces": list(pieces) or None, **changes})

    for place in range(8):
        lodge(20.0 * place, f"LX{place:08d}0IN", _SHOP, _TSHIRT, recipient_name=f"Recipient {place % 3}")
    for place in range(6):
        lodge(100 + 0.4 * place, f"P-{place}", _PRIVATE, _GIFT, sender_name=("Li, Wei", "WEI LI", "Ван Ли")[place % 3])
    lodge(400, "RB473124829US", _SHOP, _TEA, _TSHIRT, sender_account="A-1", insured_value_cents=9900)
    lodge(401, "B-1", _BARE, posted_at=None, due_at=None)
    lodge(402, "B-2", _BARE, {"description": "spare parts for a bicycle"}, category="gift", recipient_po_box="PO 12")
    lodge(2900, "LX999999999IN", _SHOP, _TSHIRT, recipient_name="Recipient 1", due_at=START)
    for place in range(19):
        shared = {
            "sender_account": "PLATFORM",
            "sender_name": f"Shop {chr(65 + place)}",
            "sender_phone": "+919812345678",
        }
        lodge(2910 + place, f"H-{place}", _SHOP, _TSHIRT, **shared)
    return conform(pl.DataFrame(rows, infer_schema_length=None), PARCEL_SCHEMA).drop(LINE)


def golden_outcomes() -> pl.DataFrame:
    """Outcomes of some of them, known days later."""
    rows = [
        {
            "parcel_id": "LX000000000IN",
            "result": "nothing_found",
            "known_at": START + timedelta(days=3),
            "cause": "random",
        },
        {
            "parcel_id": "LX000000010IN",
            "result": "not_presented",
            "known_at": START + timedelta(days=4),
            "cause": "rule",
        },
        {"parcel_id": "P-0", "result": "found", "known_at": START + timedelta(hours=101), "cause": "score"},
        {"parcel_id": "P-1", "result": "found", "known_at": START + timedelta(hours=101.5), "cause": "random"},
    ]
    return conform(pl.DataFrame(rows), OUTCOME_SCHEMA)


def feature_table() -> pl.DataFrame:
    """Feature rows of the golden log, one column per parcel: a change is one line of a diff."""
    log = golden_log()
    rows = feature_rows(log, Engine())
    ids = log.filter(pl.col("kind") == "parcel")["parcel_id"].to_list()
    columns = {parcel_id: rows.values[place] for place, parcel_id in enumerate(ids)}
    return pl.DataFrame({"feature": catalogue().names, **columns})


def main() -> None:
    """Write both files."""
    derived = derive(
        validate_parcels(golden_parcels(), reference=shipped_reference()).rows,
        IdentityKey(b"golden log, not a secret: 32 bytes"),
        reference=shipped_reference(),
    )
    events, orphans = assemble(derived, golden_outcomes(), pl.DataFrame(schema=SUBJECT_SCHEMA), 1)
    if orphans.height:
        raise ValueError("golden outcomes without a parcel")
    events.write_ndjson(LOG)
    feature_table().write_csv(ROWS)


if __name__ == "__main__":
    main()
