"""What a request says of parcels, as rows that can be lodged and reasons why others cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pydantic import BaseModel, ValidationError

from features.event_rows import Row
from features.parcel.checking import checked_row
from features.parcel.problems import Rejection
from features.parcel.schema import LINE
from features.sources.adapter import nothing
from serving.api.schemas import Parcel, rejections_of
from serving.intake.submissions import Lodging
from serving.office.office import Office
from serving.store import Client


def lodging_of(
    office: Office,
    client: Client,
    items: Iterable[BaseModel | dict[str, Any]],
    *,
    explain: bool,
    original: Callable[[int], str] = nothing,
) -> Lodging:
    """Parcels of a request, each checked by itself; the operator is the caller, whatever the message says."""
    rows: list[Row] = []
    rejections: list[Rejection] = []
    numbers: dict[int, str] = {}
    line, at = 0, office.clock()
    for line, item in enumerate(items, start=1):
        try:
            given = item if isinstance(item, BaseModel) else Parcel.model_validate(item)
        except ValidationError as error:
            rejections += rejections_of(line, error)
            numbers |= _number(line, item)
            continue
        facts = given.model_dump()
        checked = checked_row({LINE: line, **facts}, reference=office.reference, at=at, fields_checked=True)
        numbers |= _number(line, facts)
        if checked.row is None:
            rejections += checked.rejections
        else:
            rows.append({**checked.row, "operator": client.operator})
    return Lodging(
        rows=rows,
        rejections=tuple(rejections),
        n_rows=line,
        original=original,
        client=client,
        source="api",
        explain=explain,
        numbers=numbers,
    )


def _number(line: int, item: Any) -> dict[int, str]:
    """Number of the parcel on a line, by which a row that cannot be used is found again."""
    number = item.get("parcel_id") if isinstance(item, dict) else None
    return {line: number} if isinstance(number, str) else {}
