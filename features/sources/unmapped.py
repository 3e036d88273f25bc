"""Messages and nested tables of others, without a mapping: their names are read as the headers of a table are.

Where nothing about them must be asked, they are read; else a mapping is proposed, and a person decides.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, BinaryIO

import polars as pl

from features.parcel.problems import SourceError, Undecided
from features.sources.adapter import EVERY_FIELD, EVERY_PIECE_FIELD, Adapter, Batch, Content
from features.sources.columns.assignment import PIECE
from features.sources.columns.documents import TEXT_SCHEMA
from features.sources.columns.headers import quoted
from features.sources.columns.mapping import Mapping
from features.sources.columns.paths import recognise_paths
from features.sources.columns.proposal import Proposal, propose
from features.sources.columns.recognised import Recognised
from features.sources.columns.shapes import Of
from features.sources.columns.tables import open_questions
from features.sources.formats.arrow import Arrow, Parquet, fits
from features.sources.formats.mapped import message_items, of_items
from features.sources.formats.ndjson import Ndjson
from features.sources.item import Item, Texts
from features.sources.message_shapes import MAX_NAMES, shape_of, shape_of_documents
from features.sources.syntax.json_items import MAX_DOCUMENT_BYTES, item_of, items_of
from features.sources.syntax.json_objects import objects
from features.sources.syntax.lines import utf8
from features.sources.syntax.rewound import rewound
from features.sources.syntax.strict_json import JsonFault, strict_json

_SAMPLE_ITEMS = 200
_SAMPLE_BYTES = 1 << 22
_HEAD_BYTES = 1 << 16
_HEAD_DOCUMENTS = 50
_KEY = re.compile(rb'"([^"\\]{1,60})"\s*:')
_PERSONAL_SHAPE = re.compile(r"[^/]@|\d{5}")
"""Keys of objects may be data of persons, as their addresses of e-mail; attributes of XML begin with the mark."""
_SAYS = {
    "json": "JSON with names of its own, nested or not: a document, a list, or one a line; read by these names.",
    "xml": "XML with names of its own, read by these names.",
}


@dataclass(frozen=True, kw_only=True)
class Message:
    """What a sample of a message holds, and what its names mean.

    Attributes
    ----------
    table:
        Texts of items and pieces by path.
    recognised:
        Of the paths of items and of pieces.
    """

    kind: str
    item: str
    pieces: str
    table: pl.DataFrame
    recognised: Recognised
    proposal: Proposal

    def mapping(self) -> Mapping:
        """Return the mapping by which the message is read.

        Raises
        ------
        Undecided
            When something about it must be asked.
        """
        given = {one.name for one in self.recognised.assignments}
        asked = open_questions(self.recognised, self.table, given)
        if "parcel_id" not in given:
            asked = ["nothing is known to be the number of a parcel, so these are not parcels."]
        if asked:
            says = "Decide it in a mapping; `parcel-risk map FILE` writes one."
            raise Undecided(f"{' '.join(asked)} {says}", self.proposal.toml())
        return Mapping(
            parcels=self.recognised.assignments,
            outcomes=[],
            kind=self.kind,
            item=self.item,
            pieces=self.pieces,
            name=self.kind,
        )


def message_of(items: Iterable[Item], kind: str, shape: tuple[str, str]) -> Message:
    """What the first items of a message say of it."""
    found = [one for one in islice(items, _SAMPLE_ITEMS) if not one.faults]
    item, piece = shape
    table = _table([one.values for one in found])
    pieces = _table([texts for one in found for texts in one.pieces])
    if table.width + pieces.width > MAX_NAMES:
        raise SourceError(
            f"the file has more than {MAX_NAMES:,} names. Send the parcels and what they hold only, or give a mapping."
        )
    of_items = recognise_paths(table.columns, in_piece=False)
    of_pieces = recognise_paths(pieces.columns, in_piece=True)
    of = Of.PARCELS if piece else Of.BOTH
    proposed = propose(table, of_items, kind=kind, key="path", of=of, hidden=_PERSONAL_SHAPE)
    in_pieces = propose(pieces, of_pieces, kind=kind, key="path", of=Of.PIECES, hidden=_PERSONAL_SHAPE)
    head = (f'format = "{kind}"', f"item = {quoted(item)}", *([f"pieces = {quoted(piece)}"] if piece else []))
    columns = (*proposed.columns, *(replace(one, table="piece") for one in in_pieces.columns))
    return Message(
        kind=kind,
        item=item,
        pieces=piece,
        table=pl.concat([table, pieces], how="diagonal"),
        recognised=_together(of_items, of_pieces) if piece else of_items,
        proposal=Proposal(columns=columns, head=head),
    )


def _together(of_items: Recognised, of_pieces: Recognised) -> Recognised:
    """What items and their pieces mean; goods are described in the pieces, where there are any."""
    return Recognised(
        assignments=[*(one for one in of_items.assignments if not one.piece), *of_pieces.assignments],
        unknown=[*of_items.unknown, *of_pieces.unknown],
        spare=[*of_items.spare, *of_pieces.spare],
        questions=[*(one for one in of_items.questions if one.targets[0] not in PIECE), *of_pieces.questions],
    )


def _table(rows: list[Texts]) -> pl.DataFrame:
    paths = dict.fromkeys(path for row in rows for path in row)
    return pl.DataFrame(
        {path: [row.get(path) for row in rows] for path in paths}, schema=dict.fromkeys(paths, pl.String)
    )


class Unmapped:
    """A message that nobody has described; it is read and never written."""

    content = Content.PARCELS
    carries = EVERY_FIELD
    carries_in_pieces = EVERY_PIECE_FIELD

    def __init__(self, kind: str) -> None:
        """`kind` is json or xml."""
        self.name = kind
        self.says = _SAYS[kind]
        self.suffix = f".{kind}"
        self.media_type = f"application/vnd.parcel-risk.unmapped+{kind}"

    def recognises(self, head: bytes) -> bool:
        """Return False: it is chosen where nothing else recognises a file."""
        del head
        return False

    def read(self, file: BinaryIO) -> Iterator[Batch]:
        """Read parcels.

        Raises
        ------
        Undecided
            When something about the names must be asked.
        """
        message, file = sampled(file, self.name)
        mapping = message.mapping()
        yield from of_items(message_items(file, mapping), mapping)

    def write(self, rows: pl.DataFrame, file: BinaryIO) -> None:
        """Refuse.

        Raises
        ------
        SourceError
            Always.
        """
        raise SourceError(f"{self.name} of others is read only. Choose another format.")


def sampled(file: BinaryIO, kind: str) -> tuple[Message, BinaryIO]:
    """What the beginning of a message says of it, and the file at its beginning.

    Raises
    ------
    SourceError
        When it cannot be read.
    """
    sample = file.read(_SAMPLE_BYTES)
    if kind == "json" and len(sample) == _SAMPLE_BYTES and _parsed(sample.split(b"\n", 1)[0]) is None:
        sample += file.read(MAX_DOCUMENT_BYTES - len(sample))  # a document can only be read as a whole
    item, pieces = shape = shape_of(sample, kind)
    read = Mapping(parcels=[], outcomes=[], kind=kind, item=item, pieces=pieces)
    items = _as_far_as_it_goes(message_items(io.BytesIO(sample), read))
    return message_of(items, kind, shape), rewound(sample, file)


def _as_far_as_it_goes(items: Iterator[Item]) -> Iterator[Item]:
    """Items of a sample, which may end in the middle of one."""
    n_found = 0
    while n_found < _SAMPLE_ITEMS:
        try:
            one = next(items, None)
        except SourceError:
            if n_found == 0:
                raise
            return
        if one is None:
            return
        n_found += 1
        yield one


class _NestedTable:
    """A table whose columns hold objects, or lists of them, with names that are understood."""

    content = Content.PARCELS

    def __init__(self, of: Parquet | Arrow, message: Message) -> None:
        self._of, self._message = of, message
        self.name, self.says, self.media_type, self.suffix = of.name, of.says, of.media_type, of.suffix
        self.carries, self.carries_in_pieces = of.carries, of.carries_in_pieces

    def recognises(self, head: bytes) -> bool:
        """As a table that is not nested."""
        return self._of.recognises(head)

    def read(self, file: BinaryIO) -> Iterator[Batch]:
        """Read parcels, each row as a document."""
        mapping = self._message.mapping()
        documents = (row for _, table in self._of.tables(file) for row in table.iter_rows(named=True))
        yield from of_items(items_of(documents, mapping.item, mapping.pieces), mapping)

    def write(self, rows: pl.DataFrame, file: BinaryIO) -> None:
        """As a table that is not nested."""
        self._of.write(rows, file)


def suited(adapter: Adapter, file: BinaryIO) -> tuple[Adapter, BinaryIO]:
    """The adapter for a file whose names may be others than those of the record, and the file at its beginning."""
    if isinstance(adapter, Ndjson):
        head = file.read(_HEAD_BYTES)
        file = rewound(head, file)
        return (Unmapped("json") if _has_own_names(head) else adapter), file
    if isinstance(adapter, Parquet | Arrow):
        message = _nested(adapter, file)
        file.seek(0)
        return (adapter if message is None else _NestedTable(adapter, message)), file
    return adapter, file


def _has_own_names(head: bytes) -> bool:
    """Whether the first objects of NDJSON have names that are not the record's and mean something."""
    found = (_parsed(line) for _, line in objects(utf8(io.BytesIO(head))) if line)
    documents = list(islice((one for one in found if isinstance(one, dict)), _HEAD_DOCUMENTS))
    if not documents:  # the first one is longer: its keys tell
        names = dict.fromkeys(key.decode("utf-8", "replace") for key in _KEY.findall(head))
        others = [name for name in names if name not in TEXT_SCHEMA and name not in PIECE]
        return next(iter(names), "") in others or _are_others(names, others)
    items = [item_of(0, one, "pieces") for one in documents]
    names = dict.fromkeys(path for one in items for path in one.values)
    in_pieces = dict.fromkeys(path for one in items for piece in one.pieces for path in piece)
    others = [path for path in names if path.partition("/")[0] not in TEXT_SCHEMA]
    return _are_others(names, others) or _mean_something(
        list(in_pieces), [path for path in in_pieces if path.partition("/")[0] not in PIECE], in_piece=True
    )


