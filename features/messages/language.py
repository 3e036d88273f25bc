"""A language: how facts about a parcel are put into its words."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from string import Formatter

from features.catalogue import catalogue
from features.declared.declare import Feature
from features.messages.places import country_name
from features.parcel.problems import ParcelRiskError
from features.parcel.reference import shipped_reference
from features.parcel.rules import flag_words
from features.reasons import Reason

ENGLISH = "en"
_FORMS = ("says", "says_not", "says_missing")


@dataclass(frozen=True, kw_only=True)
class Language:
    """Texts of one language; where it has none of its own the English of the declaration is used.

    Attributes
    ----------
    code:
        ISO 639 code, by which countries are named.
    frames:
        Texts around a sentence, by what they add.
    features:
        By feature its texts ``says``, ``says_not``, ``says_missing`` and ``says_word``, as a declaration has them.
    flags, states:
        Sentence by code.
    """

    code: str
    frames: Mapping[str, str]
    features: Mapping[str, Mapping[str, str]]
    flags: Mapping[str, str]
    states: Mapping[str, str]

    @classmethod
    def parse(cls, text: str, code: str = ENGLISH) -> Language:
        """Read a language file; frames that it leaves out are the English ones."""
        given = tomllib.loads(text)
        frames = given.get("frames", {})
        return cls(
            code=code,
            frames=frames if frames.keys() >= _FRAMES else {**language_of(ENGLISH).frames, **frames},
            features=given.get("features", {}),
            flags=given.get("flags", {}),
            states=given.get("states", {}),
        )

    def reason(self, reason: Reason) -> str:
        """Sentence for one reason: what the feature says of the value, and what the value is set against."""
        said = self._reason(reason)
        return said[:1].upper() + said[1:]

    def _reason(self, reason: Reason) -> str:
        said = self.features.get(reason.feature, {}).get("says_word")
        if reason.word is not None and reason.value is not None and said:
            return said.format(word=reason.word, value=reason.value)
        sentence = self.feature(reason.feature, math.nan if reason.value is None else reason.value)
        if reason.word is not None:
            return self.frames["word"].format(sentence=sentence, word=reason.word)
        if reason.typical is None:
            return sentence
        frame = self.frames["typical" if reason.lane is None else "typical_on_lane"]
        typical = _figure(reason.typical, self._says(reason.feature))
        return frame.format(sentence=sentence, typical=typical)

    def feature(self, name: str, value: float) -> str:
        """What is said of `value`; of a feature that the catalogue no longer has, its bare name and value."""
        if name in catalogue():
            try:
                return self._named(self._worded(catalogue()[name])).sentence(value)
            except IndexError:  # the code of a category that had more labels once
                pass
        frame = self.frames["other_feature_missing" if math.isnan(value) else "other_feature"]
        return frame.format(feature=name.replace("_", " "), value=f"{value:.4g}")

    def _named(self, feature: Feature) -> Feature:
        """The feature with countries called by their names."""
        if feature.name not in _COUNTRIES:
            return feature
        return replace(feature, labels=tuple(country_name(label, self.code) for label in feature.labels))

    def flag(self, code: str) -> str:
        """Sentence of a data-quality flag, or of any other rule over parcels; an unknown code stands for itself."""
        said = self.flags.get(code) or flag_words(shipped_reference()).get(code, code)
        return said[:1].upper() + said[1:] if " " in said else said

    def state(self, code: str) -> str:
        """Sentence of a state of a parcel; a state of an office's own list stands for itself."""
        return self.states.get(code, code)

    def _says(self, name: str) -> str:
        return self._worded(catalogue()[name]).says if name in catalogue() else ""

    def _worded(self, feature: Feature) -> Feature:
        own = {form: text for form, text in self.features.get(feature.name, {}).items() if form in _FORMS}
        if not (feature.says_missing or "says_missing" in own):
            own["says_missing"] = self.frames["not_known"].format(feature=feature.name.replace("_", " "))
        return replace(feature, **own) if own else feature  # type: ignore[arg-type]


_COUNTRIES = {"goods_origin_country", "dispatch_country", "sender_country", "recipient_country"}
_FRAMES = {
    *("typical_on_lane", "typical", "word", "not_known", "other_feature", "other_feature_missing"),
    *("near_miss", "instead", "unmet", "<", "<=", ">", ">=", "=", "<>"),
}


def _figure(number: float, says: str) -> str:
    """The number in the scale of its sentence, with as many digits as a reader needs."""
    if any(form and form.endswith("%") for _, _, form, _ in Formatter().parse(says)):
        percent = 100 * number
        return f"{percent:.0f}%" if abs(percent) >= 10 else f"{percent:.2g}%"
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
    return Language.parse(files("features.messages").joinpath(f"{code}.toml").read_text("utf-8"), code)


@cache
def languages() -> tuple[str, ...]:
    """Codes of the languages that are there."""
    names = (file.name for file in files("features.messages").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


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
