"""A language: how texts, and facts about a parcel, are put into its words."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from string import Formatter
from typing import Any

from babel import Locale

from features.catalogue import catalogue
from features.declared.declare import Feature, Kind
from features.history import ENTITIES
from features.messages.catalogue import Messages, messages_in
from features.messages.figures import day_in, localised, time_in
from features.messages.places import ENGLISH, Country, Office, country_name, office_name
from features.messages.sentences import (
    FLAGS_SAID,
    NOT_KNOWN,
    OTHER_FEATURE,
    STATES_SAID,
    TYPICAL,
    TYPICAL_ON_LANE,
    WORD,
    WORD_SAID,
)
from features.parcel.problems import ParcelRiskError
from features.parcel.reference import shipped_reference
from features.parcel.rules import flag_words
from features.reasons import Reason
from features.text import Declared, Text, Verbatim, capital, text
from features.words import FEATURE as RISKIEST_WORD

LABEL, NOUN, OTHERS = "label", "noun", "others"
"""Contexts of messages: label of a category, words of an entity and of its counterparties."""
CASES = ("gen", "acc", "dat")
"""Cases of a noun in the order in which a catalogue gives them, behind the first; a message asks for ``{noun.gen}``."""
_BETWEEN_CASES = " | "
_COUNTRIES = {"goods_origin_country", "dispatch_country", "sender_country", "recipient_country"}
_STATES: Mapping[str, Text] = {state.value: said for state, said in STATES_SAID.items()}
_GROUP = re.compile(r"in group (\d+)")
"""Label of a code that shares its column with others."""
_ON_THE_CLOCK = ":.0f}:00"
_NOUNS = {entity.name: (entity.noun, entity.others) for entity in ENTITIES}
Mark = Callable[[str], str]
"""What is made of a value that is shown as it is, in any language."""


class Noun(str):
    """A noun with its article, in the cases of its language; without a case it is in the nominative."""

    gen: str
    acc: str
    dat: str

    @classmethod
    def parse(cls, written: str) -> Noun:
        """Read what a catalogue has for a noun."""
        first, *others = written.split(_BETWEEN_CASES)
        noun = cls(first)
        noun.gen, noun.acc, noun.dat = (others[n] if n < len(others) else first for n in range(len(CASES)))
        return noun


@dataclass(frozen=True, kw_only=True, eq=False)
class Language:
    """One language; what its catalogue does not have is said in English.

    Attributes
    ----------
    code:
        ISO 639 code, by which numbers, times and countries are written.
    messages:
        Its catalogue; empty for English, which is the language of the source.
    """

    code: str = ENGLISH
    messages: Messages = field(default_factory=lambda: Messages(forms={}))

    @cached_property
    def locale(self) -> Locale:
        """Rules of the language for numbers and times."""
        return Locale.parse(self.code)

    @property
    def name(self) -> str:
        """The language as it calls itself."""
        return capital(self.locale.get_display_name() or self.code)

    @property
    def direction(self) -> str:
        """Direction of its script, for HTML: "ltr" or "rtl"."""
        return "rtl" if self.locale.character_order == "right-to-left" else "ltr"

    def with_messages(self, messages: Messages) -> Language:
        """The same language with another catalogue in addition."""
        return replace(self, messages=self.messages.with_others(messages))

    def text(self, said: str, mark: Mark = str) -> str:
        """A text in this language.

        Parameters
        ----------
        said:
            A `Text`; any other string is a message without values.
        mark:
            What is made of its values that no language changes.
        """
        if not isinstance(said, Text):
            return self.messages.get(said) or said
        found = self.messages.get(said.message, said.n)
        if found is None and not said.values:
            return str.__str__(said)
        return self._filled(found or said.english, said.values, mark)

    def _filled(self, message: str, values: Mapping[str, Any], mark: Mark = str) -> str:
        return "".join(
            before if name is None else before + self.shown(_value_of(name, values), form, mark)
            for before, name, form in _parts_of(message)
        )

    def shown(self, value: object, form: str = "", mark: Mark = str) -> str:
        """A value of a text in this language; `form` is that of `format`, or ``capital``."""
        match value:
            case Text():
                said = self.text(value, mark)
            case Reason():
                said = self.reason(value)
            case Verbatim() | Declared():
                said = mark(value)
            case str() if hasattr(value, "__html__"):
                said = mark(value)
            case Country():
                said = country_name(value, self.code)
            case Office():
                said = office_name(value, self.code)
            case dt.datetime():
                said = f"{value:%Y-%m-%d %H:%M} UTC" if self.code == ENGLISH else time_in(value, self.locale)
            case dt.date():
                said = value.isoformat() if self.code == ENGLISH else day_in(value, self.locale)
            case int() | float() if form:
                said = format(value, form) if self.code == ENGLISH else localised(format(value, form), self.locale)
            case _:
                said = str(value)
        return capital(said) if form == "capital" else said

    def reason(self, reason: Reason) -> str:
        """Sentence for one reason: what the feature says of the value, and what the value is set against."""
        return capital(self._reason(reason))

    def _reason(self, reason: Reason) -> str:
        if reason.word is not None and reason.value is not None and reason.feature == RISKIEST_WORD:
            return self._said(WORD_SAID, word=reason.word, value=reason.value)
        sentence = self.feature(reason.feature, math.nan if reason.value is None else reason.value)
        if reason.word is not None:
            return self._said(WORD, sentence=sentence, word=reason.word)
        if reason.typical is None:
            return sentence
        frame = TYPICAL if reason.lane is None else TYPICAL_ON_LANE
        return self._said(frame, sentence=sentence, typical=self._typical(reason.typical, reason.feature))

    def _typical(self, number: float, name: str) -> str:
        written = _figure(number, catalogue()[name].says if name in catalogue() else "")
        return written if self.code == ENGLISH else localised(written, self.locale)

    def _said(self, message: str, /, **values: Any) -> str:
        return self._filled(self.messages.get(message) or message, values)

    def feature(self, name: str, value: float) -> str:
        """What is said of `value`; of a feature that the catalogue no longer has, its bare name and value."""
        if name in catalogue():
            try:
                return self._feature(catalogue()[name], value)
            except IndexError:  # the code of a category that had more labels once
                pass
        if math.isnan(value):
            return self._said(NOT_KNOWN, feature=name.replace("_", " "))
        return self._said(OTHER_FEATURE, feature=name.replace("_", " "), value=f"{value:.4g}")

    def _feature(self, feature: Feature, value: float) -> str:
        message = feature.message_of(value)
        is_number = feature.kind is Kind.NUMBER and not math.isnan(value)
        found = self.messages.get(message, abs(round(value)) if is_number else None)
        if not message:
            return self._said(NOT_KNOWN, feature=feature.name.replace("_", " "))
        if found is None:
            return self._named(feature).sentence(value)
        return self._filled(found, {"value": self._value(feature, value), **_words_of(self, feature)})

    def _value(self, feature: Feature, value: float) -> object:
        if feature.kind is not Kind.CATEGORY or math.isnan(value):
            return value
        label = feature.labels[int(value)]
        if feature.name in _COUNTRIES:
            return Country(label)
        if group := _GROUP.fullmatch(label):
            return text("in group {n}", n=group[1])
        return self.messages.get(label, context=LABEL) or label

    def _named(self, feature: Feature) -> Feature:
        """The feature with countries called by their names."""
        if feature.name not in _COUNTRIES:
            return feature
        return replace(feature, labels=tuple(country_name(label, self.code) for label in feature.labels))

    def flag(self, code: str) -> str:
        """Sentence of a data-quality flag, or of any other rule over parcels; an unknown code stands for itself."""
        said = str(FLAGS_SAID.get(code) or flag_words(shipped_reference()).get(code, code))
        return self.text(capital(said) if " " in said else said)

    def state(self, code: str) -> str:
        """Sentence of a state of a parcel; a state of an office's own list stands for itself."""
        return self.text(_STATES.get(code, code))