def _are_others(names: Iterable[str], others: list[str]) -> bool:
    """Whether names of parcels, of which `others` are not the record's, are those of somebody else."""
    if len(others) > MAX_NAMES:
        return False
    return bool(others and "parcel_id" not in names) or _mean_something(list(names), others, in_piece=False)


def _mean_something(names: list[str], others: list[str], *, in_piece: bool) -> bool:
    """Whether one of the `others` fills a field that no name of the record fills."""
    if not 0 < len(others) <= MAX_NAMES:
        return False
    known = [name for name in names if name not in set(others)]
    filled = recognise_paths([*known, *others], in_piece=in_piece).assignments
    return any(one.column in set(others) for one in filled)


def _nested(adapter: Parquet | Arrow, file: BinaryIO) -> Message | None:
    """What a table says whose columns hold objects, or lists of them; None where these mean nothing."""
    columns = adapter.columns(file)
    nested = [name for name, dtype in columns.schema.items() if dtype.is_nested() and not fits(name, dtype)]
    if not nested:
        return None
    file.seek(0)
    table = next((rows for _, rows in adapter.tables(file) if rows.height), columns).head(_SAMPLE_ITEMS)
    documents: list[Any] = table.to_dicts()
    item, pieces = shape_of_documents(documents)
    message = message_of(items_of(documents, item, pieces), "json", (item, pieces))
    below = tuple(f"{name}/" for name in nested)
    means = any(one.piece or str(one.column).startswith(below) for one in message.recognised.assignments)
    return message if means and (pieces or not _has_typed_pieces(table)) else None


def _has_typed_pieces(table: pl.DataFrame) -> bool:
    return "pieces" in table.columns and fits("pieces", table.schema["pieces"])


def _parsed(line: bytes) -> Any:
    try:
        return strict_json(line.decode("utf-8-sig"))
    except (JsonFault, UnicodeDecodeError):
        return None
