"""Recognise the headers of a table: the record's field names, common aliases, and units taken from the header.

``gross_weight_kg``, ``Weight (kg)`` and ``gross_weight_g`` all fill ``gross_weight_g``; a column ``Weight Unit`` says
the unit of each row. Pieces are columns too: ``description`` belongs to the first piece, ``piece_2_description`` to
the second. What may mean several things becomes a question.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Names
from dataclasses import dataclass, replace
from functools import cache

from features.parcel.fields import Field, Quantity
from features.parcel.problems import SourceError
from features.parcel.reference import shipped_reference
from features.parcel.schema import LINE
from features.sources.columns.cells import OUTCOME, PARCEL, PIECE, Assignment
from features.sources.columns.spellings import (
    OUTCOME_WORDS,
    PARCEL_WORDS,
    PIECE_WORDS,
    PRICE_WORDS,
    SECOND_WORDS,
    WHOSE_WORDS,
    squeezed,
)
from features.sources.columns.units import FACTOR, unit_factor

_PIECE_HEADER = re.compile(r"^piece_?0{0,2}([1-9]\d{0,2})_(.+)$")
_REPEATED = re.compile(r"_duplicated_\d+$")  # what Polars puts behind a header that occurs again
_CANONICAL_UNIT = {Quantity.MASS: "g", Quantity.LENGTH: "mm", Quantity.MONEY: "cents", Quantity.RATE: "bp"}
UNIT_WORDS = ("unit", "uom", "unitofmeasure", "units", "unitcode", "einheit")
MEASURED = (Quantity.MASS, Quantity.LENGTH)
_GENERAL_UNIT_HEADERS = {
    Quantity.MASS: ("weightunit", "weightuom", "unitofweight", "massunit", "weightunits", "gewichtseinheit"),
    Quantity.LENGTH: ("dimensionunit", "dimensionsunit", "dimunit", "sizeunit", "lengthunit", "dimensionuom"),
}


@dataclass(frozen=True, kw_only=True)
class Question:
    """A header that may mean several things.

    Attributes
    ----------
    choices:
        Lines of a mapping, of which one is right.
    says:
        What is not known.
    """

    header: str
    choices: tuple[str, ...]
    says: str
    targets: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Recognised:
    """What the headers of a table mean, and which ones must be asked about.

    Attributes
    ----------
    unknown:
        Headers that mean nothing here.
    spare:
        Headers of which a better column fills the field.
    """

    assignments: list[Assignment]
    unknown: list[str]
    spare: list[str]
    questions: list[Question]

    @property
    def ignored(self) -> tuple[str, ...]:
        """Headers of columns that are not used."""
        return (*self.unknown, *self.spare)


@dataclass(frozen=True, kw_only=True)
class Match:
    """A header that fills a field; a second choice only where no better one does."""

    assignment: Assignment
    is_second: bool = False


def shown(header: str) -> str:
    """A header as it is in the file."""
    return _REPEATED.sub("", header)


def recognise_headers(headers: list[str], currencies: frozenset[str] = frozenset()) -> Recognised:
    """Recognise the headers of a parcel file; `currencies` are known in addition to those of ISO 4217.

    Raises
    ------
    SourceError
        When two columns fill one field.
    """
    found = Found()
    units = {squeezed(shown(header)): header for header in headers}
    for header in headers:
        if header == LINE:
            continue
        match = match_header(header) or _in_own_currency(header, currencies)
        if isinstance(match, Question):
            match = _with_unit_column(header, match, units) or match
        found.add(header, match)
    used = {one.unit_column for one in found.assignments}
    filled = {one.name.removeprefix("piece_1.") for one in found.assignments}
    house = next((one for one in found.assignments if one.name == "house_bill"), None)
    if "parcel_id" not in filled and house is not None:  # a courier's house bill is the number of the parcel
        found.assignments.append(replace(house, target=PARCEL["parcel_id"]))
    return Recognised(
        assignments=found.assignments,
        unknown=[name for name in found.unknown if name not in used],
        spare=found.spare,
        questions=[one for one in found.questions if not set(one.targets) <= filled],
    )


def outcome_assignments(headers: list[str]) -> tuple[list[Assignment], list[str]]:
    """Recognise the headers of an outcome file; return the assignments and the headers that mean nothing here."""
    found = Found()
    for header in headers:
        if header != LINE:
            found.add(header, _match(header, squeezed(shown(header)), OUTCOME, OUTCOME_WORDS, piece=0))
    if found.questions:
        raise SourceError(found.questions[0].says)
    return found.assignments, [*found.unknown, *found.spare]


class Found:
    """Assignments in the order of the headers; of a better and a second choice for one field the better one stays."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self.assignments: list[Assignment] = []
        self.unknown: list[str] = []
        self.spare: list[str] = []
        self.questions: list[Question] = []
        self._second: set[str] = set()

    def add(self, header: str, match: Match | Question | None) -> None:
        """Put one more header in."""
        if isinstance(match, Question):
            self.questions.append(match)
        elif match is None:
            self.unknown.append(header)
        else:
            self._fill(header, match)

    def _fill(self, header: str, match: Match) -> None:
        new = match.assignment
        twin = next((other for other in self.assignments if other.name == new.name), None)
        if twin is None:
            self.assignments.append(new)
            self._second |= {new.name} if match.is_second else set()
        elif match.is_second:
            self.spare.append(header)
        elif new.name in self._second:
            self._second.discard(new.name)
            self.spare.append(str(twin.column))
            self.assignments[self.assignments.index(twin)] = new
        else:
            raise SourceError(
                f"columns {twin.column!r} and {shown(header)!r} both fill the field {new.name}. "
                "Remove or rename one of them."
            )


