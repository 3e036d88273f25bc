"""Other ways to read a header whose whole means nothing: without hints, without small words, in one language.

``*Recipient Name (required)``, ``Shipper's Name``, ``Tracking No./运单号``, ``sender.address.city`` and ``HS number
(7)`` say what they hold with something around it; ``item 2 description`` says it of the second piece.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from features.sources.columns.spellings import squeezed, without_small_words

_SAYS_HOW = (
    r"iso|alpha|two|three|2|3|max|min|up to|opt|optional|mandatory|required|req|compulsory|if|when|not|e\.?g|pflicht|"
    r"obligatoire|facultatif|obligatorio|obbligatorio|opcional|verplicht|必填|选填|可选|yyyy|dd|mm|text|string|numbers?|"
    r"numeric|format|full|in english|english|latin|chars?|digits?|stellig|m|o|c|y|n"
)
_HINT = re.compile(
    rf"[*†‡]|^\s*\(?\d{{1,2}}[.):]\s*|[\[(（]\s*(?:\d{{1,2}}|(?:{_SAYS_HOW})\b[^\])）]*)\s*[\])）]", re.IGNORECASE
)
"""What forms put around the name of a field: marks, its number, whether and how it is filled in."""
_IN_BRACKETS = re.compile(r"[\[(（]([^\])）]*)[\])）]")
_SIDES = re.compile(r"\s*[/|\n\r\\、]\s*|\s+[-–—]\s+")
_OTHER_SCRIPTS = "\u0400-\u04ff\u3040-\u9fff\uac00-\ud7a3"
_SCRIPTS = re.compile(rf"(?<=[A-Za-z.)#])\s*(?=[{_OTHER_SCRIPTS}])|(?<=[{_OTHER_SCRIPTS})])\s*(?=[A-Za-z])")
_WORD = re.compile(r"[^\W\d_]+|\d+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_OF_GROUPS = (
    "address addr addresses info information details detail data party contact item items parcel shipment consignment "
    "adresse anschrift angaben 0"
)
_GROUPS = frozenset(_OF_GROUPS.split())
"""Words of a header that say where something is, and not what it is."""
_PART = "(?:item|product|article|good|content|commodity|line|sku|artikel|position|pos|produkt|row)s?"
_LEADING = re.compile(rf"^{_PART}[ _.\-/#\[(]*(\d{{1,3}})[\])]?[ _.\-/:]*([^\d\s].*)$", re.IGNORECASE)
_TRAILING = re.compile(r"^(.*[^\W\d_])[ _.\-/#\[(]*(\d{1,2})[\])]?$")
_REPEATED = re.compile(r"^(.*)_duplicated_(\d+)$")
_LANGUAGES = re.compile("英文|中文")


_SIGNS = {
    **{"US$": "USD", "U$S": "USD", "HK$": "HKD", "NT$": "TWD", "AU$": "AUD", "CA$": "CAD", "NZ$": "NZD"},
    **{
        "S$": "SGD",
        "A$": "AUD",
        "C$": "CAD",
        "R$": "BRL",
        "人民币": "CNY",
        "人民幣": "CNY",
        "美元": "USD",
        "美金": "USD",
    },
    **{"欧元": "EUR", "歐元": "EUR", "英镑": "GBP", "日元": "JPY", "港币": "HKD"},
}
"""Signs and words that mean one currency only."""
_SIGN = re.compile("|".join(rf"(?<![A-Za-z]){re.escape(sign)}" for sign in _SIGNS))


class Reading(NamedTuple):
    """Another text of a header; `is_certain` where nothing was left out that may be a unit."""

    text: str
    is_certain: bool = True


def with_codes(header: str) -> str:
    """A header with codes for signs that mean one currency only."""
    return _SIGN.sub(lambda found: f" {_SIGNS[found[0]]} ", header)


def readings(header: str) -> tuple[Reading, ...]:
    """Other texts that a header may stand for, the nearest first."""
    bare = _LANGUAGES.sub("", _HINT.sub(" ", header)).strip()
    unbracketed = _IN_BRACKETS.sub(" ", bare).strip()
    tried = [Reading(bare), *map(Reading, _shorter(bare))]
    if unbracketed != bare:
        tried += [Reading(text, is_certain=False) for text in (unbracketed, *_shorter(unbracketed))]
        tried += [Reading(text) for text in _IN_BRACKETS.findall(bare) if text.isascii() != unbracketed.isascii()]
    return tuple(dict.fromkeys(one for one in tried if one.text and one.text != header))


def _shorter(text: str) -> Iterator[str]:
    words = _WORD.findall(_CAMEL.sub(" ", text))
    yield without_small_words(words)
    yield without_small_words(word for word in words if word.casefold() not in _GROUPS)


def sides(header: str) -> tuple[str, ...]:
    """Parts of a header that says the same twice, in other words or another language; nothing where it has but one."""
    bare = _HINT.sub(" ", header).strip()
    for marks in (_SIDES, _SCRIPTS):
        parts = [part.strip() for part in marks.split(bare) if part.strip()]
        if len(parts) > 1:
            return _completed(parts)
    return ()


def _completed(parts: list[str]) -> tuple[str, ...]:
    """Parts of which the second leaves out the words that it shares with the first, as in ``Consignee Town/City``."""
    shared = parts[0].rpartition(" ")[0]
    if shared and len(parts) > 1 and parts[0].isascii() and parts[1].isascii():
        return (parts[0], *(f"{shared} {part}" for part in parts[1:]))
    return tuple(parts)


def numbered(headers: Sequence[str]) -> dict[str, tuple[int, tuple[str, ...]]]:
    """Headers of pieces side by side: number of the piece, counted from 1, and what its field may be called."""
    found: dict[str, tuple[int, tuple[str, ...]]] = {
        header: (int(one[1]), (one[2], f"item {one[2]}")) for header in headers if (one := _LEADING.match(header))
    }
    others = {header: (int(one[2]), one[1]) for header in headers if (one := _TRAILING.match(header))}
    times = Counter(squeezed(base) for _, base in others.values()) + Counter(map(squeezed, headers))
    behind = {header: one for header, one in others.items() if header not in found and times[squeezed(one[1])] > 1}
    first = {squeezed(base) for _, base in behind.values()}
    found |= {header: (number, (base,)) for header, (number, base) in behind.items()}
    found |= {header: (1, (header,)) for header in headers if squeezed(header) in first}
    repeated = {header: (int(one[2]) + 2, (one[1],)) for header in headers if (one := _REPEATED.match(header))}
    if len({base for _, base in repeated.values()}) > 1:
        found |= repeated
    shift = int(any(number == 0 for number, _ in found.values()))
    return {header: (number + shift, texts) for header, (number, texts) in found.items()}
