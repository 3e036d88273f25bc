"""Texts that the scripts of the station show, by the names that they know them by."""

from __future__ import annotations

from collections.abc import Mapping

from features.messages import Language
from features.text import Text, counted, text

_TEXTS: Mapping[str, Text] = {
    "entries": counted("{n} entry", "{n} entries", 0),
    "scans": counted("{n} scan", "{n} scans", 0),
    "kept": text("{entries} and {scans} are kept here and sent as soon as it does.", entries="", scans=""),
    "foreign": counted(
        "{n} entry of another officer is kept here: it is sent when that officer signs in.",
        "{n} entries of other officers are kept here: they are sent when those officers sign in.",
        0,
    ),
    "recorded": text("The outcome of {parcel} was recorded.", parcel=""),
    "refused": text("The outcome of {parcel} was refused: scan it again, and record it again.", parcel=""),
    "fresh": counted("{n} new: show them", "{n} new: show them", 0),
    "half_typed": text(
        'The box holds "{typed}", half typed: Enter looks it up, Esc clears it. Nothing was recorded.', typed=""
    ),
    "looking_up": text("The next parcel is being looked up. Nothing was recorded."),
    "out_of_view": text("The card was out of view. Nothing was recorded: look at it, and press the key again."),
    "torn": text("The page changed while a number was scanned. Scan it once more."),
    "too_long": text(
        "The reading has {n} characters; up to {most} are understood. Scan the barcode that stands for the parcel "
        "alone.",
        n=0,
        most=0,
    ),
}


def script_words(language: Language) -> dict[str, list[str]]:
    """Forms of each text in a language, in the order of the plural categories that its script knows."""
    return {name: _forms(language, said) for name, said in _TEXTS.items()}


def _forms(language: Language, said: Text) -> list[str]:
    """Message of a text in all forms that numbers give it; the script puts the values in."""
    english = [said.message] if said.n is None else [said.message, said.many]
    return list(language.messages.forms.get(said.message, english))
