"""Cut a stream of bytes into lines of UTF-8, in bounded memory, whatever is in it."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from features.parcel.problems import SourceError
from features.sources.adapter import MAX_RECORD_BYTES

BLOCK_BYTES = 1 << 19
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UTF_32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_ENDS = b"\x00\x1a"
"""What old programs and transfers put behind the last line."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """Whole lines of a file.

    Attributes
    ----------
    first:
        Number of the first line, counted from 1.
    lines:
        Lines without their ends. None stands for one that is longer than ``MAX_RECORD_BYTES``.
    is_cut_off:
        True when the last line has no end because the file ended.
    """

    first: int
    lines: list[bytes | None]
    is_cut_off: bool = False


def utf8(file: BinaryIO) -> Iterator[bytes]:
    """Blocks of bytes without byte-order mark; UTF-16 and UTF-32 are turned into UTF-8.

    They say so by their mark; without one UTF-16 is known by the zeros of its first two letters, where these are ASCII.

    Raises
    ------
    SourceError
        When the file looks like UTF-16 or UTF-32 but does not say which, or has a fault in it.
    """
    head = file.read(BLOCK_BYTES)
    encoding = wide_encoding(head)
    if encoding is not None:
        yield from _from_wide(head, file, encoding)
        return
    head = head.removeprefix(codecs.BOM_UTF8)
    if len(head) >= 4 and head[:4].count(0) >= 2:
        raise SourceError("the file is UTF-16 or UTF-32 without a byte-order mark. Save it as UTF-8.")
    while head:
        yield head
        head = file.read(BLOCK_BYTES)


def wide_encoding(head: bytes) -> str | None:
    """Encoding of two or four bytes a letter that the beginning of a file shows; None for any other file."""
    if head[:4] in _UTF_32:
        return "utf-32"
    if head[:2] in _UTF_16:
        return "utf-16"
    zeros = "".join("0" if byte == 0 else "x" for byte in head[:4])
    return {"x0x0": "utf-16-le", "0x0x": "utf-16-be"}.get(zeros)


def _from_wide(head: bytes, file: BinaryIO, encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while head:
            yield decoder.decode(head).encode("utf-8")
            head = file.read(BLOCK_BYTES)
        yield decoder.decode(b"", final=True).encode("utf-8")
    except UnicodeError as error:
        raise SourceError(f"the file says that it is {encoding.upper()}, but is not. Save it as UTF-8.") from error


def blocks(text: Iterable[bytes]) -> Iterator[Block]:
    """Lines of a text, block by block. A line that is too long is skipped without being held in memory.

    A text whose beginning has carriage returns alone ends its lines with them.
    """
    rest, first, skipping = b"", 1, False
    has_returns: bool | None = None
    for chunk in text:
        if has_returns is None and chunk:
            has_returns = b"\n" not in chunk and b"\r" in chunk
        if has_returns:
            chunk = chunk.replace(b"\r", b"\n")
        lines: list[bytes | None] = list((rest + chunk).split(b"\n"))
        rest = lines.pop() or b""
        if lines and skipping:
            lines[0], skipping = None, False
        if skipping or len(rest) > MAX_RECORD_BYTES:
            skipping, rest = True, b""
        if lines:
            yield Block(first=first, lines=[_short(line) for line in lines])
            first += len(lines)
    rest = rest.rstrip(_ENDS)
    if rest or skipping:
        yield Block(first=first, lines=[None if skipping else rest], is_cut_off=True)


def _short(line: bytes | None) -> bytes | None:
    if line is None or len(line) > MAX_RECORD_BYTES:
        return None
    return line.removesuffix(b"\r")
