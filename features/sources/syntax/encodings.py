"""The encoding of a table of text: as it is stated, as the file's mark says, or detected from its bytes.

UTF-8 is never given up for a few wrong bytes: rows that are not UTF-8 are then rejected by themselves. A guess is made
once, at the first part of the file with letters beyond ASCII, and it is reported.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO

from charset_normalizer import from_bytes

from features.parcel.problems import SourceError
from features.sources.syntax.lines import utf8

LIKELY = (
    *("cp1252", "cp1250", "iso8859_2", "cp1251", "gb18030", "big5", "cp932", "cp949", "cp1254", "cp1253", "cp1255"),
    *("cp1256", "cp1257", "koi8_r", "euc_jp", "cp850", "cp852"),
)
"""Encodings in which spreadsheets and couriers' programs write tables; of equally likely ones the first is taken."""
_SAMPLE_BYTES = 1 << 15
_MOST_DISORDER, _NO_DIFFERENCE = 0.3, 0.02
_OTHER = "\u0370-\u1fff"  # scripts that do not occur within Latin words
_SYMBOL = r"[^\w\s\x00-\x7f¿¡«»‘’“”„–—]+"
_SMALL = "".join(mark for mark in map(chr, range(0xDF, 0x180)) if mark.islower())
_ODD = re.compile(
    rf"(?<=[A-Za-z]){_SYMBOL}|(?:{_SYMBOL}|[¹²³])(?=[^\W\d_])|(?<=[A-Z])[{_SMALL}]+(?=[A-Z])"
    rf"|(?<=[A-Za-z])[{_OTHER}]+|[{_OTHER}]+(?=[A-Za-z])"
)
_TURKISH, _ICELANDIC = (
    re.compile(rb"[\xf0\xfd\xfe\xdd\xde]"),
    re.compile(rb"[\xc1\xc6\xc9\xcd\xd3\xe1\xe6\xe9\xed\xf3]"),
)
_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_HIGH = re.compile(rb"[\x80-\xff]")


class Text:
    """Bytes of a file as UTF-8, block by block.

    Parameters
    ----------
    stated:
        Encoding that the sender or a mapping names; it is used whatever the bytes look like.

    Raises
    ------
    SourceError
        When the stated encoding is unknown, or the file is UTF-16 or UTF-32 without a mark.
    """

    def __init__(self, file: BinaryIO, stated: str | None = None) -> None:
        """Prepare; nothing is read yet."""
        self.guess: str | None = None
        self._file = file
        self._stated = python_name(stated) if stated else None

    @property
    def notes(self) -> tuple[str, ...]:
        """What was guessed, as sentences for the sender."""
        if self.guess is None:
            return ()
        shown = re.sub(r"^cp(?=125)", "windows-", self.guess).replace("_", "-")
        return (f"The file is not UTF-8; it was read as {shown} by its bytes. If that is wrong, state the encoding.",)

    def __iter__(self) -> Iterator[bytes]:
        """Go through the file once."""
        if self._stated is not None and self._stated != "utf-8":
            yield from _recoded(iter(lambda: self._file.read(1 << 19), b""), self._stated)
            return
        blocks = utf8(self._file)
        for block in blocks:
            if block.isascii() or self._stated:
                yield block
                continue
            self.guess = None if _is_utf8(block) else detected(block)
            if self.guess is None:
                yield block
                yield from blocks
            else:
                yield from _recoded(_again(block, blocks), self.guess)


_NO_CHARSET = frozenset({"unicode-escape", "raw-unicode-escape", "utf-7", "punycode", "idna", "undefined"})
"""Encodings of Python that read plain text as something else: no system exports a file in them."""


def python_name(encoding: str) -> str:
    """Name of an encoding as Python has it.

    Raises
    ------
    SourceError
        When there is no such encoding of text.
    """
    try:
        known = codecs.lookup(encoding)
        "".encode(known.name)
        if known.name.replace("_", "-") in _NO_CHARSET:
            raise LookupError(known.name)
    except (LookupError, ValueError) as error:
        raise SourceError(f"there is no encoding {encoding[:40]!r}. Write one as in utf-8 or windows-1252.") from error
    return known.name


def detected(block: bytes) -> str | None:
    """Likeliest encoding of a part of a file with letters beyond ASCII that is not UTF-8; None when none is likely."""
    sample = b"\n".join(line for line in block.split(b"\n") if not line.isascii())[:_SAMPLE_BYTES]
    matches = from_bytes(sample, cp_isolation=list(LIKELY), preemptive_behaviour=False, threshold=_MOST_DISORDER)
    disorder = {
        name: match.chaos + 2 * _odd_share(str(match)) for match in matches for name in match.could_be_from_charset
    }
    least = min(disorder.values(), default=1.0)
    if least > _MOST_DISORDER:
        return None
    name = next(name for name in LIKELY if disorder.get(name, 1.0) <= least + _NO_DIFFERENCE)
    return "cp1254" if name == "cp1252" and _TURKISH.search(sample) and not _ICELANDIC.search(sample) else name


def _odd_share(text: str) -> float:
    """Share of the marks beyond ASCII that are symbols or of another script in words, or small between capitals."""
    n_high = sum(mark > "\x7f" for mark in text)
    return sum(map(len, _ODD.findall(text))) / n_high if n_high else 0.0


def _is_utf8(block: bytes) -> bool:
    """Whether a block is UTF-8, or UTF-8 with single bytes that are not."""
    with suppress(UnicodeDecodeError):
        codecs.getincrementaldecoder("utf-8")().decode(block)  # the block may end within a letter
        return True
    sequences = _SEQUENCE.findall(block)
    return 2 * len(sequences) >= len(_HIGH.findall(_SEQUENCE.sub(b"", block))) if sequences else False


def _again(block: bytes, blocks: Iterator[bytes]) -> Iterator[bytes]:
    yield block
    yield from blocks


def _recoded(blocks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """UTF-8 of blocks in `encoding`; a byte that means nothing there stays, so that its row is seen not to be text."""
    decoder = codecs.getincrementaldecoder(encoding)("surrogateescape")
    for block in blocks:
        yield decoder.decode(block).encode("utf-8", "surrogateescape")
    yield decoder.decode(b"", final=True).encode("utf-8", "surrogateescape")
