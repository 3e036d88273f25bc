"""Forms of pages: fields are declared once, and what is refused is named field by field and given back as typed."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from fastapi import Request

from features.parcel.field import MAX_G
from features.parcel.problems import Remark
from features.text import Verbatim, joined, text
from serving.pages.refusals import EMPTY, refusal_words


class Control(StrEnum):
    """How a field is shown."""

    TEXT = "text"
    NUMBER = "number"
    LONG = "long"
    CHOICE = "choice"
    SECRET = "password"
    HIDDEN = "hidden"


@dataclass(frozen=True, kw_only=True)
class FormField:
    """One field of a form.

    Attributes
    ----------
    label:
        Words in front of it, and what a refusal calls it.
    choices:
        Words by value; nothing else is accepted.
    empty:
        Words of the empty choice; without them one must be chosen.
    minimum, maximum:
        Inclusive range of a number.
    pattern, remedy:
        What the whole text must match, and what to write where it does not.
    is_scanned:
        Whether a scan belongs into it rather than leading to a parcel's card.
    """

    name: str
    label: str
    control: Control = Control.TEXT
    required: bool = False
    max_length: int = 70
    choices: Mapping[str, str] = field(default_factory=dict)
    empty: str = ""
    minimum: int = 0
    maximum: int = MAX_G
    pattern: str = ""
    remedy: str = ""
    rows: int = 3
    is_first: bool = False
    is_scanned: bool = False

    def refusal(self, typed: str) -> Refusal | None:
        """What is wrong with a text; None when it can be used."""
        found = self._wrong(typed)
        return Refusal(field=self.name, label=self.label, reason=found[0], remedy=found[1]) if found else None

    def _wrong(self, typed: str) -> tuple[str, str] | None:
        if not typed:
            return (EMPTY, self.remedy or text("Fill it in.")) if self.required else None
        if len(typed) > self.max_length:
            return (text("it has {n:,} characters.", n=len(typed)), text("Write up to {most:,}.", most=self.max_length))
        if self.choices and typed not in self.choices:
            return text("the form does not offer this value."), text("Choose one of the list.")
        if self.control is Control.NUMBER:
            return self._wrong_number(typed)
        if self.pattern and re.fullmatch(self.pattern, typed) is None:
            return text("it does not have the form that is expected."), self.remedy
        return None

    def _wrong_number(self, typed: str) -> tuple[str, str] | None:
        low, high = self.minimum, self.maximum
        if not (typed.isascii() and typed.isdigit()):
            return text("it is not a whole number."), text(
                "Write digits only, from {low} to {high}.", low=low, high=high
            )
        if not low <= int(typed) <= high:
            return text("the number is out of range."), text("Write a number from {low} to {high}.", low=low, high=high)
        return None


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why a form was not accepted: the field with its label, the reason, and what to do."""

    field: str
    label: str
    reason: str
    remedy: str


@dataclass(frozen=True, kw_only=True)
class Filled:
    """A form with what was typed into it, and what of it is refused."""

    fields: tuple[FormField, ...]
    typed: Mapping[str, str] = field(default_factory=dict)
    refusals: tuple[Refusal, ...] = ()

    @classmethod
    def read(cls, fields: tuple[FormField, ...], posted: Mapping[str, object]) -> Filled:
        """Check every field; blanks around a text do not count, nor does the character NUL, which no store keeps."""
        typed = {one.name: str(posted.get(one.name, "")).replace("\0", "").strip() for one in fields}
        refusals = tuple(filter(None, (one.refusal(typed[one.name]) for one in fields)))
        return cls(fields=fields, typed=typed, refusals=refusals)

    def text(self, name: str) -> str | None:
        """What a field holds; None when it is empty."""
        return self.typed.get(name) or None

    def number(self, name: str) -> int | None:
        """The same of a number."""
        text = self.text(name)
        return int(text) if text else None

    def texts(self, names: Iterable[str]) -> dict[str, str | None]:
        """What several fields hold."""
        return {name: self.text(name) for name in names}

    def refused(self, remark: Remark) -> Filled:
        """The same, refused for what the office says of one of its fields."""
        label = next((one.label for one in self.fields if one.name == remark.field), Verbatim(remark.field))
        reason, remedy = refusal_words(remark)
        refusal = Refusal(field=remark.field, label=label, reason=reason, remedy=remedy)
        return replace(self, refusals=(*self.refusals, refusal))

    def refusing(self, name: str, reason: str, remedy: str = "") -> Filled:
        """The same, with one of its fields refused; the remedy is that of the field where none is given."""
        one = next(one for one in self.fields if one.name == name)
        refusal = Refusal(field=name, label=one.label, reason=reason, remedy=remedy or one.remedy or "Correct it.")
        return replace(self, refusals=(*self.refusals, refusal))


def filled(*fields: FormField) -> Callable[[Request], Awaitable[Filled]]:
    """Dependency that reads a posted form with these fields."""

    async def read(request: Request) -> Filled:
        return Filled.read(fields, await request.form())

    return read


def blank(fields: tuple[FormField, ...], **given: str) -> Filled:
    """A form that nobody has sent yet, with what is known already."""
    return Filled(fields=fields, typed=given)


PARCEL = FormField(
    name="parcel_id", label=text("Number of the parcel"), control=Control.HIDDEN, required=True, max_length=35
)
OPERATOR = FormField(name="operator", label=text("Operator of the parcel"), control=Control.HIDDEN, max_length=35)


def what_was_done(message: str, actions: Mapping[str, str]) -> str:
    """Say what an address names, an action and the number that it was done to; nothing where it is no action."""
    action, _, number = message.partition(" ")
    if action not in actions:
        return ""
    what = joined(" ", (actions[action], Verbatim(number[:60]))) if number else actions[action]
    return text("Done: {what}.", what=what)
