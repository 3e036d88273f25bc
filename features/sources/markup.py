"""XML messages of many items, read as a stream and without risk: no document type, no entities, no depth, no giants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.parsers import expat

from features.parcel.problems import Rejection, SourceError
from features.sources.adapter import MAX_RECORD_BYTES
from features.sources.gathering import Item, Texts

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
        for found in reader.take():
            n_items += 1
            yield found
        if fault is not None or not chunk:
            break
    if fault is not None and n_items == 0:
        raise SourceError(f"{fault.reason} {fault.remedy}")
    if fault is not None:
        yield Item(line=n_items + 1, values={}, faults=(fault,))


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK_BYTES):
        yield chunk
    yield b""


class _Reader:
    """Handlers of the parser; paths begin below the item, and below the root for what stands before the items."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._paths: list[str] = []
        self._text = ""
        self._header: Texts = {}
        self._values: Texts | None = None
        self._pieces: list[Texts] = []
        self._piece: Texts | None = None
        self._twice: set[str] = set()
        self._done: list[Item] = []
        self._n_items = 0
        self._last_end = 0
        self._parser = self._prepared()

    def _prepared(self) -> expat.XMLParserType:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        parser.StartDoctypeDeclHandler = _no_doctype
        parser.EntityDeclHandler = _no_doctype
        return parser

    def take(self) -> list[Item]:
        """Items that were finished since the last call."""
        done, self._done = self._done, []
        return done

    def feed(self, chunk: bytes) -> Rejection | None:
        """Read on; return why reading must stop."""
        try:
            self._parser.Parse(chunk, not chunk)
            if self._parser.CurrentByteIndex - self._last_end > MAX_RECORD_BYTES:
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
            "not_xml", f"the XML breaks at {where}: {expat.ErrorString(error.code)}.",
            "Mend it and send the message again; items that were taken are recognised.",
        )  # fmt: skip

    def _rejection(self, code: str, reason: str, remedy: str) -> Rejection:
        return Rejection(line=self._n_items + 1, field="file", code=code, reason=reason, remedy=remedy)

    def _start(self, tag: str, _attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        paths = self._paths
        if not paths and name not in self._shape.root:
            raise _Refused(
                "wrong_root", f"the root element is not {' or '.join(self._shape.root)}.", "Check the format."
            )
        if len(paths) > MAX_DEPTH:
            raise _Refused("nested", "the elements are nested too deeply.", "Check the format.")
        self._text = ""
        if self._values is None:
            if name == self._shape.item:
                self._values, self._pieces, self._twice = {}, [], set()
            paths.append(name)
            return
        if name == self._shape.piece and self._piece is None:
            self._piece = {}
            self._pieces.append(self._piece)
            paths.append("")
            return
        inside = paths[-1] if paths[-1] and paths[-1] != self._shape.item else ""
        paths.append(f"{inside}/{name}" if inside else name)

    def _data(self, text: str) -> None:
        self._text += text

    def _end(self, _tag: str) -> None:
        path = self._paths.pop()
        text, self._text = self._text, ""
        if self._values is None:
            if text and not text.isspace():
                self._header[path] = text
        elif path == self._shape.item:
            self._finish()
        elif path == "":
            self._piece = None
        else:
            self._keep(path, text)

    def _keep(self, path: str, text: str) -> None:
        into = self._values if self._piece is None else self._piece
        name = path.rpartition("/")[2]
        if name in self._shape.keyed and into is not None:
            kind, content = (f"{path}/{part}" for part in self._shape.keyed[name])
            path, text = f"{path}[{into.pop(kind, '')}]", into.pop(content, "")
        if into is not None and text and not text.isspace():
            if path in into:
                self._twice.add(path)
            into[path] = text

    def _finish(self) -> None:
        self._n_items += 1
        self._last_end = self._parser.CurrentByteIndex
        values = {f"^{path}": text for path, text in self._header.items()} | (self._values or {})
        faults = tuple(
            Rejection(
                line=self._n_items, field=path, code="element_twice", reason="the element stands there twice.",
                remedy="Send it once; which of the two counts cannot be known.",
            )
            for path in sorted(self._twice)
        )  # fmt: skip
        self._done.append(Item(line=self._n_items, values=values, pieces=self._pieces, faults=faults))
        self._values = None


def _no_doctype(*_: object) -> None:
    raise _Refused(
        "doctype", "the XML declares a document type or entities, which are not read for safety.", "Leave them out."
    )
