"""XML messages of many items, read as a stream and without risk: no document type, no entities, no depth, no giants."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.parsers import expat

from features.parcel.problems import Rejection, SourceError
from features.sources.adapter import MAX_RECORD_BYTES
from features.sources.item import Item, Texts

MAX_DEPTH = 16
_CHUNK_BYTES = 1 << 16


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How a message is built.

    Attributes
    ----------
    root, item, piece:
        Names of the elements.
    keyed:
        Elements that say in one child what they are and in another what they hold: name, kind and content. Such an
        element becomes a path of its own, as in ``Communication[TE]``.
    """

    root: tuple[str, ...]
    item: str
    piece: str = ""
    keyed: dict[str, tuple[str, str]] = field(default_factory=dict)


class _Refused(Exception):
    """A message must not be read on."""

    def __init__(self, code: str, reason: str, remedy: str) -> None:
        super().__init__(code)
        self.code, self.reason, self.remedy = code, reason, remedy


def items(file: BinaryIO, shape: Shape) -> Iterator[Item]:
    """Items of a message in order. Where it breaks, a last item says why and where, and the rest is not read.

    Raises
    ------
    SourceError
        When it is empty, is no XML, has another root element, or breaks before its first item.
    """
    reader = _Reader(shape)
    n_items = 0
    fault: Rejection | None = None
    for chunk in _chunks(file):
        fault = reader.feed(chunk)
        for unit in reader.take():
            n_items += 1
            yield unit
        if fault is not None or not chunk:
            break
    if fault is not None and n_items == 0:
        raise SourceError(f"{fault.reason} {fault.remedy}")
    if n_items == 0:
        raise SourceError(
            f"the message holds no element {shape.item} where items belong. Put each item directly into "
            f"{shape.root[0]}, under the names of docs/formats.md, in the same letters."
        )
    if fault is not None:
        yield Item(line=n_items + 1, values={}, faults=(fault,))


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK_BYTES):
        yield chunk
    yield b""


class _Reader:
    """Feeds the parser and collects what the handlers finish."""

    def __init__(self, shape: Shape) -> None:
        self._items = _Items(shape)
        self._last_end = 0
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = self._items.handlers()
        parser.StartDoctypeDeclHandler = _no_doctype
        parser.EntityDeclHandler = _no_doctype
        self._parser = parser

    def take(self) -> list[Item]:
        """Items that were finished since the last call."""
        done = self._items.done[:]
        self._items.done.clear()
        return done

    def feed(self, chunk: bytes) -> Rejection | None:
        """Read on; return why reading must stop."""
        try:
            self._parser.Parse(chunk, not chunk)
            if self._items.done:
                self._last_end = self._parser.CurrentByteIndex
            elif self._parser.CurrentByteIndex - self._last_end > MAX_RECORD_BYTES:
                raise _Refused(
                    "too_long", f"an item has more than {MAX_RECORD_BYTES:,} bytes.", "Check what was put into it."
                )
        except expat.ExpatError as error:
            return self._broken(error)
        except _Refused as refused:
            return self._rejection(refused.code, refused.reason, refused.remedy)
        return None

    def _broken(self, error: expat.ExpatError) -> Rejection:
        where = f"line {error.lineno}, column {error.offset + 1}"
        if error.code == expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS]:
            return self._rejection("truncated", "the file is empty or ends early.", "Send the whole message again.")
        return self._rejection(
            "not_xml",
            f"the XML breaks at {where}: {expat.ErrorString(error.code)}.",
            "Correct it and send the message again; items that were accepted are recognised.",
        )

    def _rejection(self, code: str, reason: str, remedy: str) -> Rejection:
        return Rejection(line=self._items.n_items + 1, field="file", code=code, reason=reason, remedy=remedy)


_OUTSIDE, _IN_ITEM, _IN_PIECE = "^", "", "\x00"
"""States: before the items, in an item, in one of its pieces; paths of elements begin there."""


