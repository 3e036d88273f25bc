"""The one message catalogue: facts in, sentences out, in the language of whoever reads.

Nothing stores a sentence. The words of features and rules are given in their declarations, in English; another language
is a catalogue of this package, such as ``de.po``, with its words for them.
"""

from features.messages.language import (
    Language,
    feature_sentence,
    flag_sentence,
    flag_text,
    language_of,
    languages,
    reason_text,
    rule_sentence,
    sentence,
    state_sentence,
)

__all__ = [
    "Language",
    "feature_sentence",
    "flag_sentence",
    "flag_text",
    "language_of",
    "languages",
    "reason_text",
    "rule_sentence",
    "sentence",
    "state_sentence",
]
