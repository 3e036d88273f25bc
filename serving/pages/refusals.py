"""Why something was refused, in the words of the station: those of the API name fields and values of messages."""

from __future__ import annotations

from collections.abc import Mapping

from features.parcel.problems import Remark
from features.text import Text, text

EMPTY = text("it is empty.")
TOO_LONG = text("the reading is too long. Scan the barcode that stands for the parcel alone.")
_WORDS: Mapping[str, tuple[Text, Text]] = {
    "unknown_parcel": (text("no single parcel is on record under this number."), text("Scan the parcel again.")),
    "outcome_known": (text("another outcome is on record for this parcel."), text("Choose why it is corrected.")),
    "cannot_decide": (
        text(
            "this method cannot decide it: documents clear no parcel, and no method clears what a stronger one has "
            "raised."
        ),
        text("Record it as a stage, or open the parcel."),
    ),
}
_VALUES: Mapping[str, Text] = {
    "required": text("the field is missing."),
    "range": text("the value is outside of what is possible."),
    "in_future": text("the time lies more than 400 days ahead."),
    "placeholder": text("the text stands for no value."),
    "too_long": text("the text is too long."),
    "control_character": text("the text holds a control character."),
    "unknown_choice": text("the value is not one of the known ones."),
    "malformed": text("the text does not have the form that is expected."),
    "unknown_country": text("the country is not an ISO code."),
    "unknown_currency": text("the currency is not an ISO code."),
    "encoding": text("the text is in an encoding that cannot be read."),
    "not_a_number": text("the value is not a number."),
}
"""Why a value cannot be used, by code."""
_UNUSABLE = text("the value cannot be used.")
_CHECK = text("Check what you entered.")


def refusal_words(remark: Remark) -> tuple[Text, Text]:
    """Reason and remedy of what the office refuses, as texts of any language."""
    if remark.code in _WORDS:
        return _WORDS[remark.code]
    reason = remark.reason if isinstance(remark.reason, Text) else rejected_words(remark.code, remark.reason)
    remedy = remark.remedy if isinstance(remark.remedy, Text) else _reworded(remark.remedy, _CHECK)
    return reason, remedy


def rejected_words(code: str, reason: str) -> Text:
    """Why a row was rejected: in English as it was written, in other languages what its code says."""
    return _reworded(reason, _VALUES.get(code, _UNUSABLE))


def _reworded(english: str, said: Text) -> Text:
    """A text that is more exact in English than in other languages."""
    return Text.of(english, said.message, said.values) if english else Text.of("", "", {})