class _Items:
    """What the parser calls, a hundred times per item: so the handlers are closures, and paths are cached."""

    def __init__(self, shape: Shape) -> None:
        self.done: list[Item] = []
        self.n_items = 0
        self._shape = shape
        self._header: Texts = {}

    def handlers(self) -> tuple[Callable[..., None], Callable[..., None], Callable[..., None]]:
        """Handlers of the start of an element, of its end, and of text."""
        shape, cache = self._shape, _Paths(self._shape)
        stack: list[str] = []
        text = ""
        values: Texts = {}
        pieces: list[Texts] = []
        twice: set[str] = set()
        into = self._header

        def start(tag: str, _attributes: dict[str, str]) -> None:
            nonlocal text, values, pieces, into
            path = cache[stack[-1] if stack else None, tag]
            if path == _IN_ITEM:
                into = values = {}
                pieces = []
                twice.clear()
            elif path == _IN_PIECE:
                into = {}
                pieces.append(into)
            if len(stack) > MAX_DEPTH:
                raise _Refused("nested", "the elements are nested too deeply.", "Check the format.")
            stack.append(path)
            text = ""

        def data(more: str) -> None:
            nonlocal text
            text += more

        def end(_tag: str) -> None:
            nonlocal text, into
            path = stack.pop()
            if path == _IN_ITEM:
                self._finish(values, pieces, twice)
                into = self._header
            elif path == _IN_PIECE:
                into = values
            elif path in cache.keyed:
                kind, content = cache.keyed[path]
                _keep(into, f"{path}[{into.pop(kind, '')}]", into.pop(content, ""), twice)
            elif text and not text.isspace():
                _keep(into, path, text, twice)
            text = ""

        if shape.piece == shape.item:
            raise ValueError("a piece needs a name of its own")
        return start, end, data

    def _finish(self, values: Texts, pieces: list[Texts], twice: set[str]) -> None:
        self.n_items += 1
        faults = tuple(
            Rejection(
                line=self.n_items,
                field=path,
                code="element_twice",
                reason="the element is there twice.",
                remedy="Send it once; which of the two counts cannot be known.",
            )
            for path in sorted(twice)
        )
        self.done.append(Item(line=self.n_items, values=self._header | values, pieces=pieces, faults=faults))


def _keep(into: Texts, path: str, text: str, twice: set[str]) -> None:
    if path in into:
        twice.add(path)
    if text:
        into[path] = text


class _Paths(dict[tuple[str | None, str], str]):
    """Path of an element by the path of its parent and its tag, worked out once."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.keyed: dict[str, tuple[str, str]] = {}
        self._shape = shape

    def __missing__(self, key: tuple[str | None, str]) -> str:
        """Work the path out, and remember it, within reason: a hostile file may invent any number of names."""
        path = self._worked_out(*key)
        if len(self) < 10_000:
            self[key] = path
        return path

    def _worked_out(self, parent: str | None, tag: str) -> str:
        name = tag.rpartition(":")[2]
        shape = self._shape
        if parent is None:
            if name not in shape.root:
                raise _Refused("wrong_root", f"the root element is not {' or '.join(shape.root)}.", "Check the format.")
            return _OUTSIDE
        if parent == _OUTSIDE:
            return _IN_ITEM if name == shape.item else f"^{name}"
        if parent.startswith("^"):
            return f"{parent}/{name}"
        if parent == _IN_ITEM and name == shape.piece:
            return _IN_PIECE
        path = name if parent in (_IN_ITEM, _IN_PIECE) else f"{parent}/{name}"
        if name in shape.keyed:
            kind, content = shape.keyed[name]
            self.keyed[path] = (f"{path}/{kind}", f"{path}/{content}")
        return path


def _no_doctype(*_: object) -> None:
    raise _Refused(
        "doctype", "the XML declares a document type or entities, which are not read for safety.", "Leave them out."
    )
