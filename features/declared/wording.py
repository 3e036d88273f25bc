"""How the goods are described: length, vagueness, language, script."""

from __future__ import annotations

from features.declared.declare import Kind, feature, yes_no
from features.declared.scalar import NAN, ratio
from features.facts.wording import LANGUAGES, SCRIPTS

SOURCE = "manifest: description of the contents; cover goods of reported seizures"
"""Where these features come from, for the docs."""


@feature(unit="characters", says="the description has {value:.0f} characters", says_missing="there is no description")
def description_length(description_length: float) -> float:
    """Length of the description of all pieces. Missing without one."""
    return description_length


@feature(unit="words", says="the description has {value:.0f} words", says_missing="there is no description")
def description_n_words(description_n_words: float) -> float:
    """Number of words in the description of all pieces. Missing without one."""
    return description_n_words


@feature(
    unit="characters",
    says="words of the description have {value:.1f} characters",
    says_missing="there is no description",
)
def description_word_length(description_n_word_characters: float, description_n_words: float) -> float:
    """Mean length of the words of the description. Missing without words."""
    return ratio(description_n_word_characters, description_n_words)


@feature(unit="share", says="digits make up {value:.0%} of the description", says_missing="there is no description")
def description_digits_share(description_n_digits: float, description_length: float) -> float:
    """Share of the characters of the description that are digits. Missing without one."""
    return ratio(description_n_digits, description_length)


@feature(unit="share", says="capitals make up {value:.0%} of the letters", says_missing="there is no description")
def description_capitals_share(description_n_capitals: float, description_n_latin_letters: float) -> float:
    """Share of the Latin letters of the description that are capitals. Missing without Latin letters."""
    return ratio(description_n_capitals, description_n_latin_letters)


@yes_no("the description says nothing of the goods", "the description names goods", "there is no description")
def description_is_vague(description_is_vague: float) -> float:
    """Whether the whole description is a word such as gift, sample or personal effects. Missing without one."""
    return description_is_vague


@yes_no(
    "the parcel is declared as goods that often served as a cover",
    "the parcel is not declared as usual cover goods",
    "there is no description",
)
def description_is_usual_cover(description_is_usual_cover: float) -> float:
    """Whether the description names goods under which drugs were declared in reported seizures. Missing without one."""
    return description_is_usual_cover


@yes_no(
    "the description names a model or article number",
    "the description names no model or article number",
    "there is no description",
)
def description_has_model_number(description_has_model_number: float) -> float:
    """Whether a word of letters and digits occurs in the description, as sellers with a catalogue write it."""
    return description_has_model_number


@feature(
    unit="share",
    says="a word of the description occurred on parcels of which {value:.0%} held contraband",
    says_missing="no word of the description is known from inspections",
    direction=1,
)
def riskiest_word_share() -> float:
    """Smoothed finding share of the riskiest word of the description among inspected parcels (see `features.words`).

    The bundle carries the words; without one the value is missing.
    """
    return NAN


@feature(
    unit="code",
    kind=Kind.CATEGORY,
    says="the goods are described in {value} letters",
    says_missing="there is no description",
    labels=SCRIPTS,
)
def description_script(description_script: float) -> float:
    """Script of the description: the first other than Latin that occurs, else Latin. Missing without a description."""
    return description_script


@feature(
    unit="code",
    kind=Kind.CATEGORY,
    says="the goods are described in {value}",
    says_missing="there is no description",
    labels=LANGUAGES,
)
def description_language(description_language: float) -> float:
    """Language of the description by common words, a rough guess. Missing without a description."""
    return description_language