def match_header(header: str) -> Match | Question | None:
    """What a header of a parcel file means; None when nothing is known of it."""
    name = shown(header)
    tidy = re.sub(r"[^0-9a-z]+", "_", name.strip("\ufeff ").lower()).strip("_")
    if numbered := _PIECE_HEADER.match(tidy):
        return _match(header, squeezed(numbered[2]), PIECE, PIECE_WORDS, piece=int(numbered[1]))
    word = squeezed(name)
    of_parcel = _match(header, word, PARCEL, PARCEL_WORDS, piece=0)
    return of_parcel or _match(header, word, PIECE, PIECE_WORDS, piece=1) or _other(header, word)


def _in_own_currency(header: str, currencies: frozenset[str]) -> Match | Question | None:
    """What a header with a currency of the office means: the same as if it named the euro."""
    for code in sorted(currencies - _currencies()):
        name, n = re.subn(rf"{re.escape(code)}(?=\W*$)", "eur", shown(header), flags=re.IGNORECASE)
        match = match_header(name) if n else None
        if isinstance(match, Match) and match.assignment.currency is not None:
            return replace(match, assignment=replace(match.assignment, column=header, currency=code))
        if isinstance(match, Question) and match.targets == ("value_cents",):
            return _price(header, code)
    return None


def _other(header: str, word: str) -> Match | Question | None:
    """What a header means only where nothing better is there, or what must be asked."""
    second = next((name for name, words in SECOND_WORDS.items() if word in words), None)
    if second is not None:
        return Match(assignment=Assignment(target=PARCEL[second], column=header), is_second=True)
    if any(word == price or (word.startswith(price) and _currency(word[len(price) :])) for price in PRICE_WORDS):
        return _price(header, next(_currency(word[len(price) :]) for price in PRICE_WORDS if word.startswith(price)))
    if word in WHOSE_WORDS:
        targets = tuple(f"{role}_{WHOSE_WORDS[word]}" for role in ("sender", "recipient"))
        lines = tuple(f"{target} = {{ column = {quoted(header)} }}" for target in targets)
        says = f"column {shown(header)!r} does not say whether it is the sender's or the recipient's."
        return Question(header=header, choices=lines, says=says, targets=targets)
    return None


