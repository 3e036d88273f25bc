"""PREDES-like JSON: receptacles of a dispatch and the items in each, before, after or without the data of the items."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO

import polars as pl

from features.parcel.problems import Rejection
from features.parcel.schema import LINE
from features.sources.adapter import BATCH_ROWS, KEPT_CHARACTERS, RECEPTACLE_SCHEMA, Batch, Content
from features.sources.columns.required import with_required
from features.sources.syntax.json_array import elements
from features.sources.syntax.strict_json import JsonFault

_RECEPTACLE = re.compile(r"[A-Z]{12}[A-Z0-9]{3}[0-9]{14}")


class Predes:
    """``{"receptacles": [{"receptacle_id": ..., "items": [...]}]}``."""

    name = "predes"
    says = "PREDES-like JSON: receptacles with their 29-character identifier and the identifiers of the items in them."
    content = Content.RECEPTACLES
    media_type = "application/vnd.parcel-risk.predes+json"
    suffix = ".json"
    carries = frozenset(RECEPTACLE_SCHEMA)
    carries_in_pieces: frozenset[str] = frozenset()

    def recognises(self, head: bytes) -> bool:
        """True when the document names receptacles near its beginning."""
        return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and b'"receptacles"' in head

    def read(self, file: BinaryIO) -> Iterator[Batch]:
        """Read the items of receptacles; the line of a row is the number of its receptacle."""
        stream = elements(file, "receptacles")
        first = True
        while (batch := list(islice(stream, BATCH_ROWS // 50))) or first:
            first = False
            yield _batch(batch)

    def write(self, rows: pl.DataFrame, file: BinaryIO) -> None:
        """Write a dispatch."""
        file.write(b'{"receptacles": [')
        grouped = rows.group_by("receptacle_id", maintain_order=True).agg("parcel_id")
        for index, (receptacle, items) in enumerate(grouped.iter_rows()):
            line = json.dumps({"receptacle_id": receptacle, "items": items}, ensure_ascii=False)
            file.write((",\n" if index else "\n").encode() + line.encode())
        file.write(b"\n]}\n")


def _batch(listed: list[tuple[int, bytes, Any]]) -> Batch:
    rows: list[dict[str, Any]] = []
    rejections: list[Rejection] = []
    for number, _, value in listed:
        fault = value if isinstance(value, JsonFault) else _fault(value)
        if fault is not None:
            rejections.append(
                Rejection(line=number, field="receptacle", code=fault.code, reason=fault.reason, remedy=fault.remedy)
            )
        else:
            rows += [
                {LINE: number, "receptacle_id": value["receptacle_id"], "parcel_id": item} for item in value["items"]
            ]
    texts = {number: text for number, text, _ in listed}
    batch = Batch(
        rows=pl.DataFrame(rows, schema={LINE: pl.Int64(), **RECEPTACLE_SCHEMA}),
        rejections=tuple(rejections),
        n_rows=len(listed),
        original=lambda line: texts.get(line, b"").decode("utf-8", "replace")[:KEPT_CHARACTERS],
    )
    return with_required(batch, Content.RECEPTACLES, ("receptacle_id", "parcel_id"))


def _fault(value: Any) -> JsonFault | None:
    shape = {"receptacle_id", "items"}
    if not isinstance(value, dict) or set(value) != shape or not isinstance(value["items"], list):
        return _refusal("shape", "the receptacle is not an object of receptacle_id and items.")
    if not isinstance(value["receptacle_id"], str) or not _RECEPTACLE.fullmatch(value["receptacle_id"]):
        return _refusal(
            "receptacle_form",
            "the identifier does not have 29 characters: two offices of 6 letters, category and "
            "subclass of 3, then 14 digits.",
        )
    if not value["items"]:
        return _refusal("no_items", "the receptacle lists no items.")
    if not all(isinstance(item, str) and 0 < len(item) <= 35 and item.isascii() for item in value["items"]):
        return _refusal("item_form", "an item is not an identifier of 1 to 35 characters.")
    return None


def _refusal(code: str, reason: str) -> JsonFault:
    return JsonFault(code=code, reason=reason, remedy="Correct the receptacle and send it again.")


ADAPTERS = (Predes(),)
