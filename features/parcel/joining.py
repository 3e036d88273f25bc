"""Rows of one manifest that are pieces of one parcel.

Spreadsheets and exports of shops have one row for each article, and repeat number and parties in every row or leave
them out from the second on. Such rows are one parcel. Rows are *one consignment* when they have the same number,
version and function, and neither contradicts the other about sender, recipient or route; and they are its *pieces* when
each declares goods, and not the same ones: a row that declares the same goods again is a repetition or an amendment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from features.parcel.field_checks import MAX_PIECES
from features.parcel.fields import PARCEL_FIELDS, Quantity
from features.parcel.numbers import lodged_number

Row = dict[str, Any]
IS_MORE = "is_more"
"""Of a row whose number its file had further up, in rows that are no longer at hand."""
OUTCOME = "outcome."
"""Begin of the names of columns that tell what became of a parcel, where a file has both in one row."""
_RESULT, _FOUND = f"{OUTCOME}result", "found"
_MESSAGE = ("parcel_id", "operator", "version", "function", "lodged_at", "manifest_id")
_SUMMED_UP = {
    *(field.name for field in PARCEL_FIELDS if field.quantity in (Quantity.MASS, Quantity.LENGTH, Quantity.MONEY)),
    *("postage_currency", "postage_paid_by", "insured_currency", "order_reference", "packaging"),
}
"""What a row per article may give for the article instead of the parcel: it is no sign of another parcel."""
_ENVELOPE = tuple(field.name for field in PARCEL_FIELDS if field.name not in {*_MESSAGE, *_SUMMED_UP})
_FIELDS = tuple(field.name for field in PARCEL_FIELDS)


def number_of(row: Mapping[str, Any]) -> str | None:
    """Number by which rows of one parcel are found: as it is stored, None where it is missing."""
    given = row.get("parcel_id")
    return lodged_number(given) if isinstance(given, str) and given.strip() else None


def join_pieces(rows: Sequence[Row]) -> list[Row]:
    """Rows with those that are pieces of one parcel as one, in the place and with the line of the first.

    A parcel-level value comes from the first row that gives it.
    """
    parcels: dict[object, list[Row]] = {}
    for place, row in enumerate(rows):
        number = number_of(row)
        parcels.setdefault(place if number is None else number, []).append(row)
    if len(parcels) == len(rows):
        return list(rows)
    places = {id(row): place for place, row in enumerate(rows)}
    found = [(places[id(group[0])], joined(group)) for same in parcels.values() for group in _consignments(same)]
    return [row for _, row in sorted(found, key=lambda pair: pair[0])]


def _consignments(rows: Iterable[Row]) -> list[list[Row]]:
    """Rows of one number in groups that are one consignment; only neighbours join, because order is amendment."""
    groups: list[list[Row]] = []
    whole: Row = {}
    for row in rows:
        if groups and len(groups[-1]) < MAX_PIECES and is_same_consignment(whole, row):
            groups[-1].append(row)
            whole = joined([whole, row])
        else:
            groups.append([row])
            whole = row
    return groups


def is_same_consignment(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two rows with one number are pieces of one parcel."""
    if "cancel" in (one.get("function"), other.get("function")):
        return False
    if one.get("version") != other.get("version") or one.get("function") != other.get("function"):
        return False
    mine, theirs = one.get("pieces"), other.get("pieces")
    if not mine or not theirs or any(piece in mine for piece in theirs):
        return False
    return all(one.get(name) is None or other.get(name) is None or _same(one[name], other[name]) for name in _ENVELOPE)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return one.split() == other.split()
    return bool(one == other)


def joined(rows: Sequence[Row]) -> Row:
    """One row with the pieces of all, and the outcome that one of them gives: a finding, else the first."""
    if len(rows) == 1:
        return rows[0]
    whole = dict(rows[0])
    told = sorted((row for row in rows if row.get(_RESULT) is not None), key=lambda row: row[_RESULT] != _FOUND)
    whole |= {name: value for row in told[:1] for name, value in row.items() if name.startswith(OUTCOME)}
    for row in rows[1:]:
        whole |= {name: row[name] for name in _FIELDS if row.get(name) is not None and whole.get(name) is None}
    whole["pieces"] = [piece for row in rows for piece in row["pieces"]]
    return whole
