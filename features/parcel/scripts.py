"""Doubtful writing: words in two alphabets that look alike, and accents piled on a letter.

The ranges are those of the property Script in Unicode 17 (Scripts.txt); `re` does not know it.
"""

from __future__ import annotations

import re
from unicodedata import category

import polars as pl

_LATIN = (
    r"\u0041-\u005a\u0061-\u007a\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02b8\u02e0-\u02e4\u1d00-\u1d25"
    r"\u1d2c-\u1d5c\u1d62-\u1d65\u1d6b-\u1d77\u1d79-\u1dbe\u1e00-\u1eff\u2071\u207f\u2090-\u209c\u212a-\u212b"
    r"\u2132\u214e\u2160-\u2188\u2c60-\u2c7f\ua722-\ua787\ua78b-\ua7cd\ua7d0-\ua7d1\ua7d3\ua7d5-\ua7dc"
    r"\ua7f2-\ua7ff\uab30-\uab5a\uab5c-\uab64\uab66-\uab69\ufb00-\ufb06\uff21-\uff3a\uff41-\uff5a"
    r"\U00010780-\U00010785\U00010787-\U000107b0\U000107b2-\U000107ba\U0001df00-\U0001df1e\U0001df25-\U0001df2a"
)
_GREEK = (
    r"\u0370-\u0373\u0375-\u0377\u037a-\u037d\u037f\u0384\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03e1"
    r"\u03f0-\u03ff\u1d26-\u1d2a\u1d5d-\u1d61\u1d66-\u1d6a\u1dbf\u1f00-\u1f15\u1f18-\u1f1d\u1f20-\u1f45"
    r"\u1f48-\u1f4d\u1f50-\u1f57\u1f59\u1f5b\u1f5d\u1f5f-\u1f7d\u1f80-\u1fb4\u1fb6-\u1fc4\u1fc6-\u1fd3"
    r"\u1fd6-\u1fdb\u1fdd-\u1fef\u1ff2-\u1ff4\u1ff6-\u1ffe\u2126\uab65\U00010140-\U0001018e\U000101a0"
    r"\U0001d200-\U0001d245"
)
_CYRILLIC = (
    r"\u0400-\u0484\u0487-\u052f\u1c80-\u1c8a\u1d2b\u1d78\u2de0-\u2dff\ua640-\ua69f\ufe2e-\ufe2f"
    r"\U0001e030-\U0001e06d\U0001e08f"
)
_MIXED = re.compile(rf"[{_LATIN}][{_CYRILLIC}{_GREEK}]|[{_CYRILLIC}{_GREEK}][{_LATIN}]")
_MAX_MARKS = 4
"""No language writes more marks on one letter; Vietnamese and Hebrew come nearest."""


def mixes_alphabets(text: str) -> bool:
    """Whether a Latin letter is next to a Cyrillic or Greek one."""
    return _MIXED.search(text) is not None


def may_mix_alphabets(text: pl.Expr) -> pl.Expr:
    """Column of `mixes_alphabets`."""
    return text.str.contains(_MIXED.pattern)


def may_stack_marks(text: pl.Expr) -> pl.Expr:
    """Column that is true where `stacks_marks` has to be asked: what one version of Unicode knows another may not."""
    return text.str.contains(rf"[\p{{M}}\p{{Cn}}]{{{_MAX_MARKS + 1}}}")


def stacks_marks(text: str) -> bool:
    """Whether more marks follow each other than any language writes."""
    run = 0
    for character in text:
        run = run + 1 if category(character)[0] == "M" else 0
        if run > _MAX_MARKS:
            return True
    return False
