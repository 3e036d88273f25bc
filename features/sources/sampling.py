"""Look at a sample of a file that nobody has described yet, and propose a mapping for it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO
from xml.etree.ElementTree import Element, ParseError

import polars as pl
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from features.parcel.problems import SourceError
from features.parcel.schema import LINE
from features.sources.columns.headers import quoted, recognise_headers
from features.sources.columns.mapping import Mapping
from features.sources.columns.paths import recognise_paths
from features.sources.columns.proposal import Proposal, propose
from features.sources.columns.shapes import Column, Of
from features.sources.formats.mapped import message_items, table_batches
from features.sources.item import Texts
from features.sources.registry import recognise
from features.sources.syntax.identify import SOAP, local_name

_SAMPLE_ITEMS = 200
_HEAD_BYTES = 4096
_MOST_BYTES = 1 << 26
_MAX_DEPTH = 40
_GOODS = re.compile(r"(?i)goods|item|article|product|piece|commodit")
_ROLES = ("sender", "recipient")
_EDIFACT_ITEMS = (("CNI", "GID"), ("GID", "LIN"), ("LIN", ""))


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What was seen of a file, and the mapping that is proposed for it.

    Attributes
    ----------
    known_as:
        Format or shipped mapping that reads the file as it is; then nothing is proposed.
    table:
        Texts of the sample by column or path.
    """

    known_as: str | None = None
    proposal: Proposal = field(default_factory=lambda: Proposal(columns=()))
    table: pl.DataFrame = field(default_factory=pl.DataFrame)


def sample_of(path: Path) -> Sample:
    """Look at a file.

    Raises
    ------
    SourceError
        When it cannot be read at all.
    """
    if not path.is_file():
        raise SourceError(f"{path}: there is no such file.")
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        file.seek(0)
        kind = _kind(head)
        if kind in ("csv", "xlsx", "parquet"):
            return _of_table(file, kind)
        try:
            return Sample(known_as=recognise(path.name, head).name)
        except SourceError:
            return _of_message(file, kind, head)


def _kind(head: bytes) -> str:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    for kind, marks in {
        "xlsx": (b"PK\x03\x04",),
        "parquet": (b"PAR1",),
        "xml": (b"<",),
        "edifact": (b"UNA", b"UNB"),
        "json": (b"{", b"["),
    }.items():
        if text.startswith(marks):
            return kind
    return "csv"


def _of_table(file: BinaryIO, kind: str) -> Sample:
    raw = next(iter(table_batches(file, Mapping(parcels=[], outcomes=[], kind=kind))))
    recognised = recognise_headers(raw.table.columns)
    return Sample(proposal=_with_operator(propose(raw.table, recognised, kind=kind)), table=raw.table)


def _of_message(file: BinaryIO, kind: str, head: bytes) -> Sample:
    shape = _edifact_shape(file, head) if kind == "edifact" else _tree_shape(file, kind)
    mapping = Mapping(parcels=[], outcomes=[], kind=kind, item=shape[0], pieces=shape[1])
    file.seek(0)
    items = list(islice(message_items(file, mapping), _SAMPLE_ITEMS))
    table = _table([item.values for item in items])
    pieces = _table([piece for item in items for piece in item.pieces])
    of = Of.PARCELS if shape[1] else Of.BOTH
    of_items = propose(table, recognise_paths(_paths(table), in_piece=False), kind=kind, key="path", of=of)
    of_pieces = propose(pieces, recognise_paths(_paths(pieces), in_piece=True), kind=kind, key="path", of=Of.PIECES)
    in_pieces = tuple(replace(one, table="piece") for one in of_pieces.columns)
    lines = [f'format = "{kind}"', f"item = {quoted(shape[0])}"] + [f"pieces = {quoted(shape[1])}"] * bool(shape[1])
    return Sample(
        proposal=_with_operator(Proposal(columns=(*of_items.columns, *in_pieces), head=tuple(lines))),
        table=pl.concat([table, pieces], how="diagonal"),
    )


def _with_operator(proposal: Proposal) -> Proposal:
    """The proposal, with the question who lodges the file where no column says it."""
    if any(one.field == "operator" for one in proposal.columns):
        return proposal
    unsaid = Column(
        header="(no column)",
        field=None,
        table="parcel",
        lines=('operator = { constant = "NAME" }',),
        says="no column names the operator. The API knows it by its key, `ingest FOLDER` by --operator, and `score` "
        "only from here.",
    )
    return replace(proposal, columns=(*proposal.columns, unsaid))


def _table(rows: list[Texts]) -> pl.DataFrame:
    paths = dict.fromkeys(path for row in rows for path in row)
    return pl.DataFrame(
        {path: [row.get(path) for row in rows] for path in paths}, schema=dict.fromkeys(paths, pl.String)
    )


def _paths(table: pl.DataFrame) -> list[str]:
    return [name for name in table.columns if name != LINE]


def _edifact_shape(file: BinaryIO, head: bytes) -> tuple[str, str]:
    tags = Counter(text.strip()[:3] for text in (head + file.read(_MOST_BYTES)).split(b"'"))
    return next((shape for shape in _EDIFACT_ITEMS if tags[shape[0].encode()]), ("GID", "LIN"))


