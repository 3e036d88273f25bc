"""Make texts comparable: any script, any case, invisible marks and look-alike letters neutralised.

A word that mixes Latin with Cyrillic or Greek letters is taken for what it looks like (a Cyrillic letter that looks
like a Latin one becomes it); a word in one script is transliterated. Both happen only to texts that are not ASCII.
"""

from __future__ import annotations

import re
from functools import lru_cache

import polars as pl
from anyascii import anyascii

INVISIBLE = (
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]"
)
"""Zero-width and bidirectional marks: they change what is compared and not what is seen."""
MIXED_SCRIPTS = "[A-Za-z][\u0370-\u03ff\u0400-\u052f]|[\u0370-\u03ff\u0400-\u052f][A-Za-z]"
"""A Latin letter next to a Cyrillic or Greek one within a word."""

# Cyrillic and Greek letters that are drawn like Latin ones.
_LOOKS_LIKE = str.maketrans(
    "АВЕКМНОРСТУХаеорсухіјѕһԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧοαρνκυχικ", "ABEKMHOPCTYXaeopcyxijshdqwABEZHIKMNOPTYXoapvkuxik"
)
_MIXED = re.compile(MIXED_SCRIPTS)
_INVISIBLE = re.compile(INVISIBLE)
_NOT_WORD = re.compile(r"[^0-9a-z]+")


@lru_cache(maxsize=100_000)
def normalise(text: str) -> str:
    """Lower-case Latin words of `text` in any script, invisible marks removed, separated by one blank."""
    return _NOT_WORD.sub(" ", _latin(text).lower()).strip()


def sorted_words(text: str) -> str:
    """Normalised words in alphabetical order, each once: ``Li, Wei`` and ``WEI LI`` are the same name."""
    return " ".join(sorted(set(normalise(text).split())))


def _latin(text: str) -> str:
    if text.isascii():
        return text
    seen = _INVISIBLE.sub("", text)
    if _MIXED.search(seen):
        seen = " ".join(word.translate(_LOOKS_LIKE) if _MIXED.search(word) else word for word in seen.split(" "))
    return anyascii(seen)


def latin(texts: pl.Series) -> pl.Series:
    """Texts in Latin letters, as `normalise` begins; only those that are not ASCII cost anything."""
    foreign = texts.filter(texts.str.contains(r"[^\x00-\x7f]")).unique().drop_nulls()
    if foreign.is_empty():
        return texts
    answers = pl.Series([_latin(text) for text in foreign.to_list()], dtype=pl.String)
    return texts.replace(foreign, answers)


def normalised(text: pl.Expr) -> pl.Expr:
    """`normalise` as an expression over texts that went through `latin`."""
    return text.str.to_lowercase().str.replace_all(r"[^0-9a-z]+", " ").str.strip_chars(" ")


def sorted_column(tidy: pl.Series) -> pl.Series:
    """Distinct words of normalised texts in alphabetical order; every distinct text is taken apart once."""
    distinct = tidy.unique()
    answers = distinct.str.split(" ").list.unique().list.sort().list.join(" ")
    return tidy.replace_strict(distinct, answers, return_dtype=pl.String)
