"""A text for people that knows its message and its values, so that it can be said in another language when it is read.

A `Text` is its English sentence, and can be used as any other string is; whoever shows it to a person puts it into the
language of that person by `features.messages.Language.text`. Messages are literals: catalogues are made from them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Self


class Text(str):
    """An English text with the message that it was made from.

    Attributes
    ----------
    message:
        English message, with the names of its values in braces: what a catalogue is asked for.
    values:
        Values by name; texts among them are translated, too.
    n:
        Number by which the message is inflected; None where it is not.
    """

    message: str
    many: str
    values: Mapping[str, Any]
    n: int | None

    @classmethod
    def of(cls, english: str, message: str, values: Mapping[str, Any], n: int | None = None, *, many: str = "") -> Self:
        """A text whose English is not simply its message with the values in it."""
        made = cls(english)
        made.message, made.many, made.values, made.n = message, many or message, values, n
        return made

    @property
    def english(self) -> str:
        """The message in English, in the form of its number."""
        return self.message if self.n in (1, None) else self.many

    def __deepcopy__(self, memo: object) -> Self:
        return self


class Verbatim(str):
    """A value that is shown as it is in any language, such as the name of a column in a rule."""


class English(Verbatim):
    """An English text that is in no catalogue, such as why a rule cannot be used; pages mark it as such."""


class Declared(str):
    """A value that somebody else wrote, such as a name in a manifest: of any language, script and direction."""


def text(message: str, /, **values: Any) -> Text:
    """The text of a message, such as ``text("lodged by {operator}", operator="post-a")``."""
    return Text.of(message.format(**values) if values else message, message, values)


def counted(one: str, many: str, /, n: int, **values: Any) -> Text:
    """The text of a message about `n` things: `one` for a single one; catalogues have the forms of their languages."""
    return Text.of((one if n == 1 else many).format(n=n, **values), one, {"n": n, **values}, n, many=many)


def joined(between: str, parts: Iterable[str]) -> Text:
    """Several texts in a row, with the same sign between them in every language."""
    values = {f"part_{number}": part for number, part in enumerate(parts)}
    message = between.join(f"{{{name}}}" for name in values)
    return Text.of(between.join(values.values()), message, values)


def sentence_of(said: str) -> Text:
    """A text with a capital letter in front and a full stop behind it."""
    return Text.of(f"{capital(said)}.", "{sentence:capital}.", {"sentence": said})


def capital(said: str) -> str:
    """A text with a capital letter in front."""
    return said[:1].upper() + said[1:]


def moment(at: dt.datetime) -> Text:
    """A time, to the minute."""
    return Text.of(f"{at:%Y-%m-%d %H:%M} UTC", "{at}", {"at": at})


def day(on: dt.date) -> Text:
    """A day."""
    return Text.of(on.isoformat(), "{on}", {"on": on})


def figure(number: float, form: str = ",") -> Text:
    """A number in a form of `format`, as in ``,.2f`` or ``.1%``."""
    return Text.of(format(number, form), f"{{number:{form}}}", {"number": number})
