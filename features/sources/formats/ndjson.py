"""NDJSON: one JSON object of the record per line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO

import polars as pl
from polars.exceptions import PolarsError

from features.parcel.problems import Rejection, SourceError
from features.parcel.schema import LINE, PIECE_SCHEMA
from features.sources.adapter import (
    BATCH_ROWS,
    EVERY_FIELD,
    EVERY_PIECE_FIELD,
    KEPT_CHARACTERS,
    MAX_RECORD_BYTES,
    Batch,
    Content,
)
from features.sources.columns.cells import Table
from features.sources.columns.documents import TEXT_SCHEMA, assemble_documents, finish
from features.sources.columns.export import given, iso_times
from features.sources.syntax.json_objects import Line, is_spread, objects
from features.sources.syntax.lines import utf8
from features.sources.syntax.strict_json import JsonFault, strict_json

_STRING = r'"(?:[^"\\]|\\.)*"'
_HALF_PAIR = r"\\u[dD][89a-fA-F]"
_PARCEL = re.compile(rb'"parcel_id"\s*:')
_KEY = re.compile(b'"(?:%s)"' % b"|".join(name.encode() for name in sorted(EVERY_FIELD)))


class Ndjson:
    """One JSON object per line, with the names and units of the record; objects in a list or over lines are taken."""

    name = "ndjson"
    says = (
        "NDJSON: a JSON object per line, or a list of them, with the names and units of the record, pieces as a list."
    )
    content = Content.PARCELS
    media_type = "application/x-ndjson"
    suffix = ".ndjson"
    carries = EVERY_FIELD
    carries_in_pieces = EVERY_PIECE_FIELD

    def recognises(self, head: bytes) -> bool:
        """True when the first line begins an object with a field of the record, or a list of parcels begins."""
        text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
        line = text.split(b"\n")[0].strip()
        if is_spread(text):
            return _PARCEL.search(text) is not None
        return line.startswith(b"{") and (line == b"{}" or _KEY.search(line) is not None)

    def read(self, file: BinaryIO) -> Iterator[Batch]:
        """Read parcels; a line that is not an object is rejected by itself.

        Raises
        ------
        SourceError
            When the file is empty.
        """
        lines = objects(utf8(file))
        batch = list(islice(lines, BATCH_ROWS))
        if not batch:
            raise SourceError("the file holds no JSON object. Send one per line.")
        while batch:
            yield _batch(batch)
            batch = list(islice(lines, BATCH_ROWS))

    def write(self, rows: pl.DataFrame, file: BinaryIO) -> None:
        """Write parcels, leaving out what is null."""
        for row in rows.select(TEXT_SCHEMA.names()).with_columns(iso_times(rows)).iter_rows(named=True):
            file.write(json.dumps(given(row), ensure_ascii=False).encode() + b"\n")


def _batch(lines: list[Line]) -> Batch:
    table = _at_once(lines) or _one_by_one(lines)
    texts = dict(lines)
    return Batch(
        rows=table.rows,
        rejections=table.rejections,
        doubts=table.doubts,
        n_rows=len(lines),
        original=lambda line: (texts.get(line) or b"").decode("utf-8", "replace")[:KEPT_CHARACTERS],
    )


def _at_once(lines: list[Line]) -> Table | None:
    """Read all lines column by column; None when one of them needs a closer look.

    The reader of columns is lenient: of a duplicate key it takes one, an unknown key it drops, a number becomes
    text. So every value of every line is counted and must have arrived.
    """
    texts = [line for _, line in lines if line is not None]
    if len(texts) < len(lines):
        return None
    try:
        written = pl.Series("text", [text.decode("utf-8") for text in texts])
        rows = pl.read_ndjson(b"\n".join(texts), schema=TEXT_SCHEMA)
    except (PolarsError, UnicodeDecodeError):
        return None
    if rows.height != len(texts) or not _complete(written, rows):
        return None
    numbers = pl.Series(LINE, [number for number, _ in lines], dtype=pl.Int64)
    return finish(rows.insert_column(0, numbers))


def _complete(written: pl.Series, rows: pl.DataFrame) -> bool:
    """Whether every key and text of every line has become a value of its row.

    With every text replaced by one quote, what remains of a line are the marks of its structure, to be counted.
    """
    arrivals = rows.select(
        texts=_n_given(rows, texts=True),
        numbers=_n_given(rows, texts=False),
        has_pieces=pl.col("pieces").is_not_null(),
        pieces=pl.col("pieces").list.len().fill_null(0),
    ).with_columns(
        values=pl.col("texts") + pl.col("numbers") + pl.col("has_pieces"), written=written, skeleton=_skeleton(written)
    )
    bare = pl.col("skeleton").str
    keys = bare.count_matches(":", literal=True)
    arrived = (
        (keys - bare.count_matches(r":\s*null") == pl.col("values"))
        & (bare.count_matches('"', literal=True) == keys + pl.col("texts"))
        & (bare.count_matches("{", literal=True) == 1 + pl.col("pieces"))
        & ~pl.col("written").str.contains(_HALF_PAIR)
    )
    return bool(arrivals.select(arrived.all()).item())


def _skeleton(written: pl.Series) -> pl.Series:
    """Each line with every text replaced by one quote; without escapes, what lies between quotes by turns is text."""
    if written.str.contains("\\", literal=True).any():
        return written.str.replace_all(_STRING, '"')
    return written.str.split('"').list.gather_every(2).list.join('"')


def _n_given(rows: pl.DataFrame, *, texts: bool) -> pl.Expr:
    """Number of texts, or of numbers, in each row and its pieces."""
    flat = [name for name, dtype in TEXT_SCHEMA.items() if name != "pieces" and (dtype == pl.String) == texts]
    given_flat = [name for name in flat if rows[name].null_count() < rows.height]
    in_piece = [one.name for one in PIECE_SCHEMA.fields if (one.dtype == pl.String) == texts]
    element = pl.sum_horizontal(pl.element().struct.field(name).is_not_null() for name in in_piece)
    in_pieces = pl.col("pieces").list.eval(element).list.sum().fill_null(0)
    return pl.sum_horizontal(*(pl.col(name).is_not_null() for name in given_flat), in_pieces)


def _one_by_one(lines: list[Line]) -> Table:
    documents: list[tuple[int, Any]] = []
    rejections: list[Rejection] = []
    for number, line in lines:
        try:
            documents.append((number, strict_json(_text(line))))
        except JsonFault as fault:
            rejections.append(
                Rejection(line=number, field="line", code=fault.code, reason=fault.reason, remedy=fault.remedy)
            )
    table = assemble_documents(documents)
    return Table(rows=table.rows, rejections=(*rejections, *table.rejections), doubts=table.doubts)


def _text(line: bytes | None) -> str:
    if line is None:
        raise JsonFault(
            code="too_long",
            reason=f"the line has more than {MAX_RECORD_BYTES:,} bytes.",
            remedy="Check for a line end that is missing.",
        )
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise JsonFault(
            code="encoding",
            reason=f"the line is not UTF-8 at its byte {error.start + 1:,}.",
            remedy="Save the file as UTF-8.",
        ) from error


ADAPTERS = (Ndjson(),)
