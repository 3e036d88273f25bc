"""Addresses however they are laid out: street, number, flat and box, from whichever field they came in.

The words of a street are compared by their letters alone, in any order and with any blanks: ``Haupt-Straße`` is
``Hauptstr.``, ``Bantian Street, Longgang District`` is ``Longgang Qu Bantian Jiedao``. Numbers, flats and boxes stay
apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple

from features.identity.postcodes import city_of, postcode_of, region_of
from features.identity.romanised import SINITIC, plain_latin
from features.identity.tables import by_word, table, words
from features.identity.texts import normalise

_GLUED_SIGN = re.compile(r"([0-9])(hao|dong|shi|lou|ceng|nong)\b")
_REPEATED_NUMBER = re.compile(r"\b([0-9]+)(bis|ter|quater)\b")
_SHORTENED = re.compile(r"\b([A-Za-z])\.(?=(?:za|zza|le|so)\b)")
_HASH = re.compile(r"# ?(?=[0-9A-Za-z])")
_PART_OF_NUMBER = re.compile(r"([0-9]+[A-Za-z]?) ?/ ?([0-9]+[A-Za-z]?)\b")
_NUMBER = re.compile(r"[0-9]+[a-z]?")
_ORDINAL = re.compile(r"([0-9]+)(?:st|nd|rd|th|er|e|eme|o|a|º|ste|de)?")
_ID = re.compile(r"[0-9][0-9a-z]*|[a-z][0-9]*")
_MARKS = frozenset("#/.")
_STREET_ENDS = ("strasse", "strase", "straat", "str")
_SLAVIC = frozenset(("RU", "UA", "BY", "KZ"))
_UNIT_LAST = frozenset(("PL", "CZ", "SK", "AT", "RU", "UA", "BY", "HU", "BG", "RO"))
_UNIT_FIRST = frozenset(("AU", "NZ", "CA", "SG", "MY"))


class Address(NamedTuple):
    """What is compared of an address.

    Attributes
    ----------
    text:
        The whole address; None where neither street nor box is given.
    number:
        Numbers of house and box alone: they are seldom written otherwise.
    where, region:
        Postcode, else city; and the region of either. "" where neither is given. See `features.identity.postcodes`.
    has_box:
        Whether it is a post-office box, in its field or in words.
    """

    text: str | None
    number: str
    where: str
    region: str
    has_box: bool


class _Parts(NamedTuple):
    """What lines of an address say: letters and kinds of the street, numbers, units."""

    letters: list[str]
    types: list[str]
    numbers: list[str]
    units: list[str]

    def put(self, kind: str, word: str) -> None:
        """Add a word of a kind."""
        self[_PART_OF[kind]].append(word)


_PART_OF = {"word": 0, "type": 1, "number": 2, "unit": 3}


@lru_cache(maxsize=50_000)
def address_of(
    street: str | None,
    house: str | None,
    additional: str | None,
    po_box: str | None,
    postcode: str | None,
    city: str | None,
    country: str | None,
) -> Address:
    """Address of a party, given by the fields of the record."""
    line, box = _without_box(_spelled(street, country))
    spare, other_box = _without_box(_spelled(additional, country))
    box = _boxed(_spelled(po_box, country)) or box or other_box
    code, place = postcode_of(postcode, country), city_of(city, country)
    parts = _parts_of(line, _spelled(house, country), spare, place, country)
    # In Japan 1-2-3 is quarter, block and house: in another order it is another house.
    numbers = " ".join([*(parts.numbers if country == "JP" else sorted(parts.numbers)), *sorted(parts.units)])
    street_text = f"{''.join(sorted(''.join(parts.letters)))}|{' '.join(sorted(parts.types))}"
    text = f"{street_text}|{numbers}|{box}|{code or place}" if len(street_text) > 1 or box else None
    number = " ".join([*sorted(parts.numbers), *([f"box {box}"] if box else [])])
    return Address(text, number, code or place, region_of(code, place, country), bool(box) or po_box is not None)


def _parts_of(line: str, house: str, spare: str, city: str, country: str | None) -> _Parts:
    """Parts of the street line, the house number and what is given in addition: there only numbers tell apart."""
    parts = _Parts([], [], [], [])
    for kind, word in (*_kinds(line.split(), country), *_kinds(house.split(), country)):
        parts.put(kind, word)
    for kind, word in _kinds(spare.split(), country):
        if not line:
            parts.put(kind, word)
        elif kind in _DISTINGUISHING:
            parts.put("unit", word if kind == "unit" else f"u{word}")
    if city in parts.letters and len(parts.letters) > 1:
        parts.letters.remove(city)
    return parts


_DISTINGUISHING = frozenset(("number", "unit"))


def _spelled(text: str | None, country: str | None) -> str:
    """Words of one field, with signs of Chinese addresses and marks of flats as words."""
    if not text:
        return ""
    if not text.isascii():
        text = _in_words(text)
    if not _MARKS.isdisjoint(text):
        text = _without_marks(text, country)
    words = _REPEATED_NUMBER.sub(r"\1 \2", normalise(plain_latin(text)))
    return _GLUED_SIGN.sub(r"\1 \2", words) if country in SINITIC else words


def _without_marks(text: str, country: str | None) -> str:
    """Text with words in place of ``#`` and of a slash between house and flat, and without dots in abbreviations."""
    text = _SHORTENED.sub(r"\1", _HASH.sub(" unit ", text))
    if country in _UNIT_LAST:
        return _PART_OF_NUMBER.sub(r"\1 unit \2", text)
    return _PART_OF_NUMBER.sub(r"unit \1 \2", text) if country in _UNIT_FIRST else text


