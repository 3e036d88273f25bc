"""Texts on one line: no blanks around them, no line breaks within, and never empty.

The blanks are those with the Unicode property White_Space. `str.strip` without them would also take four control
characters, which are a fault of the text and must stay to be named.
"""

from __future__ import annotations

import re

BLANKS = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_BREAKS = re.compile(r"[\t\n\r]+")


def on_one_line(text: str) -> str | None:
    """Text without blanks around it and without line breaks within; None where nothing is left."""
    if text.isprintable():  # as most texts are: of all blanks it can only hold this one
        return text.strip(" ") or None
    return _BREAKS.sub(" ", text).strip(BLANKS) or None