@dataclass
class _Node:
    name: str
    children: list[_Node] = field(default_factory=list)
    is_listed: bool = False

    def below(self, path: str = "", depth: int = 0) -> Iterator[tuple[str, _Node, int]]:
        """Every node under this one with its path and the number of its twins."""
        twins = Counter(child.name for child in self.children)
        for child in self.children if depth < _MAX_DEPTH else ():
            at = f"{path}/{child.name}" if path else child.name
            yield at, child, twins[child.name]
            yield from child.below(at, depth + 1)

    def at(self, path: str) -> list[_Node]:
        """Nodes of a path."""
        return [node for where, node, _ in self.below() if where == path]


def _tree_shape(file: BinaryIO, kind: str) -> tuple[str, str]:
    """Paths of what is repeated for every parcel, and for every piece of it."""
    data = file.read(_MOST_BYTES)
    root = _xml_tree(data) if kind == "xml" else _json_tree(data)
    item = _repeated(root)
    if item is None or not any(_is_told(_meanings(node)) for node in root.at(item)):
        # What is repeated is no parcel: goods of the one that holds them, which may be the whole message.
        outer = _identified(root)
        item = outer if outer is not None else None if _is_parcel(_meanings(root)) else item
    if item is None:
        return ("" if kind == "json" else root.name), _pieces([root])
    return item, _pieces(root.at(item))


def _pieces(nodes: list[_Node]) -> str:
    """Path of what is repeated in an item for every piece of it."""
    repeated = next((found for node in nodes if (found := _repeated(node))), None)
    return repeated or next((found for node in nodes if (found := _goods(node))), "")


def _repeated(node: _Node) -> str | None:
    """Shallowest path of nodes that have twins and hold something."""
    found = [path for path, child, twins in node.below() if (twins > 1 or child.is_listed) and child.children]
    return min(found, key=lambda path: path.count("/"), default=None)


def _goods(node: _Node) -> str | None:
    """Path of what is named like goods and holds something, where no sample has it more than once.

    Of a list of goods it is what the list is of: ``Goods/Line``.
    """
    for path, child, _ in node.below():
        if child.children and _GOODS.search(child.name):
            return "/".join([path, *_only_children(child)])
    return None


def _only_children(node: _Node) -> Iterator[str]:
    """Names of the one child, of its one child, and so on, as long as these hold something."""
    while len(node.children) == 1 and node.children[0].children:
        node = node.children[0]
        yield node.name


def _identified(root: _Node) -> str | None:
    """Deepest node, but for the root, that holds a party and another or a number, where nothing is repeated."""
    holders = [path for path, node, _ in root.below() if _is_parcel(_meanings(node))]
    return max(holders, key=lambda path: path.count("/"), default=None)


def _is_parcel(meanings: set[str]) -> bool:
    return {"parcel_id", "sender_name"} <= meanings or len(_parties(meanings)) == len(_ROLES)


def _is_told(meanings: set[str]) -> bool:
    return "parcel_id" in meanings or bool(_parties(meanings))


def _parties(meanings: set[str]) -> set[str]:
    """Roles of which there is more than one field: the sender of a message has but a name."""
    return {role for role in _ROLES if sum(name.startswith(f"{role}_") for name in meanings) > 1}


def _meanings(node: _Node) -> set[str]:
    recognised = recognise_paths([path for path, child, _ in node.below() if not child.children], in_piece=False)
    return {one.name for one in recognised.assignments}


def _xml_tree(data: bytes) -> _Node:
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise SourceError(
            "this is not XML that can be read. Check that it is complete and has no document type."
        ) from error
    while local_name(root.tag.replace("}", ":")) in (*SOAP, "Body") and len(root):
        root = next((one for one in root if one.tag.endswith("Body")), root[0])
    return _of_element(root)


def _of_element(element: Element, depth: int = 0) -> _Node:
    below = element if depth < _MAX_DEPTH else ()
    given = [_Node(f"@{local_name(name.replace('}', ':'))}") for name in element.attrib]
    return _Node(local_name(element.tag.replace("}", ":")), [*given, *(_of_element(one, depth + 1) for one in below)])


def _json_tree(data: bytes) -> _Node:
    for text in (data, data.split(b"\n", 1)[0]):
        try:
            return _Node("", _of_json(json.loads(text)))
        except (ValueError, RecursionError):
            continue
    raise SourceError("this is not JSON that can be read. Check that it is complete.")


def _of_json(value: Any, depth: int = 0) -> list[_Node]:
    if isinstance(value, list):
        return [node for one in value for node in _of_json(one, depth + 1)]
    if not isinstance(value, dict) or depth > _MAX_DEPTH:
        return []
    nodes: list[_Node] = []
    for key, one in value.items():
        for part in one if isinstance(one, list) else [one]:
            nodes.append(_Node(key, _of_json(part, depth + 1), is_listed=isinstance(one, list)))
    return nodes
