"""XML messages of many items, read as a stream and without risk: no document type, no entities, no depth, no giants."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO
from xml.parsers import expat

from features.parcel.problems import Rejection, SourceError
from features.sources.adapter import BATCH_ROWS, MAX_RECORD_BYTES
from features.sources.item import Item, Texts
from features.sources.syntax.xml_paths import AROUND, ITEM, KEYED, PIECE, Around, Refused, Shape, Step, attributes_of

_CHUNK_BYTES = 1 << 16


def items(file: BinaryIO, shape: Shape, encoding: str | None = None) -> Iterator[Item]:
    """Items of a message in order. Where it breaks, a last item says why and where, and the rest is not read.

    What is given around the items, before or behind them, belongs to each of them; behind them only as long as they
    are held back, which is for a batch.

    Raises
    ------
    SourceError
        When it is empty, is no XML, has another root element, or breaks before its first item.
    """
    reader = _Reader(shape, encoding)
    n_items = 0
    fault: Rejection | None = None
    for chunk in _chunks(file):
        fault = reader.feed(chunk)
        is_last = fault is not None or not chunk
        for unit in reader.take(all_of_them=is_last):
            n_items += 1
            yield unit
        if is_last:
            break
    if fault is not None and n_items == 0:
        raise SourceError(f"{fault.reason} {fault.remedy}")
    if n_items == 0:
        raise SourceError(
            f"the message holds no element {shape.item} where items belong. Put each item into "
            f"{shape.root[0] if shape.root else 'the root element'}, under the names of docs/formats.md, in the same "
            "letters."
        )
    if fault is not None:
        yield Item(line=n_items + 1, values={}, faults=(fault,))


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK_BYTES):
        yield chunk
    yield b""


class _Reader:
    """Feeds the parser and collects what the handlers finish."""

    def __init__(self, shape: Shape, encoding: str | None) -> None:
        self._items = _Items(shape)
        self._last_end = 0
        parser = expat.ParserCreate(encoding)
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = self._items.handlers()
        parser.StartDoctypeDeclHandler = _no_doctype
        parser.EntityDeclHandler = _no_doctype
        self._parser = parser

    def take(self, *, all_of_them: bool) -> Iterator[Item]:
        """Items that were finished, once a batch of them is there."""
        done = self._items.done
        if not all_of_them and len(done) < BATCH_ROWS:
            return
        ready = done[:]
        done.clear()
        around: dict[int, Texts] = {}
        for line, values, pieces, repeated, scopes in ready:
            given = around.get(id(scopes))
            if given is None:
                around[id(scopes)] = given = {path: text for texts in scopes for path, text in texts.items()}
            yield Item(line=line, values={**given, **values}, pieces=pieces, repeated=repeated)

    def feed(self, chunk: bytes) -> Rejection | None:
        """Read on; return why reading must stop."""
        try:
            n_before = self._items.n_items
            self._parser.Parse(chunk, not chunk)
            if self._items.n_items > n_before:
                self._last_end = self._parser.CurrentByteIndex
            elif self._parser.CurrentByteIndex - self._last_end > MAX_RECORD_BYTES:
                raise Refused(
                    "too_long", f"an item has more than {MAX_RECORD_BYTES:,} bytes.", "Check what was put into it."
                )
        except expat.ExpatError as error:
            return self._broken(error)
        except Refused as refused:
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


class _Items:
    """What the parser calls, a hundred times per item: so the handlers are closures, and steps are remembered."""

    def __init__(self, shape: Shape) -> None:
        self.done: list[tuple[int, Texts, list[Texts], dict[str, int], tuple[Texts, ...]]] = []
        self.n_items = 0
        self._shape = shape

    def handlers(self) -> tuple[Callable[..., None], Callable[..., None], Callable[..., None]]:
        """Handlers of the start of an element, of its end, and of text."""
        if set(self._shape.pieces) & set(self._shape.items):
            raise ValueError("a piece needs a name of its own")
        around, step = Around(), Step(self._shape)
        stack: list[Step] = []
        text: list[str] = []
        values: Texts = {}
        pieces: list[Texts] = []
        repeated: dict[str, int] = {}
        into = around.texts

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal step, values, pieces, repeated, into
            stack.append(step)
            step = step[tag]
            if text:
                text.clear()
            if kind := step.kind:
                if kind == ITEM:
                    around.holds_item(stack)
                    into = values = {}
                    pieces, repeated = [], {}
                elif kind == PIECE:
                    into = {}
                    pieces.append(into)
                elif kind == AROUND:
                    into = around.opened(step.path)
            if attributes:
                for name, value in attributes_of(step.path, attributes):
                    into.setdefault(name, value)

        def end(_tag: str) -> None:
            nonlocal step
            if step.kind:
                special()
            elif text:
                whole = text[0] if len(text) == 1 else "".join(text)
                if step.path in into or whole.isspace():
                    _keep(into, step.path, whole, repeated)
                else:
                    into[step.path] = whole
            if text:
                text.clear()
            step = stack.pop()

        def special() -> None:
            nonlocal into
            kind, path = step.kind, step.path
            if kind == ITEM:
                self._finish(values, pieces, repeated, around)
                into = around.texts
            elif kind == PIECE:
                into = values
            elif kind == KEYED:
                name, content = step.key
                _keep(into, f"{path}[{into.pop(name, '')}]", into.pop(content, ""), repeated)
            elif kind == AROUND:
                _keep(into, path, "".join(text), {})
                into = around.closed(path)

        return start, end, text.append

    def _finish(self, values: Texts, pieces: list[Texts], repeated: dict[str, int], around: Around) -> None:
        self.n_items += 1
        self.done.append((self.n_items, values, pieces, repeated, around.seen()))


def _keep(into: Texts, path: str, text: str, repeated: dict[str, int]) -> None:
    """Keep the first text of a path, and count others; blanks are none."""
    if path not in into:
        if text and not text.isspace():
            into[path] = text
    elif text != into[path] and text and not text.isspace():
        repeated[path] = repeated.get(path, 1) + 1


def _no_doctype(*_: object) -> None:
    raise Refused(
        "doctype", "the XML declares a document type or entities, which are not read for safety.", "Leave them out."
    )
