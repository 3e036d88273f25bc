"""Find in a message that nobody has described what is repeated for every parcel, and what for every piece of it."""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from features.parcel.problems import SourceError
from features.sources.columns.paths import meaning_of
from features.sources.syntax.identify import SOAP, local_name
from features.sources.syntax.json_objects import objects
from features.sources.syntax.lines import utf8

_MAX_DEPTH = 40
_SAMPLE_LINES = 200
_SHAPE_DOCUMENTS = 20
MAX_NAMES = 500
"""Of a message; what has more is no manifest, and would take long to understand."""
_GOODS = re.compile(r"(?i)goods|item|article|product|piece|commodit")
_ROLES = ("sender", "recipient")
_EDIFACT_ITEMS = (("CNI", "GID"), ("GID", "LIN"), ("LIN", ""))


def shape_of(sample: bytes, kind: str) -> tuple[str, str]:
    """Paths of what is repeated for every parcel and for every piece of it, by the beginning of a message.

    Raises
    ------
    SourceError
        When it cannot be read.
    """
    if kind == "edifact":
        tags = Counter(text.strip()[:3] for text in sample.split(b"'"))
        return next((shape for shape in _EDIFACT_ITEMS if tags[shape[0].encode()]), ("GID", "LIN"))
    if kind == "xml":
        root = _xml_tree(sample)
        return _shape(root, alone=root.name)
    return shape_of_documents(_documents(sample))


def shape_of_documents(documents: list[Any]) -> tuple[str, str]:
    """Paths of what is repeated, in documents of which each is a parcel or holds some."""
    roots = [_of_json(one) for one in documents[:_SHAPE_DOCUMENTS]]
    shapes = [(_shape(root, alone=""), root) for root in roots]
    telling = [shape for shape, root in shapes if shape[0] or _is_told(_meanings(root))]
    found = Counter(item for item, _ in telling)
    item = found.most_common(1)[0][0] if found else ""
    pieces = Counter(piece for path, piece in telling if path == item and piece)
    return item, pieces.most_common(1)[0][0] if pieces else ""


@dataclass
class _Node:
    """What all elements of one path hold; `twins` are most that one parent has."""

    name: str
    children: dict[str, _Node] = field(default_factory=dict)
    twins: int = 1
    is_listed: bool = False

    def child(self, name: str) -> _Node:
        """Node of this name below this one."""
        return self.children.setdefault(name, _Node(name))

    def below(self, path: str = "", depth: int = 0) -> Iterator[tuple[str, _Node]]:
        """Every node under this one with its path."""
        for child in self.children.values() if depth < _MAX_DEPTH else ():
            at = f"{path}/{child.name}" if path else child.name
            yield at, child
            yield from child.below(at, depth + 1)

    def at(self, path: str) -> _Node:
        """Node of a path that there is."""
        node = self
        for name in path.split("/"):
            node = node.children[name]
        return node


def _shape(root: _Node, *, alone: str) -> tuple[str, str]:
    """Paths of items and pieces; `alone` is the path of an item where the whole message is one."""
    item = _repeated(root)
    if item is None or not _is_told(_meanings(root.at(item))):
        # What is repeated is no parcel: goods of the one that holds them, which may be the whole message.
        outer = _identified(root)
        whole = _meanings(root)
        item = outer if outer is not None else None if _is_parcel(whole) or "parcel_id" in whole else item
    if item is None:
        return alone, _pieces(root)
    return item, _pieces(root.at(item))


def _pieces(node: _Node) -> str:
    """Path of what is repeated in an item for every piece of it."""
    return _repeated(node) or _goods(node) or ""


def _repeated(node: _Node) -> str | None:
    """Shallowest path of nodes that have twins and hold something."""
    found = [path for path, child in node.below() if (child.twins > 1 or child.is_listed) and child.children]
    return min(found, key=lambda path: path.count("/"), default=None)


def _goods(node: _Node) -> str | None:
    """Path of what is named like goods and holds something, where no sample has it more than once.

    Of a list of goods it is what the list is of: ``Goods/Line``.
    """
    for path, child in node.below():
        if child.children and _GOODS.search(child.name):
            return "/".join([path, *_only_children(child)])
    return None


