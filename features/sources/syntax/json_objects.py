"""Objects of a text that should hold one JSON object a line and does not: lists, objects over several lines, and more.

Exports write lists where lines were asked for, and editors spread objects over lines. Whether a text does so is seen at
its beginning; an object that does not close is given as it is, for whoever parses it to say what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, islice

from features.sources.adapter import MAX_RECORD_BYTES

Line = tuple[int, bytes | None]
"""Number of a line and its text; None where it is too long."""
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[{}]')
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"')
_WRAPPED = re.compile(rb'^\s*\{\s*"(?:parcels|items|data|rows|records)"\s*:\s*\[')
_WRAPPED_LINES = 3
"""Lines over which the beginning of an object around the list may run."""


def is_spread(head: bytes) -> bool:
    """Whether a text does not hold one object a line, by its beginning."""
    lines = head.split(b"\n")
    first = next((line.strip() for line in lines if line.strip()), b"")
    return (
        first == b"{" or first.startswith(b"[") or b"}{" in _STRING.sub(b"", first) or _WRAPPED.match(head) is not None
    )


def objects(lines: Iterator[Line]) -> Iterator[Line]:
    """One object a line: the lines as they are, or the objects of a text that `is_spread`, each with its first line.

    Of several objects in one line each following one has the next number.
    """
    head = list(islice(lines, _WRAPPED_LINES))
    text = b"\n".join(line or b"" for _, line in head)
    if not is_spread(text):
        yield from chain(map(_without_comma, head), map(_without_comma, lines))
        return
    if wrapped := _WRAPPED.match(text):
        rest = text[wrapped.end() :].split(b"\n")
        head = [(number, line) for (number, _), line in zip(head[-len(rest) :], rest, strict=True)]
    last = 0
    for number, one in _objects(chain(head, lines)):
        last = max(number, last + 1)
        yield last, one


def _without_comma(line: Line) -> Line:
    number, text = line
    return (number, text.rstrip()[:-1]) if text is not None and text.rstrip().endswith(b"},") else line


def _objects(lines: Iterator[Line]) -> Iterator[Line]:
    depth, first, parts, n_bytes = 0, 0, list[bytes](), 0
    for number, line in lines:
        if line is None:
            yield number, None
            depth, parts, n_bytes = 0, [], 0
            continue
        begin = 0
        for token in _TOKEN.finditer(line):
            mark = token[0]
            if mark == b"{":
                if depth == 0:
                    first, begin = number, token.start()
                depth += 1
            elif mark == b"}" and depth:
                depth -= 1
                if depth == 0:
                    yield first, b" ".join([*parts, line[begin : token.end()]])
                    parts, n_bytes = [], 0
        if depth:
            parts.append(line[begin:])
            n_bytes += len(parts[-1]) + 1
            if n_bytes > MAX_RECORD_BYTES:
                yield first, None
                depth, parts, n_bytes = 0, [], 0
    if depth:
        yield first, b" ".join(parts)
