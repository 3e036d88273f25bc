"""Cut an EDIFACT interchange into segments, as a stream, and keep an eye on whether it is whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from pydifact.control.characters import Characters

from features.parcel.problems import SourceError
from features.sources.adapter import MAX_RECORD_BYTES
from features.sources.syntax.lines import utf8


@dataclass(frozen=True, kw_only=True)
class Service:
    """Characters with a meaning, as ``UNA`` gives them."""

    component: str = ":"
    data: str = "+"
    decimal: str = "."
    release: str = "?"
    terminator: str = "'"

    def characters(self) -> Characters:
        """Return them as the parser takes them."""
        return Characters.from_str(f"UNA{self.component}{self.data}{self.decimal}{self.release} {self.terminator}")

    def number(self, text: str) -> str:
        """Number with a point for decimals."""
        return text.replace(self.decimal, ".")

    def released(self, text: str) -> str:
        """Text with every character of meaning released."""
        return re.sub(f"([{re.escape(self.component + self.data + self.release + self.terminator)}])", r"?\1", text)


class Interchange:
    """Segments of one interchange."""

    def __init__(self, chunks: Iterator[bytes], buffer: str, service: Service) -> None:
        """`buffer` begins behind ``UNA``."""
        self.service = service
        self.fault = ""
        self._chunks = chunks
        self._buffer = buffer
        self._ended = False

    def finish(self, tag: str) -> None:
        """Note that the end of a message or of the interchange was seen."""
        self._ended = self._ended or tag == "UNZ"

    def segments(self) -> Iterator[str]:
        """Texts of the segments in order; `fault` says afterwards what broke, if anything did."""
        release, terminator = re.escape(self.service.release), re.escape(self.service.terminator)
        segment = re.compile(rf"\s*((?:[^{release}{terminator}]|{release}.)*+){terminator}", re.DOTALL)
        rest = b""
        for chunk in self._chunks_and_end():
            at = 0
            while matched := segment.match(self._buffer, at):  # tried at one offset only: a search would try at all
                at = matched.end()
                if matched[1]:
                    yield matched[1]
            self._buffer = self._buffer[at:]
            if len(self._buffer) > MAX_RECORD_BYTES:
                self.fault = f"a segment has more than {MAX_RECORD_BYTES:,} characters."
                return
            try:
                text, rest = _decoded(rest + chunk)
            except UnicodeDecodeError:
                self.fault = "the interchange is not UTF-8 any more."
                return
            self._buffer += text
        if self._buffer.strip() or not self._ended:
            self.fault = "the interchange ends early: its UNZ segment is missing."

    def _chunks_and_end(self) -> Iterator[bytes]:
        yield from self._chunks
        yield b""


def _decoded(data: bytes) -> tuple[str, bytes]:
    """Text of whole characters, and the bytes of one that the next chunk completes."""
    for cut in range(min(4, len(data)) + 1):
        try:
            return data[: len(data) - cut].decode("utf-8"), data[len(data) - cut :]
        except UnicodeDecodeError as error:
            if error.start < len(data) - 4:
                raise
    return data.decode("utf-8"), b""


def open_interchange(file: BinaryIO) -> Interchange:
    """Read the service string and the beginning of an interchange.

    Raises
    ------
    SourceError
        When the file is empty, not text, or does not begin with ``UNA`` or ``UNB``.
    """
    chunks = utf8(file)
    try:
        first, rest = _decoded(next(chunks, b""))
    except UnicodeDecodeError as error:
        raise SourceError("the interchange is not UTF-8. Send UTF-8, syntax identifier UNOW.") from error
    text = first.lstrip()
    if not text:
        raise SourceError("the file is empty. Send an interchange from UNB to UNZ.")
    if not text.startswith(("UNA", "UNB")):
        raise SourceError("the file does not begin with UNA or UNB. Send an interchange from UNB to UNZ.")
    service = Service()
    if text.startswith("UNA"):
        marks = text[3:9]
        if len(set(marks)) < 6 or any(mark.isalnum() for mark in marks):
            raise SourceError("the UNA segment does not name six different marks. Send UNA:+.? '.")
        service = Service(component=marks[0], data=marks[1], decimal=marks[2], release=marks[3], terminator=marks[5])
        text = text[9:]
    return Interchange(_with_rest(rest, chunks), text, service)


def _with_rest(rest: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    if rest:
        yield rest + next(chunks, b"")
    yield from chunks