def _only_children(node: _Node) -> Iterator[str]:
    """Names of the one child, of its one child, and so on, as long as these hold something."""
    while len(node.children) == 1 and (only := next(iter(node.children.values()))).children:
        node = only
        yield node.name


def _identified(root: _Node) -> str | None:
    """Deepest node, but for the root, that holds a party and another or a number, where nothing is repeated."""
    holders = [path for path, node in root.below() if node.children and _is_parcel(_meanings(node))]
    return max(holders, key=lambda path: path.count("/"), default=None)


def _is_parcel(meanings: set[str]) -> bool:
    return {"parcel_id", "sender_name"} <= meanings or len(_parties(meanings)) == len(_ROLES)


def _is_told(meanings: set[str]) -> bool:
    return "parcel_id" in meanings or bool(_parties(meanings))


def _parties(meanings: set[str]) -> set[str]:
    """Roles of which there is more than one field: the sender of a message has but a name."""
    return {role for role in _ROLES if sum(name.startswith(f"{role}_") for name in meanings) > 1}


def _meanings(node: _Node) -> set[str]:
    return {name for path, child in node.below() if not child.children and (name := meaning_of(path))}


class _Tree(TreeBuilder):
    """Elements as far as they were read."""

    root: Element | None = None

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        """Open an element; the first one is the root."""
        element = super().start(tag, attrs)
        if self.root is None:
            self.root = element
        return element


def _xml_tree(sample: bytes) -> _Node:
    tree = _Tree()
    try:
        DefusedXMLParser(target=tree, forbid_dtd=True).feed(sample)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise SourceError(
            "this is not XML that can be read. Check that it is complete and has no document type."
        ) from error
    root = tree.root
    if root is None:
        raise SourceError("this is not XML that can be read: it has no element. Check that it is complete.")
    while local_name(root.tag.replace("}", ":")) in (*SOAP, "Body") and len(root):
        root = next((one for one in root if one.tag.endswith("Body")), root[0])
    node = _Node(local_name(root.tag.replace("}", ":")))
    _put_element(node, root, _Names())
    return node


def _put_element(node: _Node, element: Element, names: _Names, depth: int = 0) -> None:
    for name in element.attrib:
        names.count(node, at := f"@{local_name(name.replace('}', ':'))}")
        node.child(at)
    twins = Counter[str]()
    for one in element if depth < _MAX_DEPTH else ():
        name = local_name(one.tag.replace("}", ":"))
        names.count(node, name)
        twins[name] += 1
        _put_element(node.child(name), one, names, depth + 1)
    for name, n in twins.items():
        node.child(name).twins = max(node.child(name).twins, n)


class _Names:
    """Counts the names of a message, which are few in any that is meant."""

    def __init__(self) -> None:
        self._n = 0

    def count(self, node: _Node, name: str) -> None:
        """One more, where the node has none of that name."""
        self._n += name not in node.children
        if self._n > MAX_NAMES:
            raise SourceError(
                f"the message has more than {MAX_NAMES:,} names. Send the parcels and what they hold only, or give a "
                "mapping."
            )


def _documents(sample: bytes) -> list[Any]:
    """Documents of a list, of one a line, one behind the other, or one alone."""
    whole = _parsed(sample)
    if whole is not None:
        return whole if isinstance(whole, list) else [whole]
    found = (_parsed(one) for _, one in objects(utf8(io.BytesIO(sample))) if one)
    documents = list(islice((one for one in found if one is not None), _SAMPLE_LINES))
    if not documents:
        raise SourceError("this is not JSON that can be read. Check that it is complete.")
    return documents


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _of_json(document: Any) -> _Node:
    root = _Node("")
    _put(root, document, _Names())
    return root


def _put(node: _Node, value: Any, names: _Names, depth: int = 0) -> None:
    if isinstance(value, list):
        for one in value:
            _put(node, one, names, depth + 1)
    elif isinstance(value, dict) and depth < _MAX_DEPTH:
        for key, one in value.items():
            names.count(node, key)
            child = node.child(key)
            if isinstance(one, list):
                child.is_listed, child.twins = True, max(child.twins, len(one))
            _put(child, one, names, depth + 1)
