"""Names of parties: the words that two writings of one name share, exact ones and loose ones.

The *words* of a name leave out titles and legal forms, in any order: ``LI, WEI`` is ``Li Wei``, and ``Li Li`` is not
``Li``. The *loose* form also forgets blanks, which of the names comes first, and how umlauts and other scripts are
written: ``Xiao Ping Deng`` is ``Deng Xiaoping``, ``Mueller`` is ``Müller``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from features.identity.romanised import folded, is_arabic, latin
from features.identity.tables import table, words
from features.identity.texts import normalise

_LONG = 9
"""Letters that a name has at least if hardly two people of one town share it."""
_FIRM_WORDS = (
    "ltd limited llc inc corp co company gmbh ag kg ug bv nv sa sas sarl srl spa oy ab as aps kft doo trading "
    "international import export store shop group enterprise enterprises factory logistics technology"
)
_OF_SEVERAL = frozenset((*"abcdefghijklmnopqrstuvwxyz", "zoo"))
"""One of them is in every legal form that is written in several words."""
_AND = frozenset(("und", "u", "and", "et", "y", "e", "i"))
_WRITTEN_AND = frozenset(("und", "and", "et"))
FIRM = words(_FIRM_WORDS)
"""Legal forms and words that mark a firm, in Latin letters after transliteration."""


class Name(NamedTuple):
    """What is compared of a name; empty where it has no word. Among `words` a legal form, whichever, is one word.

    `is_common` says that strangers in one town may well share the name, so that a house number must tell them apart.
    """

    words: str
    loose: str
    is_common: bool


NOBODY = Name("", "", is_common=True)


@lru_cache(maxsize=50_000)
def name_of(text: str | None, country: str | None) -> Name:
    """Name of a party of a country."""
    spelled = normalise(latin(text, country)).split() if text else []
    if not spelled:
        return NOBODY
    bare = without_legal_form(spelled)
    own = bare if text is None or is_arabic(text) else _without_titles(bare, country)
    letters = [folded(word, country) for word in own]
    loose = _turned("".join(letters)) or "".join(own)
    has_form = len(bare) < len(spelled)
    is_firm = has_form or not _trades().isdisjoint(spelled)
    written = " ".join(sorted([*own, "&"] if has_form else own))
    return Name(written, loose, is_common=is_firm or is_common(own, country))


def is_common(own: Sequence[str], country: str | None) -> bool:
    """Whether many bear a name: a family name of the table, a short name, or a country whose names nobody listed."""
    known = _common().get(country or "")
    if known is None or len(own) < 2 or sum(map(len, own)) < _LONG:
        return True
    return not known.isdisjoint(own) or not known.isdisjoint(folded(word, country) for word in own)


def without_legal_form(spelled: Sequence[str]) -> list[str]:
    """Words of a name without those that say what a firm is in law, where any other is left."""
    sure, short, several = _legal_forms()
    left = [word for word in spelled if word not in sure]
    if not _OF_SEVERAL.isdisjoint(left):
        text = f" {' '.join(left)} "
        for form in several:
            text = text.replace(f" {form} ", " ")
        left = text.split()
    while len(left) > 2 and left[-1] in short:
        left.pop()
    while 1 < len(left) < len(spelled) and left[-1] in short | _AND:
        left.pop()
    if len(left) < len(spelled) and len(left) > 2:  # a firm's, which writes & as well
        left = [word for word in left if word not in _WRITTEN_AND]
    return left or list(spelled)


def _without_titles(spelled: Sequence[str], country: str | None) -> list[str]:
    titles = _titles(country or "")
    return [word for word in spelled if word not in titles] or list(spelled)


def _turned(text: str) -> str:
    """Of all texts that arise by moving letters from the front to the end the first one: no name comes first."""
    return min([text[at:] + text[:at] for at in range(len(text))], default="")


@cache
def _titles(country: str) -> frozenset[str]:
    titles = table("names")["titles"]
    return words(titles["everywhere"]) | words(titles.get(country, ""))


@cache
def _legal_forms() -> tuple[frozenset[str], frozenset[str], tuple[str, ...]]:
    forms = table("names")["legal_forms"]
    return words(forms["sure"]), words(forms["short"]), tuple(forms["several"])


@cache
def _trades() -> frozenset[str]:
    return words(table("names")["trades"]["words"])


@cache
def _common() -> dict[str, frozenset[str]]:
    lists = table("names")["common"]
    known = {name: words(text) | {folded(word, name) for word in text.split()} for name, text in lists.items()}
    for name, countries in table("names")["common_like"].items():
        for country in countries.split():
            known[country] = known.get(country, frozenset()) | known[name]
    return known
