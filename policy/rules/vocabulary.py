"""Columns that a rule may name: features, and what the record holds of a parcel that points to no person.

Not among them, and refused with the reason: personal data and what is made of them one by one (names, numbers, entity
keys), results of inspections, free texts other than the description, the feature that a model fills, and columns that
stand for where in a country somebody lives.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import polars as pl

from features import words
from features.catalogue import catalogue
from features.declared.declare import Feature
from features.declared.declare import Kind as FeatureKind
from features.identity import KEYS, PERSONAL
from features.log import HANDLING, LOG_SCHEMA, NUMBERS, ORDER_SCHEMA, PROSE
from features.parcel.fields import PARCEL_FIELDS, Field

DESCRIPTION = "description"
PROTECTED = ("recipient_postcode_region",)
"""Where people live stands for who they are: no rule may read it."""
ORIGIN = frozenset(
    {
        *("dispatch_country", "sender_country", "goods_origin_country", "origin_office", "operator"),
        *("description_language", "description_script"),
    }
)
"""Columns that say where a parcel comes from, and nothing else of it; a language says so as well."""
ORIGIN_ENTITIES = frozenset({"lane", "lane_quality", "office", "country", "operator"})
"""Entities whose history is that of an origin."""
_OF_ITS_OWN = frozenset({"weekday", "posted_weekday", "hs_chapter", "s10_service", "packaging"})
_COUNTED = frozenset(
    {
        *("parcels", "inspections", "findings", "senders", "recipients", "parties", "pieces", "units", "words", "days"),
        *("characters", "digits", "offices", "flags", "countries", "chapters", "parts", "g", "mm", "l"),
    }
)
"""Units of which nothing is negative."""


class Kind(StrEnum):
    """What a column holds."""

    NUMBER = "number"
    YES_NO = "yes/no"
    TEXT = "text"
    WORDS = "words"
    """A free text of which only words are compared."""


@dataclass(frozen=True, kw_only=True)
class Word:
    """One column of the vocabulary.

    Attributes
    ----------
    minimum, maximum:
        Range of a number, inclusive.
    choices:
        The only texts that occur; empty where any may.
    is_origin:
        Whether it says nothing but where the parcel comes from.
    is_feature:
        Whether its values are those of the feature row, else those of the event.
    """

    name: str
    kind: Kind
    unit: str = ""
    minimum: float = -math.inf
    maximum: float = math.inf
    choices: tuple[str, ...] = ()
    is_origin: bool = False
    is_feature: bool = False
    says: str = ""

    @property
    def holds_text(self) -> bool:
        """Whether its values are texts."""
        return self.kind in (Kind.TEXT, Kind.WORDS)


Vocabulary = Mapping[str, Word]


@cache
def vocabulary() -> Vocabulary:
    """Columns that rules of this installation may name, in alphabetical order."""
    known = {word.name: word for word in (*_of_record(), *_of_features())}
    return {name: known[name] for name in sorted(known)}


def why_not(name: str) -> str:
    """Why a column that exists is not in the vocabulary; empty for a name that means nothing."""
    if name in PERSONAL:
        return "it is personal data"
    if name in KEYS or name in NUMBERS:
        return "it names one item or one party; put what you look for on a list"
    if name in HANDLING or name in ORDER_SCHEMA:
        return "it is known only afterwards"
    if name in PROTECTED:
        return "it is protected: where people live stands for who they are"
    if name == words.FEATURE:
        return "it comes from a model, and rules must not change with the model"
    return "it holds no single number or code" if name in LOG_SCHEMA else ""


def _of_record() -> Iterator[Word]:
    fields = {field.name: field for field in PARCEL_FIELDS}
    closed = {*ORDER_SCHEMA, *KEYS, *HANDLING, *NUMBERS, *PROSE, *PROTECTED}
    for name, dtype in LOG_SCHEMA.items():
        if name == DESCRIPTION:
            yield Word(name=name, kind=Kind.WORDS, says="What the goods are, in the sender's words.")
        elif name not in closed and (kind := _KINDS.get(dtype)) is not None:
            yield _of_field(name, kind, fields.get(name))


_KINDS = {pl.String(): Kind.TEXT, pl.Int64(): Kind.NUMBER, pl.Boolean(): Kind.YES_NO}


def _of_field(name: str, kind: Kind, field: Field | None) -> Word:
    known = field or Field(name=name, says="Summed up or derived at intake.", minimum=_least(name, kind))
    return Word(
        name=name,
        kind=kind,
        unit=known.unit or next((unit for end, unit in _UNITS.items() if name.endswith(end)), ""),
        minimum=-math.inf if known.minimum is None else known.minimum,
        maximum=math.inf if known.maximum is None else known.maximum,
        choices=known.choices,
        is_origin=name in ORIGIN,
        says=known.says,
    )


_UNITS = {"_eur_cents": "hundredths of EUR", "_g": "g"}


def _least(name: str, kind: Kind) -> float | None:
    is_counted = "n_" in name or name.endswith(("_cents", "_g"))
    return 0.0 if kind is Kind.NUMBER and is_counted else None


def _of_features() -> Iterator[Word]:
    for feature in catalogue().features:
        if feature.name == words.FEATURE:
            continue
        if feature.kind is not FeatureKind.CATEGORY:
            yield _of_feature(feature)
        elif feature.name in _OF_ITS_OWN or feature.name in ORIGIN - set(LOG_SCHEMA):
            yield _of_category(feature)


def _of_feature(feature: Feature) -> Word:
    is_yes_no = feature.kind is FeatureKind.YES_NO
    field = next((one for one in PARCEL_FIELDS if one.name == feature.name and one.minimum is not None), None)
    least = 0.0 if feature.unit in _COUNTED else -math.inf
    return Word(
        name=feature.name,
        kind=Kind.YES_NO if is_yes_no else Kind.NUMBER,
        unit="" if is_yes_no else feature.unit,
        minimum=field.minimum if field is not None and field.minimum is not None else least,
        maximum=field.maximum if field is not None and field.maximum is not None else math.inf,
        is_origin=feature.entity in ORIGIN_ENTITIES and not feature.name.endswith(_OF_THE_PARCEL),
        is_feature=True,
        says=feature.description,
    )


_OF_THE_PARCEL = "_against_usual"
"""End of features that compare the parcel itself with its origin."""


def _of_category(feature: Feature) -> Word:
    return Word(
        name=feature.name,
        kind=Kind.TEXT,
        choices=feature.labels,
        is_origin=feature.name in ORIGIN,
        is_feature=True,
        says=feature.description,
    )
