"""Objects of a text that should hold one JSON object a line and does not: lists, objects over several lines, and more.

Exports write lists where lines were asked for, and editors spread objects over lines. Whether a text does so is seen at
its beginning; an object that does not close is given as it is, for whoever parses it to say what is wrong. The text is
never held as a whole: a list of any length may be one line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from features.sources.adapter import MAX_RECORD_BYTES
from features.sources.syntax.lines import blocks

Line = tuple[int, bytes | None]
"""Number of a line and its text; None where it is too long."""
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[{}]')
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"')
_WRAPPED = re.compile(rb'^\s*\{\s*"(?:parcels|items|data|rows|records)"\s*:\s*\[')
_CUT = re.compile(rb'"(?:[^"\\\n]|\\[^\n])*+(?:"|\\?\Z)|[}\n]')
"""A text, which may end with what was read so far, or where a line may be cut."""


def is_spread(head: bytes) -> bool:
    """Whether a text does not hold one object a line, by its beginning."""
    lines = head.split(b"\n")
    first = next((line.strip() for line in lines if line.strip()), b"")
    return (
        first == b"{" or first.startswith(b"[") or b"}{" in _STRING.sub(b"", first) or _WRAPPED.match(head) is not None
    )


def objects(chunks: Iterator[bytes]) -> Iterator[Line]:
    """One object a line: the lines as they are, or the objects of a text that `is_spread`, each with its first line.

    Of several objects in one line each following one has the next number.

    Parameters
    ----------
    chunks:
        Of UTF-8, as `features.sources.syntax.lines.utf8` gives them.
    """
    head = next(chunks, b"")
    if not is_spread(head):
        yield from map(_without_comma, _lines(chain([head], chunks)))
        return
    if wrapped := _WRAPPED.match(head):
        head = b"\n" * wrapped[0].count(b"\n") + head[wrapped.end() :]
    last = 0
    for number, one in _objects(_pieces(chain([head], chunks))):
        last = max(number, last + 1)
        yield last, one


def _lines(text: Iterator[bytes]) -> Iterator[Line]:
    """Lines that hold something."""
    for block in blocks(text):
        for number, line in enumerate(block.lines, start=block.first):
            if line is None or (line and not line.isspace()):
                yield number, line


def _pieces(chunks: Iterator[bytes]) -> Iterator[Line]:
    """Lines, cut behind each closing bracket, so that a line of any length is in bounded memory."""
    rest, number, is_skipped = b"", 1, False
    for chunk in chunks:
        text, at = rest + chunk, 0
        if is_skipped:
            at = text.find(b"\n")
            if at < 0:
                continue
            is_skipped = False
        for found in _CUT.finditer(text, at):
            mark = found[0]
            if mark == b"}":
                yield number, text[at : found.end()]
                at = found.end()
            elif mark == b"\n":
                yield number, text[at : found.start()]
                number, at = number + 1, found.end()
            elif found.end() == len(text):
                break  # a text that may continue
        rest = text[at:]
        if len(rest) > MAX_RECORD_BYTES:
            yield number, None
            rest, is_skipped = b"", True
    yield number, rest


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
                    one = b" ".join([*parts, line[begin : token.end()]])
                    yield first, one if len(one) <= MAX_RECORD_BYTES else None
                    parts, n_bytes = [], 0
        if depth:
            parts.append(line[begin:])
            n_bytes += len(parts[-1]) + 1
            if n_bytes > MAX_RECORD_BYTES:
                yield first, None
                depth, parts, n_bytes = 0, [], 0
    if depth:
        yield first, b" ".join(parts)
