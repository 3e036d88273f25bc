"""How a number is spelled: everything that scanners, keyboards and printers put around and into it is taken off."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from features.parcel.blanks import BLANKS
from features.parcel.numbers.gs1 import SEPARATOR
from features.parcel.problems import ParcelRiskError

MOST_CHARACTERS = 4_096
"""Longest reading that is understood: two-dimensional codes hold up to some 4,300 digits."""
_AIM = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_GS1 = ("]C1", "]d2", "]e0", "]e1", "]e2", "]Q3", "]J1")
"""Symbology identifiers of barcodes that hold GS1 element strings (ISO/IEC 15424)."""
_WRITTEN_SEPARATOR = re.compile(r"<GS>|<F1>|\{GS\}|\u241d|\[GS\]|\\x1[dD]|<FNC1>|\{FNC1\}")
_SEPARATES = str.maketrans("", "", BLANKS + "-./_()[]{}<>%*~+|,;:!#'`\"" + SEPARATOR)
_WORD = re.compile(r"[0-9A-Z]+")
_FRAME = "\x01\x02\x03\x04\x06\x1c\x1e\x1f"
"""Control characters that scanners put around and between values; any other one is a fault and stays."""
_ENDS = BLANKS + _FRAME
_BETWEEN = re.compile(r"[\x01-\x04\x06\t\n\v\f\r\x1c\x1f]+")


class TooLong(ParcelRiskError):
    """A reading is longer than what is understood; nothing of it is cut."""


@dataclass(frozen=True, kw_only=True)
class Spelling:
    """A reading without what does not belong to it.

    Attributes
    ----------
    text:
        In characters that any keyboard has; separators of elements are kept.
    marks:
        Names of the invisible characters that were in it, each once.
    is_gs1:
        Whether the scanner says that it holds GS1 elements.
    """

    text: str
    marks: tuple[str, ...] = ()
    is_gs1: bool = False


def spelled(reading: str) -> Spelling:
    """Take off frames, symbology identifiers, stars and invisible marks; write every digit and blank in ASCII.

    Raises
    ------
    TooLong
        When the reading has more characters than are understood.
    """
    if len(reading) > MOST_CHARACTERS:
        raise TooLong(
            f"the reading has {len(reading):,} characters; up to {MOST_CHARACTERS:,} are understood. "
            "Scan the barcode that stands for the parcel alone."
        )
    marks: tuple[str, ...] = ()
    text = _WRITTEN_SEPARATOR.sub(SEPARATOR, reading)
    if not text.isascii():
        text, marks = _plain(text)
    text = text.strip(_ENDS)
    is_gs1 = text.startswith(_GS1)
    text = _AIM.sub("", text, count=1) if _AIM.match(text) else text
    text = text.lstrip(_ENDS).removeprefix("*").removesuffix("*") if _is_starred(text) else text
    text = _BETWEEN.sub(" ", text).strip(_ENDS)
    return Spelling(text=text, marks=marks, is_gs1=is_gs1 or text.startswith(SEPARATOR))


def _is_starred(text: str) -> bool:
    return len(text) > 2 and text.startswith("*") and text.endswith("*")


def _plain(text: str) -> tuple[str, tuple[str, ...]]:
    """Text in compatible characters, and the names of invisible ones."""
    kept: list[str] = []
    marks: dict[str, None] = {}
    for one in unicodedata.normalize("NFKC", text):
        kind = unicodedata.category(one)
        if kind in ("Cf", "Mn", "Me"):
            marks[unicodedata.name(one, f"U+{ord(one):04X}").lower()] = None
        elif kind == "Nd":
            kept.append(str(unicodedata.decimal(one)))
        else:
            kept.append({"Pd": "-", "Zs": " ", "Zl": " ", "Zp": " "}.get(kind, one))
    return "".join(kept), tuple(marks)


def compact(text: str) -> str:
    """One word in capitals, without blanks and the characters that group digits in print; empty where more is in it."""
    word = text.upper().translate(_SEPARATES)
    return word if _WORD.fullmatch(word) else ""
