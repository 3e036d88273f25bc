"""A language that is none: messages in marks, with accents and longer, so that what passes no catalogue is seen."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser

from features.messages import Language
from features.messages.catalogue import BETWEEN, Messages

CODE, LONGER, MIRRORED = "qps", "qpl", "qpr"
_ACCENTS = str.maketrans("aeiouncysAEIOUN", "áéíóúñçýšÁÉÍÓÚÑ")
_ARABIC = str.maketrans("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "ابتثجحخدذرزسشصضطظعغفقكلمنه" * 2)
_VALUE = re.compile(r"(\{[^}]*\})")
_HIDDEN = {"script", "style", "bdi", "code", "kbd", "svg", "textarea"}
_SAID = {"title", "aria-label", "alt", "placeholder"}
_VOID = {"meta", "link", "input", "br"}
_BETWEEN = "\n"
_UNITS = re.compile(r"\b(parcel-risk|UTC|\w*\d\w*)\b")
"""What is the same in every language; numbers of parcels are repeated in titles."""


class _Forms(Mapping[str, tuple[str, ...]]):
    """Forms of any message at all."""

    def __getitem__(self, key: str) -> tuple[str, ...]:
        message = key.partition(BETWEEN)[2] or key
        said = "".join(part if _VALUE.match(part) else part.translate(_ACCENTS) for part in _VALUE.split(message))
        return (f"⟦{said} ~~⟧",)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class _Messages(Messages):
    def get(self, message: str, n: int | None = None, context: str = "") -> str | None:
        return _Forms()[message][0]


class _Reworded(Messages):
    """Each message with its words otherwise, and its values as they are."""

    def get(self, message: str, n: int | None = None, context: str = "") -> str | None:
        return "".join(part if _VALUE.match(part) else self.reworded(part) for part in _VALUE.split(message))

    def reworded(self, words: str) -> str:
        raise NotImplementedError


class _Longer(_Reworded):
    def reworded(self, words: str) -> str:
        return re.sub(r"[^\W\d_]+", lambda word: word[0] + "o" * math.ceil(0.4 * len(word[0])), words)


class _Mirrored(_Reworded):
    def reworded(self, words: str) -> str:
        return words.translate(_ARABIC)


def longer() -> Language:
    """English in which every word is longer by 40 %; numbers and times are written as in German."""
    return Language(code="de", messages=_Longer(forms=_Forms()))


def mirrored() -> Language:
    """English in Arabic letters, from right to left."""
    return Language(code="ar", messages=_Mirrored(forms=_Forms()))


def pseudo() -> Language:
    """The language; numbers and times are written as in German."""
    return Language(code="de", messages=_Messages(forms=_Forms()))


class Visible(HTMLParser):
    """What a person sees or hears of a page, and is no value of a manifest and in no language of its own."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self._open: list[bool] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        is_hidden = tag in _HIDDEN or given.get("translate") == "no" or ("lang" in given and tag != "html")
        if not any(self._open) and not is_hidden:
            self.said += [str(value) for name, value in attrs if name in _SAID]
        if tag not in _VOID:
            self._open.append(is_hidden)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if data.strip() and not any(self._open):
            self.said.append(" ".join(data.split()))


def unsaid(page: str) -> list[str]:
    """Texts of a page in this language with words that passed no catalogue."""
    rest, before = _BETWEEN.join(Visible(page).said), ""
    while rest != before:
        before, rest = rest, re.sub(r"⟦[^⟦⟧]*⟧", "", rest)
    return [said for said in rest.split(_BETWEEN) if re.search(r"[⟦⟧]|[^\W\d_]{2,}", _UNITS.sub("", said))]
