"""What a request says of parcels, as rows that can be lodged and reasons why others cannot."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from features.event_rows import Row
from features.parcel.checking import Checked, checked_row
from features.parcel.flags import QUALITY_FLAGS
from features.parcel.joining import join_pieces
from features.parcel.problems import Doubt
from features.parcel.reference import Reference
from features.parcel.schema import LINE
from features.sources.adapter import KEPT_CHARACTERS
from features.sources.columns.documents import assemble_documents
from serving.api.schemas import parcel_facts
from serving.intake.submissions import Lodging
from serving.office.office import Office
from serving.store import Client


def lodging_of(office: Office, client: Client, items: Iterable[Any], *, explain: bool) -> Lodging:
    """Parcels of a request, each checked by itself; the operator is the caller, whatever the message says."""
    given, at = list(items), office.clock()
    checked = _checked(given, office.reference, at)
    ordered = [checked[line] for line in sorted(checked)]
    rows: list[Row] = [{**one.row, "operator": client.operator} for one in ordered if one.row is not None]
    return Lodging(
        rows=_with_pieces_joined(rows, office.reference, at),
        rejections=tuple([rejection for one in ordered for rejection in one.rejections]),
        doubts=tuple([doubt for one in checked.values() for doubt in one.doubts]),
        n_rows=len(given),
        original=lambda line: _shown(given[line - 1]),
        client=client,
        source="api",
        explain=explain,
        numbers=_numbers(given),
    )


def _with_pieces_joined(rows: list[Row], reference: Reference, at: datetime) -> list[Row]:
    """Rows with those that are pieces of one parcel as one, which is checked as a whole."""
    joined = join_pieces(rows)
    if len(joined) == len(rows):
        return rows
    before = {row[LINE]: row for row in rows}
    return [row if row is before[row[LINE]] else _as_a_whole(row, reference, at) for row in joined]


def _as_a_whole(row: Row, reference: Reference, at: datetime) -> Row:
    facts = {name: value for name, value in row.items() if name != QUALITY_FLAGS}
    whole = checked_row(facts, reference=reference, at=at, fields_checked=True).row
    if whole is None:
        return row
    return {**whole, QUALITY_FLAGS: list(dict.fromkeys([*row[QUALITY_FLAGS], *whole[QUALITY_FLAGS]]))}


def _checked(items: list[Any], reference: Reference, at: datetime) -> dict[int, Checked]:
    """What comes of each item by its line: most fit the model; those that do not are read as any document is."""
    checked: dict[int, Checked] = {}
    damaged: list[tuple[int, Any]] = []
    for line, item in enumerate(items, start=1):
        try:
            facts = parcel_facts(item)
        except ValidationError:
            damaged.append((line, item))
            continue
        checked[line] = checked_row({LINE: line, **facts}, reference=reference, at=at, fields_checked=True)
    return checked | _read_otherwise(damaged, reference, at) if damaged else checked


def _read_otherwise(items: list[tuple[int, Any]], reference: Reference, at: datetime) -> dict[int, Checked]:
    table = assemble_documents(items)
    doubts: dict[int, list[Doubt]] = {}
    for doubt in table.doubts:
        doubts.setdefault(doubt.line, []).append(doubt)
    checked = {
        row[LINE]: checked_row(row, reference=reference, at=at, doubts=doubts.get(row[LINE], ()))
        for row in table.rows.to_dicts()
    }
    for rejection in table.rejections:
        told = checked[rejection.line].rejections if rejection.line in checked else ()
        checked[rejection.line] = Checked(row=None, rejections=(*told, rejection))
    return checked


def _shown(item: Any) -> str:
    """Text of an item; half of a surrogate pair, which no file can hold, is written as its escape."""
    text = json.dumps(item, ensure_ascii=False, default=str)[:KEPT_CHARACTERS]
    return text.encode("utf-8", "backslashreplace").decode()


def _numbers(items: list[Any]) -> dict[int, str]:
    """Numbers of the parcels by line, by which a row that cannot be used is found again."""
    numbers: dict[int, str] = {}
    for line, item in enumerate(items, start=1):
        number = item.get("parcel_id") if isinstance(item, dict) else None
        if isinstance(number, str):
            numbers[line] = number
    return numbers
