"""Take the items of a JSON document, of a list or of one document a line apart into texts by path.

A path is the keys down to a value, as in ``sender/address/city``; what is given around the items begins with ``^``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from itertools import chain
from typing import Any, BinaryIO

from features.parcel.problems import Rejection, SourceError
from features.sources.adapter import KEPT_CHARACTERS
from features.sources.item import Item, Texts
from features.sources.syntax.encodings import Text
from features.sources.syntax.json_objects import objects
from features.sources.syntax.lines import blocks
from features.sources.syntax.strict_json import JsonFault, strict_json

MAX_DOCUMENT_BYTES = 1 << 26
"""A document is read as a whole; larger ones belong in a file with one document a line."""
_MAX_DEPTH = 32
_THREE_DIGITS = re.compile(r"\.\d{3}$")


def items(file: BinaryIO, item: str, piece: str, encoding: str | None = None) -> Iterator[Item]:
    """Items of a file, each in a path `item` of a document; the document itself, or each of a list, when that is empty.

    A key that ends with ``?`` may be left out of the document.

    Raises
    ------
    SourceError
        When the file is empty, is no JSON, is too large for one document, or holds no such path.
    """
    yield from items_of(_documents(file, encoding), item, piece)


def items_of(documents: Iterable[Any], item: str, piece: str) -> Iterator[Item]:
    """Items of parsed documents; a fault stands for one that is no JSON.

    Raises
    ------
    SourceError
        When no document holds such a path.
    """
    number, empty, is_found = 0, list[int](), False
    for document in documents:
        if isinstance(document, JsonFault):
            number += 1
            yield _faulty(number, document)
            continue
        is_empty = True
        for around, value in _at(document, [key for key in item.split("/") if key], "", {}):
            yield from (_faulty(line, _nothing_at(item)) for line in empty)  # it is not the path that is wrong
            empty.clear()
            is_empty, is_found = False, True
            number += 1
            yield item_of(number, value, piece, around)
        if is_empty:
            number += 1
            if is_found:
                yield _faulty(number, _nothing_at(item))
            else:
                empty.append(number)
    if not is_found and (empty or number == 0):
        raise SourceError(f"the JSON holds nothing at {item!r}. Check the item of the mapping against the file.")


def _faulty(line: int, fault: JsonFault, field: str = "line") -> Item:
    said = Rejection(line=line, field=field, code=fault.code, reason=fault.reason, remedy=fault.remedy)
    return Item(line=line, values={}, faults=(said,))


def _nothing_at(item: str) -> JsonFault:
    return JsonFault(
        code="no_item",
        reason=f"the document holds nothing at {item!r}.",
        remedy="Send documents of one form in a file; leave out what is no parcel.",
    )


def _documents(file: BinaryIO, encoding: str | None) -> Iterator[Any]:
    """One document a line; else a whole one, or the objects of a text that is neither."""
    chunks = iter(Text(file, encoding))
    head = next(chunks, b"")
    while head.isspace():
        head = next(chunks, b"")
    if not head:
        raise SourceError("the file is empty. Send a JSON document, or one a line.")
    if not isinstance(_parsed(head.lstrip().split(b"\n", 1)[0]), JsonFault):
        lines = (line for block in blocks(chain([head], chunks)) for line in block.lines)
        yield from (_parsed(line) for line in lines if line is None or line.strip())
        return
    parts, n_bytes = [head], len(head)
    for chunk in chunks:
        parts.append(chunk)
        n_bytes += len(chunk)
        if n_bytes > MAX_DOCUMENT_BYTES:
            raise SourceError(
                f"the document has more than {MAX_DOCUMENT_BYTES:,} bytes. Send one document a line instead."
            )
    text = b"".join(parts)
    whole = _parsed(text.rstrip(b"\x00\x1a"))
    if not isinstance(whole, JsonFault):
        yield whole
        return
    apart = [_parsed(one) for _, one in objects(iter([text]))]
    if all(isinstance(one, JsonFault) for one in apart):
        raise SourceError(f"{whole.reason} {whole.remedy}")
    yield from apart


def _parsed(line: bytes | None) -> Any:
    if line is None:
        return JsonFault(
            code="too_long", reason="the line is too long.", remedy="Check for a line end that is missing."
        )
    try:
        return strict_json(line.decode("utf-8"))
    except JsonFault as fault:
        return fault
    except UnicodeDecodeError:
        return JsonFault(code="encoding", reason="the line is not UTF-8.", remedy="Send UTF-8.")


def _at(value: Any, keys: list[str], path: str, around: Texts) -> Iterator[tuple[Texts, Any]]:
    """Values at a path, through all lists on the way, with what is given next to them."""
    if isinstance(value, list):
        for one in value:
            yield from _at(one, keys, path, around)
    elif not keys:
        yield around, value
    elif isinstance(value, dict) and keys[0].endswith("?"):
        key = keys[0].removesuffix("?")
        yield from _at(value, [key, *keys[1:]] if key in value else keys[1:], path, around)
    elif isinstance(value, dict) and keys[0] in value:
        beside: Texts = {}
        _flatten({key: one for key, one in value.items() if key != keys[0]}, path, beside, {}, "", [])
        below = f"{path}/{keys[0]}" if path else keys[0]
        more = {f"^{name}": text for name, text in beside.items()}
        yield from _at(value[keys[0]], keys[1:], below, around | more)


def item_of(number: int, value: Any, piece: str, around: Texts | None = None) -> Item:
    """A document as an item, with what is given around it."""
    if not isinstance(value, dict):
        says = "this is not a JSON object."
        return _faulty(
            number, JsonFault(code="not_an_object", reason=says, remedy="Send one object per parcel."), "item"
        )
    values: Texts = {}
    repeated: dict[str, int] = {}
    pieces: list[Texts] = []
    _flatten(value, "", values, repeated, piece, pieces)
    return Item(line=number, values=(around or {}) | values, pieces=pieces, repeated=repeated)


def _flatten(value: Any, path: str, into: Texts, repeated: dict[str, int], piece: str, pieces: list[Texts]) -> None:
    if isinstance(value, dict) and path == piece and piece:  # one that is alone needs no list
        _flatten([value], path, into, repeated, piece, pieces)
    elif isinstance(value, dict) and path.count("/") < _MAX_DEPTH:
        for key, one in value.items():
            _flatten(one, f"{path}/{key}" if path else key, into, repeated, piece, pieces)
    elif isinstance(value, list) and path == piece and piece:
        for one in value:
            pieces.append({})
            _flatten(one, "", pieces[-1], repeated, "", [])
    elif isinstance(value, list):
        for one in value:
            _flatten(one, path, into, repeated, piece, pieces)
    elif value is not None and value != "" and value == value:  # NaN, which a table may hold, is none
        text = _text(value)[:KEPT_CHARACTERS]
        if into.setdefault(path, text) != text:
            repeated[path] = repeated.get(path, 1) + 1


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date):  # and times of a table that is nested
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    text = str(value)
    # A number has a decimal point; with three digits behind it, a text may have a mark of thousands.
    return f"{text}0" if isinstance(value, float | Decimal) and _THREE_DIGITS.search(text) else text
