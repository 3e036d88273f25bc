"""Take the elements of a JSON array out of a stream, one by one, without holding the whole document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from features.parcel.problems import SourceError
from features.sources.adapter import MAX_RECORD_BYTES
from features.sources.syntax.lines import utf8
from features.sources.syntax.strict_json import JsonFault, strict_json

MAX_DEPTH = 32
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[{}\[\]]', re.DOTALL)
Element = tuple[int, Any | JsonFault]
"""Number of an element, counted from 1, and the element, or why it cannot be read."""


def elements(file: BinaryIO, key: str) -> Iterator[tuple[int, bytes, Any]]:
    """Elements of the array under `key` of the document: number, text, and the value or the `JsonFault`.

    A fault in an element does not stop the others. Where the document itself breaks, a last element says so.

    Raises
    ------
    SourceError
        When the document does not begin with an object whose array `key` can be found.
    """
    chunks = utf8(file)
    buffer = _beginning(chunks, key)
    number = 0
    while True:
        text, buffer, fault = _next(buffer, chunks)
        if text is None and fault is None:
            if not _closes(buffer, chunks):
                yield number + 1, b"", _fault("more_follows", "something follows the list, and was not read.")
            return
        number += 1
        if fault is not None:
            yield number, b"", fault
            return
        yield number, text or b"", _parsed(text or b"")


def _beginning(chunks: Iterator[bytes], key: str) -> bytes:
    """What follows the opening bracket of the array."""
    opening = re.compile(rb'^\s*\{(?:[^{}\[\]])*?"%s"\s*:\s*\[' % re.escape(key.encode()))
    buffer = b""
    for chunk in chunks:
        buffer += chunk
        if beginning := opening.match(buffer):
            return buffer[beginning.end() :]
        if len(buffer) > MAX_RECORD_BYTES:
            break
    if not buffer.strip():
        raise SourceError(f'the file is empty. Send {{"{key}": [...]}}.')
    raise SourceError(f'the document does not begin with {{"{key}": [. Send {{"{key}": [...]}}.')


def _next(buffer: bytes, chunks: Iterator[bytes]) -> tuple[bytes | None, bytes, JsonFault | None]:
    """Text of the next element, what follows it, or the fault that ends the document."""
    while True:
        stripped = buffer.lstrip(b" \t\r\n,")
        if stripped.startswith(b"]"):
            return None, stripped[1:], None
        if stripped:
            end, depth = _end(stripped)
            if depth > MAX_DEPTH:
                return None, b"", _fault("nested", "the JSON is nested too deeply.")
            if end:
                return stripped[:end], stripped[end:], None
        if len(stripped) > MAX_RECORD_BYTES:
            return None, b"", _fault("too_long", f"an element has more than {MAX_RECORD_BYTES:,} bytes.")
        chunk = next(chunks, None)
        if chunk is None:
            return None, b"", _fault("truncated", "the document ends within the list.")
        buffer = stripped + chunk


def _closes(buffer: bytes, chunks: Iterator[bytes]) -> bool:
    """Whether only the end of the document follows; bounded, for what follows is not read."""
    while len(buffer) <= MAX_RECORD_BYTES and (chunk := next(chunks, None)) is not None:
        buffer += chunk
    return buffer.strip() == b"}"


def _end(text: bytes) -> tuple[int, int]:
    """Where the first element of `text` ends, 0 when it is not complete, and how deeply it is nested."""
    if text[:1] not in b"{[":
        stop = re.search(rb"[,\]]", text)
        return (max(stop.start(), 1), 0) if stop else (0, 0)
    depth = deepest = 0
    for token in _TOKEN.finditer(text):
        mark = token[0][:1]
        if mark in b"{[":
            depth += 1
            deepest = max(deepest, depth)
            if depth > MAX_DEPTH:
                return 0, depth
        elif mark in b"}]":
            depth -= 1
            if depth == 0:
                return token.end(), deepest
    return 0, deepest


def _parsed(text: bytes) -> Any:
    try:
        return strict_json(text.decode("utf-8"))
    except JsonFault as fault:
        return fault
    except UnicodeDecodeError:
        return JsonFault(code="encoding", reason="the element is not UTF-8.", remedy="Send UTF-8.")


def _fault(code: str, reason: str) -> JsonFault:
    return JsonFault(
        code=code, reason=reason, remedy="Send the rest again; elements that were accepted are recognised."
    )