def _price(header: str, currency: str | None) -> Question:
    extra = f', currency = "{currency}"' if currency else ""
    column = f'column = {quoted(header)}, unit = "units"{extra}'
    return Question(
        header=header,
        choices=(f"value_cents = {{ {column}, of_one = true }}", f"value_cents = {{ {column} }}"),
        says=f"column {shown(header)!r} may be the value of one unit (of_one = true) or of all units of a piece.",
        targets=("value_cents",),
    )


def _match(
    header: str, word: str, fields: Names[str, Field], words: Names[str, tuple[str, ...]], *, piece: int
) -> Match | Question | None:
    for field in fields.values():
        if word == squeezed(field.name):
            return Match(assignment=Assignment(target=field, piece=piece, column=header))
    for field in fields.values():
        if found := _by_alias(header, word, field, _bases(field, words), piece):
            return found
    return None


@cache
def _bare(field: Field) -> str:
    canonical = _CANONICAL_UNIT.get(field.quantity or Quantity.COUNT)
    return squeezed(field.name.removesuffix(f"_{canonical}")) if canonical else ""


def _bases(field: Field, words: Names[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(filter(None, dict.fromkeys((_bare(field), *words.get(field.name, ())))))


def _by_alias(header: str, word: str, field: Field, bases: tuple[str, ...], piece: int) -> Match | Question | None:
    assignment = Assignment(target=field, piece=piece, column=header)
    if not _bare(field):
        return Match(assignment=assignment) if word in bases else None
    if word in bases and field.quantity is Quantity.MONEY:
        return Match(assignment=replace(assignment, unit="units"))
    if word in bases:
        return _no_unit(header, field)
    for base in bases:
        if word.startswith(base) and (with_unit := _with_unit(assignment, word.removeprefix(base))):
            return Match(assignment=with_unit)
    return None


def _no_unit(header: str, field: Field) -> Question:
    names = FACTOR[field.quantity or Quantity.COUNT]
    return Question(
        header=header,
        choices=tuple(f'{field.name} = {{ column = {quoted(header)}, unit = "{unit}" }}' for unit in names),
        says=f"column {shown(header)!r} does not say its unit. Rename it to one of: "
        f"{', '.join(f'{shown(header)}_{unit}' for unit in names)}.",
        targets=(field.name,),
    )


def _with_unit(assignment: Assignment, rest: str) -> Assignment | None:
    quantity = assignment.target.quantity or Quantity.COUNT
    unit = rest.removeprefix("in") or rest
    if quantity is Quantity.MONEY:
        if unit in FACTOR[quantity]:
            return replace(assignment, unit=unit)
        currency = _currency(unit)
        return replace(assignment, unit="units", currency=currency) if currency else None
    factor = unit_factor(unit, quantity) or unit_factor(rest, quantity)
    name = next((name for name, of_one in FACTOR[quantity].items() if of_one == factor), None)
    return replace(assignment, unit=name) if name else None


def _with_unit_column(header: str, question: Question, headers: dict[str, str]) -> Match | None:
    """A measure whose unit is in a column of its own."""
    target = PARCEL.get(question.targets[0]) or PIECE[question.targets[0]]
    quantity = target.quantity
    if quantity not in _GENERAL_UNIT_HEADERS:
        return None
    word = squeezed(shown(header))
    for name in (*(word + unit for unit in UNIT_WORDS), *_GENERAL_UNIT_HEADERS[quantity]):
        if name in headers:
            piece = 0 if target.name in PARCEL else 1
            return Match(assignment=Assignment(target=target, piece=piece, column=header, unit_column=headers[name]))
    return None


def _currency(text: str) -> str | None:
    code = text.removeprefix("in").upper()
    return code if code in _currencies() else None


@cache
def _currencies() -> frozenset[str]:
    return frozenset(shipped_reference().currencies)


def quoted(header: str) -> str:
    """Text as TOML writes it."""
    return '"' + header.replace("\\", "\\\\").replace('"', '\\"') + '"'
