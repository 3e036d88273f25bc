"""A courier's JSON: one document of consignments, parties grouped, house and master bill, accounts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO

import polars as pl

from features.parcel.problems import Rejection
from features.sources.adapter import BATCH_ROWS, EVERY_FIELD, EVERY_PIECE_FIELD, KEPT_CHARACTERS, Batch, Content
from features.sources.columns.documents import TEXT_SCHEMA, assemble_documents
from features.sources.columns.export import given, iso_times
from features.sources.syntax.json_array import elements
from features.sources.syntax.strict_json import JsonFault

_ROLES = ("sender", "recipient")
_PARTS = tuple(name.removeprefix("sender_") for name in TEXT_SCHEMA if name.startswith("sender_"))


class Courier:
    """``{"consignments": [...]}`` with the fields of the record, sender and recipient as objects of their own."""

    name = "courier"
    says = (
        'Courier JSON: {"consignments": [...]}, fields of the record, sender and recipient grouped, pieces as a list.'
    )
    content = Content.PARCELS
    media_type = "application/vnd.parcel-risk.courier+json"
    suffix = ".json"
    carries = EVERY_FIELD
    carries_in_pieces = EVERY_PIECE_FIELD

    def recognises(self, head: bytes) -> bool:
        """True when the document names consignments near its beginning."""
        return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and b'"consignments"' in head

    def read(self, file: BinaryIO) -> Iterator[Batch]:
        """Read consignments one by one."""
        stream = elements(file, "consignments")
        first = True
        while (batch := list(islice(stream, BATCH_ROWS))) or first:
            first = False
            yield _batch(batch)

    def write(self, rows: pl.DataFrame, file: BinaryIO) -> None:
        """Write a document, one consignment a line."""
        texts = rows.select(TEXT_SCHEMA.names()).with_columns(iso_times(rows))
        file.write(b'{"consignments": [')
        for index, row in enumerate(texts.iter_rows(named=True)):
            line = json.dumps(nested(given(row)), ensure_ascii=False)
            file.write((",\n" if index else "\n").encode() + line.encode())
        file.write(b"\n]}\n")


def nested(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with the fields of each party in an object of its own."""
    document: dict[str, Any] = {}
    for name, value in row.items():
        role, _, part = name.partition("_")
        if role in _ROLES and part in _PARTS:
            document.setdefault(role, {})[part] = value
        else:
            document[name] = value
    return document


def flat(document: Any) -> Any:
    """Return a document with the fields of the parties among the others; what is no party is left as it is."""
    if not isinstance(document, dict):
        return document
    row = {name: value for name, value in document.items() if not _is_party(name, value)}
    for role in _ROLES:
        party = document.get(role)
        if isinstance(party, dict):
            row |= {f"{role}_{part}": value for part, value in party.items()}
    return row


def _is_party(name: str, value: Any) -> bool:
    return name in _ROLES and (value is None or isinstance(value, dict))


def _batch(items: list[tuple[int, bytes, Any]]) -> Batch:
    faults = tuple(
        Rejection(line=number, field="item", code=value.code, reason=value.reason, remedy=value.remedy)
        for number, _, value in items
        if isinstance(value, JsonFault)
    )
    table = assemble_documents(
        [(number, flat(value)) for number, _, value in items if not isinstance(value, JsonFault)]
    )
    texts = {number: text for number, text, _ in items}
    return Batch(
        rows=table.rows,
        rejections=(*faults, *table.rejections),
        doubts=table.doubts,
        n_rows=len(items),
        original=lambda line: texts.get(line, b"").decode("utf-8", "replace")[:KEPT_CHARACTERS],
    )


ADAPTERS = (Courier(),)
