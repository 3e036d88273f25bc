"""Barcodes of numbers that the office issues: Code 39, which every scanner reads."""

from __future__ import annotations

_PATTERNS = {
    "0": "nnnwwnwnn",
    "1": "wnnwnnnnw",
    "2": "nnwwnnnnw",
    "3": "wnwwnnnnn",
    "4": "nnnwwnnnw",
    "5": "wnnwwnnnn",
    "6": "nnwwwnnnn",
    "7": "nnnwnnwnw",
    "8": "wnnwnnwnn",
    "9": "nnwwnnwnn",
    "A": "wnnnnwnnw",
    "B": "nnwnnwnnw",
    "C": "wnwnnwnnn",
    "D": "nnnnwwnnw",
    "E": "wnnnwwnnn",
    "F": "nnwnwwnnn",
    "G": "nnnnnwwnw",
    "H": "wnnnnwwnn",
    "I": "nnwnnwwnn",
    "J": "nnnnwwwnn",
    "K": "wnnnnnnww",
    "L": "nnwnnnnww",
    "M": "wnwnnnnwn",
    "N": "nnnnwnnww",
    "O": "wnnnwnnwn",
    "P": "nnwnwnnwn",
    "Q": "nnnnnnwww",
    "R": "wnnnnnwwn",
    "S": "nnwnnnwwn",
    "T": "nnnnwnwwn",
    "U": "wwnnnnnnw",
    "V": "nwwnnnnnw",
    "W": "wwwnnnnnn",
    "X": "nwnnwnnnw",
    "Y": "wwnnwnnnn",
    "Z": "nwwnwnnnn",
    "-": "nwnnnnwnw",
    ".": "wwnnnnwnn",
    " ": "nwwnnnwnn",
    "*": "nwnnwnwnn",
}
"""Bars and spaces in turn, narrow or wide (ISO/IEC 16388)."""
_WIDTH = {"n": 1, "w": 3}


def code_39(text: str) -> tuple[list[tuple[int, int]], int]:
    """Bars of a text as x and width in narrow bars, and the width of all; characters that it has not are left out."""
    bars: list[tuple[int, int]] = []
    x = 0
    for character in f"*{''.join(one for one in text.upper() if one in _PATTERNS and one != '*')}*":
        for place, kind in enumerate(_PATTERNS[character]):
            if place % 2 == 0:
                bars.append((x, _WIDTH[kind]))
            x += _WIDTH[kind]
        x += 1
    return bars, x - 1