def _words_of(language: Language, feature: Feature) -> dict[str, str]:
    """Words of the entity of a history feature, and of its window."""
    if feature.part is None:
        return {}
    noun, others = _NOUNS[feature.entity]
    said = {
        "noun": language.messages.get(noun, context=NOUN) or noun,
        "others": language.messages.get(others, context=OTHERS) or others,
    }
    return {**{name: Noun.parse(one) for name, one in said.items()}, "window": language.text(feature.part.window)}


@lru_cache(maxsize=4_096)
def _parts_of(message: str) -> tuple[tuple[str, str | None, str], ...]:
    """Texts of a message, each with name and form of the value behind it; None where there is none."""
    return tuple((before, name, form or "") for before, name, form, _ in Formatter().parse(message))


def _value_of(name: str, values: Mapping[str, Any]) -> Any:
    """A value of a message, or the case of a noun: ``noun.gen``."""
    first, _, case = name.partition(".")
    return getattr(values[first], case) if case else values[first]


def _figure(number: float, says: str) -> str:
    """The number in the scale of its sentence, with as many digits as a reader needs."""
    if any(form and form.endswith("%") for _, _, form, _ in Formatter().parse(says)):
        percent = 100 * number
        return f"{percent:.0f}%" if abs(percent) >= 10 else f"{percent:.2g}%"
    if _ON_THE_CLOCK in says:
        return f"{number:.0f}:00"
    return f"{number:,.0f}" if abs(number) >= 100 or number == round(number) else f"{number:.3g}"


@cache
def language_of(code: str) -> Language:
    """Return the language with an ISO 639 `code`.

    Raises
    ------
    ParcelRiskError
        When there is none.
    """
    if code not in languages():
        raise ParcelRiskError(f"there is no language {code!r:.20}. Languages are {', '.join(languages())}.")
    return Language(code=code, messages=messages_in(files("features.messages"), code))


@cache
def languages() -> tuple[str, ...]:
    """Codes of the languages that there are, English first."""
    names = (file.name for file in files("features.messages").iterdir())
    return (ENGLISH, *sorted(name.removesuffix(".po") for name in names if name.endswith(".po")))


def reason_text(reason: Reason) -> Text:
    """Sentence of one reason, as a text of any language."""
    return Text.of(f"{sentence(reason)}.", "{reason}.", {"reason": reason})


def flag_text(flag: str) -> Text:
    """Sentence of a data-quality flag, as a text of any language."""
    said = flag_sentence(flag)
    return Text.of(said, said, {})


def sentence(reason: Reason, language: str = ENGLISH) -> str:
    """Sentence of one reason."""
    return language_of(language).reason(reason)


def feature_sentence(name: str, value: float, language: str = ENGLISH) -> str:
    """Sentence of a feature for `value`; NaN stands for missing."""
    return language_of(language).feature(name, value)


def flag_sentence(flag: str, language: str = ENGLISH) -> str:
    """Sentence of a data-quality flag."""
    return language_of(language).flag(flag)


def rule_sentence(code: str, language: str = ENGLISH) -> str:
    """Sentence of a rule over parcels, flagging or rejecting."""
    return language_of(language).flag(code)


def state_sentence(state: str, language: str = ENGLISH) -> str:
    """Sentence of a state of a parcel."""
    return language_of(language).state(state)
