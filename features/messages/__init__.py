"""The one message catalogue: facts in, sentences out, in the language of whoever reads.

Nothing stores a sentence. The words of features and rules are given in their declarations, in English; a language is a
file of this package (``en.toml``) with the texts around them, and with its own words for features, flags and states.
"""

from features.messages.language import (
    Language,
    feature_sentence,
    flag_sentence,
    language_of,
    languages,
    rule_sentence,
    sentence,
    state_sentence,
)

__all__ = [
    "Language",
    "feature_sentence",
    "flag_sentence",
    "language_of",
    "languages",
    "rule_sentence",
    "sentence",
    "state_sentence",
]