def _in_words(text: str) -> str:
    """Text with the signs of Chinese addresses in Latin letters and apart."""
    signs = _signs()
    return re.sub("|".join(signs), lambda found: f" {signs[found[0]]} ", text)


@cache
def _signs() -> dict[str, str]:
    return dict(table("streets")["signs"])


def _without_box(line: str) -> tuple[str, str]:
    """Line without a post-office box that it names in words, and the number of that box; "" for none."""
    found = _box().search(line) if line else None
    return (
        (line, "") if found is None else (f"{line[: found.start()]} {line[found.end() :]}", found[1].replace(" ", ""))
    )


def _boxed(line: str) -> str:
    """Number in the field of a post-office box, whatever words stand around it."""
    return _without_box(line)[1] or line.replace(" ", "")


def _kinds(spelled: list[str], country: str | None) -> Iterator[tuple[str, str]]:
    """Go through the words of a field and say of each what it is: number, unit, type, or a word of the street."""
    types, units, silent, behind = _words(country or "")
    index, n = 0, len(spelled)
    while index < n:
        word, after = spelled[index], spelled[index + 1] if index + 1 < n else ""
        index += 1
        ordinal = _ORDINAL.fullmatch(word)
        if ordinal and after in behind:
            yield ("unit", f"{behind[after]}{_id(ordinal[1])}") if behind[after] else ("number", _id(word))
            index += 1
        elif ordinal and units.get(after, "u") != "u" and (word != ordinal[1] or not _is_id(spelled, index + 1)):
            yield "unit", f"{units[after]}{_id(ordinal[1])}"
            index += 1
        elif word in units and _ID.fullmatch(after) and after not in types:
            yield "unit", f"{units[word]}{_id(after)}"
            index += 1
        elif _NUMBER.fullmatch(word):
            is_lettered = word.isdigit() and len(after) == 1 and after.isalpha() and index + 1 >= n
            yield "number", _id(f"{word}{after}" if is_lettered else word)
            index += is_lettered
        elif word not in silent:
            yield from _of_street(word, types)


def _is_id(spelled: list[str], index: int) -> bool:
    return index < len(spelled) and _ID.fullmatch(spelled[index]) is not None


def _of_street(word: str, types: dict[str, str]) -> Iterator[tuple[str, str]]:
    if word in types:
        yield "type", types[word]
        return
    for end in _STREET_ENDS if word.endswith(_STREET_ENDS) else ():
        if word.endswith(end) and len(word) > len(end) + 2:
            yield "type", "st"
            word = word.removesuffix(end)
            break
    yield "word", word


def _id(word: str) -> str:
    return word.lstrip("0") or "0"


@cache
def _words(country: str) -> tuple[dict[str, str], dict[str, str], frozenset[str], dict[str, str]]:
    """Kinds of street, words of units, words without meaning, and those that follow their number."""
    tables = table("streets")
    others = tables["others"]
    types = by_word(tables["types"]) | by_word(tables["types_of"].get(country, {}))
    units = {
        word: kind
        for lists in (tables["units"], tables["units_of"].get(country, {}))
        for kind, text in lists.items()
        for word in text.split()
    }
    silent = words(others["no"]) | (words(others["no_of_slavic"]) if country in _SLAVIC else frozenset())
    return types, units, silent, tables["behind"]


@cache
def _box() -> re.Pattern[str]:
    named = "|".join(table("streets")["others"]["box"])
    return re.compile(rf"\b(?:{named}) ?(?:no |nr |n )?([0-9]+(?: [0-9]{{2,3}})*$|[0-9]+[a-z]?\b)")
