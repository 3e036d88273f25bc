"""Cut an EDIFACT interchange into segments, as a stream, and keep an eye on whether it is whole."""

from __future__ import annotations

import codecs
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


_CHARACTER_SETS = {
    "UNOC": "iso8859_1",
    "UNOD": "iso8859_2",
    "UNOE": "iso8859_5",
    "UNOF": "iso8859_7",
    "UNOG": "iso8859_3",
    "UNOH": "iso8859_4",
    "UNOI": "iso8859_6",
    "UNOJ": "iso8859_8",
    "UNOK": "iso8859_9",
    "UNOL": "iso8859_15",
    "UNOW": "utf-8",
    "UNOX": "iso2022_jp_2",
    "UNOY": "utf-8",
}
"""Character sets by the syntax identifier of UNB (ISO 9735, code list 0001). UNOA and UNOB allow ASCII only."""
_SYNTAX = re.compile(rb"^\s*(?:UNA.{6}\s*)?UNB.(UNO[A-Z])", re.DOTALL)


class Interchange:
    """Segments of one interchange."""

    def __init__(self, chunks: Iterator[bytes], text: str, service: Service, encoding: str) -> None:
        """`text` is what was read of it before."""
        self.service = service
        self.encoding = encoding
        self.fault = ""
        self._chunks = chunks
        self._buffer = text
        self._ended = False

    def finish(self, tag: str) -> None:
        """Note that the end of a message or of the interchange was seen."""
        self._ended = self._ended or tag == "UNZ"

    def segments(self) -> Iterator[str]:
        """Texts of the segments in order; `fault` says afterwards what broke, if anything did."""
        release, terminator = re.escape(self.service.release), re.escape(self.service.terminator)
        segment = re.compile(rf"\s*((?:[^{release}{terminator}]|{release}.)*+){terminator}", re.DOTALL)
        decoder = codecs.getincrementaldecoder(self.encoding)()
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
                self._buffer += decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError:
                self.fault = f"the interchange is not {self.encoding.upper()} any more, as its UNB segment says."
                return
        if self._buffer.strip() or not self._ended:
            self.fault = "the interchange ends early: its UNZ segment is missing."

    def _chunks_and_end(self) -> Iterator[bytes]:
        yield from self._chunks
        yield b""


def open_interchange(file: BinaryIO, encoding: str | None = None) -> Interchange:
    """Read the service string and the beginning of an interchange; a stated `encoding` goes before that of UNB.

    Raises
    ------
    SourceError
        When the file is empty, not in its character set, or does not begin with ``UNA`` or ``UNB``.
    """
    chunks = utf8(file)
    first = next(chunks, b"")
    if not first.strip():
        raise SourceError("the file is empty. Send an interchange from UNB to UNZ.")
    if not first.lstrip().startswith((b"UNA", b"UNB")):
        raise SourceError("the file does not begin with UNA or UNB. Send an interchange from UNB to UNZ.")
    service, n_read = _service(first)
    return Interchange(_again(first[n_read:], chunks), "", service, encoding or _encoding(first))


def _service(first: bytes) -> tuple[Service, int]:
    """Marks of the service string, and the bytes up to behind it."""
    n_blank = len(first) - len(first.lstrip())
    if not first.lstrip().startswith(b"UNA"):
        return Service(), n_blank
    marks = first[n_blank + 3 : n_blank + 9].decode("latin-1")
    if len(set(marks)) < 6 or any(mark.isalnum() or mark > "\x7f" for mark in marks):
        raise SourceError("the UNA segment does not name six different marks. Send UNA:+.? '.")
    service = Service(component=marks[0], data=marks[1], decimal=marks[2], release=marks[3], terminator=marks[5])
    return service, n_blank + 9


def _encoding(first: bytes) -> str:
    """Encoding that UNB names; where it allows ASCII only, or nothing is named, what the first part is written in."""
    named = _SYNTAX.match(first)
    known = _CHARACTER_SETS.get(named[1].decode() if named else "")
    if known is not None:
        return known
    try:
        codecs.getincrementaldecoder("utf-8")().decode(first)
    except UnicodeDecodeError:
        return "iso8859_1"
    return "utf-8"


def _again(first: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from chunks
