"""Items of a package: an indicator, a typology, a seizure record.

An indicator holds the words by which parcels are recognised, because two authorities make different keys of one word.
A seizure record holds neither the number of a parcel nor a name.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as constant
from typing import Any, TypeAlias

from features.handling.seizure import SEIZURE_FIELDS
from features.parcel.fields import Kind
from policy.exchange.problems import ExchangeError
from policy.lists.cells import CLEAR
from policy.lists.terms import MAX_TEXT, ListField
from policy.rules import RuleError
from policy.typologies import Typology
from policy.typologies.documents import MOST_BYTES, typology_of

WORDS = tuple(name for name in CLEAR if name != "key")
"""Columns of an indicator's values: those of an entry of a list but keys, which say nothing elsewhere."""
_NOT_SHARED = ("parcel_id", "operator", "report")
RECORD = tuple(one for one in SEIZURE_FIELDS if one.name not in _NOT_SHARED)
"""Fields of the seizure form that are shared."""
_STREAMS = ("letter", "parcel", "ems", "express")


@dataclass(frozen=True, kw_only=True)
class Indicator:
    """What parcels of a person, an address, a lane or a kind of goods are recognised by."""

    field: ListField
    values: Mapping[str, str]
    reason: str
    expires_on: dt.date
    kind: str = constant(default="indicator", init=False)

    @property
    def is_person(self) -> bool:
        """Whether it is about a person or a firm."""
        return self.field.is_person

    def as_document(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        named = {"kind": self.kind, "field": self.field.value, "values": dict(self.values)}
        return {**named, "reason": self.reason, "expires_on": self.expires_on.isoformat()}


@dataclass(frozen=True, kw_only=True)
class SentTypology:
    """A typology as its file has it."""

    text: str
    typology: Typology = constant(compare=False)
    kind: str = constant(default="typology", init=False)
    is_person: bool = constant(default=False, init=False)

    def as_document(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {"kind": self.kind, "text": self.text}


@dataclass(frozen=True, kw_only=True)
class SeizureRecord:
    """A seizure form without parcel, operator and report."""

    made_on: dt.date
    stream: str | None
    form: Mapping[str, str | int]
    kind: str = constant(default="seizure", init=False)
    is_person: bool = constant(default=False, init=False)

    def as_document(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        shared = {name: value for name, value in self.form.items() if value is not None}
        return {"kind": self.kind, "made_on": self.made_on.isoformat(), "stream": self.stream, "form": shared}


Item: TypeAlias = Indicator | SentTypology | SeizureRecord


def item_of(given: object, number: int) -> Item:
    """Read one item; `number` counts from 1.

    Raises
    ------
    ExchangeError
        When it is none.
    """
    where = f"items, entry {number}"
    if not isinstance(given, Mapping):
        raise ExchangeError(where, "it is no object.", "See docs/exchange.md.")
    match given.get("kind"):
        case "indicator":
            return _indicator(given, where)
        case "typology":
            return _typology(given, where)
        case "seizure":
            return _record(given, where)
    raise ExchangeError(f"{where}.kind", "it is not known.", "Give indicator, typology or seizure.")


def _indicator(given: Mapping[str, Any], where: str) -> Indicator:
    values, named = given.get("values"), given.get("field")
    if named not in tuple(ListField) or ListField(named) is ListField.LOOK_ALIKE:
        raise ExchangeError(f"{where}.field", "it is nothing that an indicator names.", "See docs/lists.md.")
    if not isinstance(values, Mapping) or not values or not values.keys() <= set(WORDS):
        raise ExchangeError(f"{where}.values", "they have other names.", f"Give some of {', '.join(WORDS)}.")
    if not all(_is_text(value) for value in values.values()):
        raise ExchangeError(f"{where}.values", "one is no short text.", f"Give up to {MAX_TEXT} characters each.")
    if not _is_text(given.get("reason")):
        raise ExchangeError(f"{where}.reason", "it is not given.", f"Give up to {MAX_TEXT} characters.")
    expires_on = _day(given.get("expires_on"), f"{where}.expires_on")
    return Indicator(field=ListField(named), values=dict(values), reason=given["reason"], expires_on=expires_on)


def _typology(given: Mapping[str, Any], where: str) -> SentTypology:
    text = given.get("text")
    if not isinstance(text, str) or len(text) > MOST_BYTES:
        raise ExchangeError(f"{where}.text", "it is no text of a typology.", "See docs/typologies.md.")
    try:
        return SentTypology(text=text, typology=typology_of(text))
    except RuleError as error:
        raise ExchangeError(f"{where}.text", f"{error}", "Ask the sender to correct it.") from error


def _record(given: Mapping[str, Any], where: str) -> SeizureRecord:
    form = given.get("form")
    if not isinstance(form, Mapping) or not form.keys() <= {one.name for one in RECORD}:
        raise ExchangeError(f"{where}.form", "it has other fields.", "See docs/seizures.md.")
    for one in RECORD:
        value = form.get(one.name)
        is_right = isinstance(value, int if one.kind is Kind.INTEGER else str) and not isinstance(value, bool)
        if (value is None and one.required) or (value is not None and not is_right):
            raise ExchangeError(f"{where}.form.{one.name}", "it cannot be used.", one.says)
        if one.choices and value is not None and value not in one.choices:
            raise ExchangeError(f"{where}.form.{one.name}", "it is not known.", f"Give {' or '.join(one.choices)}.")
        if isinstance(value, str) and len(value) > one.max_length:
            raise ExchangeError(f"{where}.form.{one.name}", "it is too long.", f"Give up to {one.max_length}.")
    if given.get("stream") not in (None, *_STREAMS):
        raise ExchangeError(f"{where}.stream", "it is not known.", f"Give {' or '.join(_STREAMS)}, or null.")
    made_on = _day(given.get("made_on"), f"{where}.made_on")
    return SeizureRecord(made_on=made_on, stream=given.get("stream"), form=dict(form))


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and len(value) <= MAX_TEXT and value.isprintable()


def _day(value: object, where: str) -> dt.date:
    try:
        return dt.date.fromisoformat(value) if isinstance(value, str) else dt.date.fromisoformat("")
    except ValueError:
        raise ExchangeError(where, "it is no day.", "Write it as in 2026-12-31.") from None
