"""Texts that stand for no value: what forms and software write where a field must not be empty."""

from __future__ import annotations

from features.parcel.field import Field, Kind
from features.parcel.fields import CATEGORY_FIELDS

_WORDS = (
    *("n/a", "n.a.", "n.a", "n\\a", "#n/a", "na.", "not available", "not applicable", "not known", "not given"),
    *("-", "--", "---", "----", "–", "—", ".", "..", "...", "?", "??", "???", "*", "**", "***", "_", "/", "//"),
    *("none", "null", "nil", "nan", "undefined", "unknown", "unbekannt", "inconnu", "desconocido", "sconosciuto"),
    *("no data", "no value", "<null>", "(null)", "[null]", "(blank)", "tbd", "tba", "t.b.d.", "dummy", "xxx", "xxxx"),
    *(
        "xxxxx",
        "xx",
        "test",
        "test test",
        "testing",
        "to be advised",
        "keine angabe",
        "k.a.",
        "无",
        "不明",
        "неизвестно",
    ),
)
_ZEROS = tuple("0" * n for n in range(1, 11))
_IN_CODES = frozenset({"*", "xx", "xxx", "test", "-", "none", "?"})


def _spellings(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(spelling for word in words for spelling in (word, word.upper(), word.capitalize(), word.title()))


PLACEHOLDERS = _spellings(_WORDS) | frozenset(_ZEROS)
"""In every usual spelling, so that a text is looked up as it is."""
_OF_CATEGORIES = PLACEHOLDERS - frozenset(_ZEROS) - _spellings(tuple(_IN_CODES - {"-", "?", "*"}))
_OF_CURRENCIES = PLACEHOLDERS - {"XXX"}  # ISO 4217: no currency
_CATEGORIES = frozenset(field.name for field in CATEGORY_FIELDS)


def placeholders_of(field: Field) -> frozenset[str]:
    """Texts that stand for no value of a field: a category may have the code 0."""
    if field.kind is not Kind.TEXT or field.name == "operator":  # whom the office itself names
        return frozenset()
    if field.name.endswith("currency"):
        return _OF_CURRENCIES
    return _OF_CATEGORIES if field.name in _CATEGORIES else PLACEHOLDERS
