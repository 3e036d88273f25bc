"""Names in Latin letters, and with what a careful reader takes for the same letter folded together.

A word of Chinese characters or of Hangul is family name and given name; readings of family names are in a table. How
letters are folded depends on the country of the party: ``Mueller`` is ``Müller``, but ``Xue`` is not ``Xu``.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from anyascii import anyascii

from features.identity.tables import by_word, table, words
from features.identity.texts import as_seen

_NO_APOSTROPHES = str.maketrans("", "", "'`\"")
"""Those that `anyascii` makes of others."""
_DOTTED = re.compile(r"(?<![^\W_]{2})([^\W\d_])\.(?=[^\W\d_]\b)")
_IDEOGRAPHS = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]+")
_HANGUL = re.compile("[\uac00-\ud7a3]{2,5}")
_ARABIC = re.compile("[\u0600-\u06ff]")
_ARABIC_ARTICLE = re.compile("\\bال(?=\\w{3})")
_LONGEST_PERSON = 4
SINITIC = frozenset(("CN", "TW", "HK", "MO", "SG", "MY"))
"""Countries where names and addresses are Chinese, in characters or in pinyin."""
_SLAVIC = words("RU UA BY KZ KG UZ TJ TM MN BG RS MK ME MD GE AM AZ IL LV LT EE")
_ARABIC_SPEAKING = words("AE BH DJ DZ EG EH IQ JO KM KW LB LY MA MR OM PS QA SA SD SO SY TD TN YE IR")
_GREEK = frozenset(("GR", "CY"))
_ORDINALS = frozenset(("ii", "iii", "iv", "vii", "viii"))
_TWICE = re.compile(r"([a-z])\1+")
_VOWELS = re.compile("[aeiouyw]")
_I_BEFORE_VOWEL = re.compile("i(?=[aeou])")


def latin(name: str, country: str | None) -> str:
    """Name in Latin letters, without apostrophes and with dotted abbreviations in one word."""
    return plain_latin(name if name.isascii() else _transliterated(as_seen(name), country))


def plain_latin(text: str) -> str:
    """Do the same with a text that is no name."""
    if not text.isascii():
        text = anyascii(as_seen(text))
    if "." in text:
        text = _DOTTED.sub(r"\1", text)
    return text.translate(_NO_APOSTROPHES)


def _transliterated(text: str, country: str | None) -> str:
    if country != "JP":
        text = _IDEOGRAPHS.sub(_chinese, text)
    text = _HANGUL.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text)
    return anyascii(_ARABIC_ARTICLE.sub("", text))


def _chinese(found: re.Match[str]) -> str:
    """Family name, a blank and the given name; a longer text is a firm, its legal form apart."""
    readings, double, courtesies, firms = _ideographs()
    text = found[0]
    for courtesy in courtesies:
        text = text.removesuffix(courtesy)
    for firm in firms:
        text = text.replace(firm, " ltd ")
    if not 1 < len(text) <= _LONGEST_PERSON or " " in text:
        return text
    n_family = 2 if text[:2] in double and len(text) > 2 else 1
    family = text[:n_family]
    return f"{readings.get(family) or anyascii(family)} {anyascii(text[n_family:])}"


@cache
def _ideographs() -> tuple[dict[str, str], frozenset[str], list[str], list[str]]:
    tables = table("names")["ideographs"]
    pairs = tables["readings"].split()
    readings = dict(zip(pairs[::2], pairs[1::2], strict=True))
    return readings, words(tables["double"]), tables["courtesies"].split(), tables["firms"].split()


def is_arabic(text: str) -> bool:
    """Whether a text has Arabic letters."""
    return not text.isascii() and _ARABIC.search(text) is not None


@lru_cache(maxsize=100_000)
def folded(word: str, country: str | None) -> str:
    """A word as a careful reader would find it written otherwise; "" for an article."""
    if word in _ORDINALS:  # of a grandson and of his father
        return word
    if country in SINITIC:
        return word.replace("lyu", "lu").replace("nyu", "nu").replace("lv", "lu").replace("nv", "nu")
    if country in _ARABIC_SPEAKING:
        return _arabic(word)
    if country == "KR":
        return _korean().get(word, word)
    if country in _GREEK:
        word = word.replace("ou", "u").replace("oy", "u").replace("ch", "h").replace("kh", "h").replace("y", "i")
    if country in _SLAVIC:
        return _slavic(word)
    word = word.replace("ae", "a").replace("oe", "o").replace("ue", "u").replace("aa", "a")
    return _TWICE.sub(r"\1", word)


def _slavic(word: str) -> str:
    word = word.replace("x", "ks").replace("shch", "sh").replace("kh", "h").replace("ts", "c").replace("w", "v")
    word = _TWICE.sub(r"\1", word.replace("y", "i").replace("j", "i"))
    return _I_BEFORE_VOWEL.sub("", word)


def _arabic(word: str) -> str:
    """A given name of the table, else consonants: Arabic letters have no others, and articles are left out."""
    if word in {"al", "el", "ul", "bin", "ben", "ibn", "bint"}:
        return ""
    known = _arabic_names().get(word)
    if known:
        return known
    bare = word[2:] if word[:2] in {"al", "el"} and len(word) > len("al") + 3 else word
    known = _arabic_names().get(bare)
    return known or _TWICE.sub(r"\1", _VOWELS.sub("", bare).replace("q", "k")).removesuffix("h") or bare


@cache
def _arabic_names() -> dict[str, str]:
    return by_word(table("names")["arabic"])


@cache
def _korean() -> dict[str, str]:
    return dict(table("names")["korean"])
