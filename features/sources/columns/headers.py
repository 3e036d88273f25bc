"""Recognise the headers of a table: the record's field names, common aliases, and units taken from the header.

``gross_weight_kg``, ``Weight (kg)`` and ``gross_weight_g`` all fill ``gross_weight_g``; a column ``Weight Unit`` says
the unit of each row. Pieces are columns too: ``description`` belongs to the first piece, ``piece_2_description`` to
the second. What may mean several things becomes a question.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Names
from dataclasses import replace
from functools import cache

from features.parcel.fields import Field, Quantity
from features.parcel.problems import SourceError
from features.parcel.reference import shipped_reference
from features.parcel.schema import LINE
from features.sources.columns.assignment import TOGETHER
from features.sources.columns.cells import OUTCOME, PARCEL, PIECE, Assignment
from features.sources.columns.outcome_words import outcome_words
from features.sources.columns.recognised import Found, Match, Question, Recognised, shown
from features.sources.columns.respelled import numbered, readings, sides, with_codes
from features.sources.columns.spellings import (
    parcel_words,
    piece_words,
    price_words,
    second_words,
    squeezed,
    together_words,
    whose_words,
)
from features.sources.columns.units import DOLLARS, FACTOR, unit_factor

_PIECE_HEADER = re.compile(r"^piece_?0{0,2}([1-9]\d{0,2})_(.+)$")
_CANONICAL_UNIT = {Quantity.MASS: "g", Quantity.LENGTH: "mm", Quantity.MONEY: "cents", Quantity.RATE: "bp"}
UNIT_WORDS = ("unit", "uom", "unitofmeasure", "units", "unitcode", "einheit")
MEASURED = (Quantity.MASS, Quantity.LENGTH)
_GENERAL_UNIT_HEADERS = {
    Quantity.MASS: ("weightunit", "weightuom", "unitofweight", "massunit", "weightunits", "gewichtseinheit"),
    Quantity.LENGTH: ("dimensionunit", "dimensionsunit", "dimunit", "sizeunit", "lengthunit", "dimensionuom"),
}


def recognise_headers(headers: list[str], currencies: frozenset[str] = frozenset()) -> Recognised:
    """Recognise the headers of a parcel file; `currencies` are known in addition to those of ISO 4217.

    Raises
    ------
    SourceError
        When two columns fill one field.
    """
    found = Found()
    units = {squeezed(shown(header)): header for header in headers}
    pieces = numbered([header for header in headers if header != LINE])
    together = _together(headers)
    parts = {header for columns in together.values() for header in columns}
    for header in headers:
        if header == LINE or header in parts:
            continue
        match = _of_piece(header, pieces) or match_header(header) or _in_own_currency(header, currencies)
        if isinstance(match, Question):
            match = _with_unit_column(header, match, units) or match
        found.add(header, match)
    for name, columns in together.items():
        whole = TOGETHER.join(columns)
        found.add(whole, Match(assignment=Assignment(target=PARCEL[name], column=whole), is_second=True))
    if any(one.name == "piece_1.currency" for one in found.assignments):
        found.settle()
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
        instead={
            str(one.column): tuple(found.instead[one.name])
            for one in found.assignments
            if one.name in ("sender_name", "recipient_name") and one.name in found.instead
        },
    )


def holds_parcels(headers: list[str], currencies: frozenset[str] = frozenset()) -> bool:
    """Whether a table with these headers has a column of identifiers."""
    try:
        return any(one.name == "parcel_id" for one in recognise_headers(headers, currencies).assignments)
    except SourceError:
        return True  # which says more of it when it is read


def outcome_assignments(headers: list[str]) -> tuple[list[Assignment], list[str]]:
    """Recognise the headers of an outcome file; return the assignments and the headers that mean nothing here."""
    found = Found()
    for header in headers:
        if header != LINE:
            found.add(header, _match(header, squeezed(shown(header)), "outcome", piece=0))
    if found.questions:
        raise SourceError(found.questions[0].says)
    return found.assignments, [*found.unknown, *found.spare]


def _together(headers: list[str]) -> dict[str, list[str]]:
    """Columns that are parts of one field, such as first and last name of a party, in the order of the parts."""
    found: dict[str, dict[int, str]] = {}
    for header in headers:
        texts = (shown(header), *(one.text for one in readings(shown(header))))
        name, place = next(
            (together_words()[word] for word in map(squeezed, texts) if word in together_words()), ("", 0)
        )
        if name:
            found.setdefault(name, {}).setdefault(place, header)
    return {name: [columns[place] for place in sorted(columns)] for name, columns in found.items()}


def _of_piece(header: str, pieces: Names[str, tuple[int, tuple[str, ...]]]) -> Match | Question | None:
    """What a header of one of several pieces side by side means; None where it is of the parcel."""
    number, texts = pieces.get(header, (0, ()))
    for text in (*texts, *(one.text for base in texts for one in readings(base))):
        match = _match(header, squeezed(text), "piece", piece=number) or _other(header, squeezed(text))
        if isinstance(match, Match) and match.assignment.target.name in PIECE:
            return match
        if isinstance(match, Question) and match.targets[0] in PIECE:
            return match
    return None


def match_header(header: str) -> Match | Question | None:
    """What a header of a parcel file means; None when nothing is known of it."""
    name = with_codes(shown(header))
    match = _as_written(header, name)
    if isinstance(match, Match) and "$" in name and match.assignment.target.quantity is Quantity.MONEY:
        return _which_dollar(header, match.assignment)
    return match if isinstance(match, Match) else _otherwise(header, name) or match


def _which_dollar(header: str, one: Assignment) -> Question:
    column = f'column = {quoted(header)}, unit = "units", currency ='
    return Question(
        header=header,
        otherwise=Match(assignment=one),
        choices=tuple(f'{one.target.name} = {{ {column} "{code}" }}' for code in DOLLARS),
        says=f"column {shown(header)!r} does not say which dollar it gives. Rename it, as in USD.",
        targets=(one.target.name,),
    )


def _as_written(header: str, name: str) -> Match | Question | None:
    tidy = re.sub(r"[^0-9a-z]+", "_", name.strip("\ufeff ").lower()).strip("_")
    if numbered := _PIECE_HEADER.match(tidy):
        return _match(header, squeezed(numbered[2]), "piece", piece=int(numbered[1]))
    word = squeezed(name)
    of_parcel = _match(header, word, "parcel", piece=0)
    return of_parcel or _match(header, word, "piece", piece=1) or _other(header, word)


def _otherwise(header: str, name: str) -> Match | Question | None:
    """What a header means without what is around its words, or in one of its languages: a second choice."""
    found: list[Match | Question | None] = []
    for reading in readings(name):
        match = _as_written(header, reading.text)
        if isinstance(match, Match) and (reading.is_certain or match.assignment.target.quantity is None):
            return replace(match, is_second=True)
        found.append(match if isinstance(match, Question) else None)
    parts = [_as_written(header, part) or _otherwise(header, part) for part in sides(name)]
    known = {one.assignment.name: one for one in reversed(parts) if isinstance(one, Match)}  # the first one stays
    if known:
        return replace(next(iter(known.values())), is_second=True) if len(known) == 1 else None
    return next((one for one in (*found, *parts) if one is not None), None)


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
    second = next((name for name, words in second_words().items() if word in words), None)
    if second is not None:
        return Match(assignment=Assignment(target=PARCEL[second], column=header), is_second=True)
    if any(word == price or (word.startswith(price) and _currency(word[len(price) :])) for price in price_words()):
        return _price(header, next(_currency(word[len(price) :]) for price in price_words() if word.startswith(price)))
    if word in whose_words():
        targets = tuple(f"{role}_{whose_words()[word]}" for role in ("sender", "recipient"))
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


def _match(header: str, word: str, table: str, *, piece: int) -> Match | Question | None:
    plain, measures = _index(table)
    if word in plain:
        return Match(assignment=Assignment(target=plain[word], piece=piece, column=header))
    for field, bases in measures:
        if found := _by_alias(header, word, field, bases, piece):
            return found
    return None


@cache
def _index(table: str) -> tuple[dict[str, Field], list[tuple[Field, tuple[str, ...]]]]:
    """Fields by the words that mean them, own names first; and measures, behind whose words a unit follows."""
    fields, words = {
        "parcel": (PARCEL, parcel_words()),
        "piece": (PIECE, piece_words()),
        "outcome": (OUTCOME, outcome_words()),
    }[table]
    plain = {squeezed(field.name): field for field in fields.values()}
    for field in fields.values():
        if not _bare(field):
            plain = {**dict.fromkeys(_bases(field, words), field), **plain}
    return plain, [(field, _bases(field, words)) for field in fields.values() if _bare(field)]


@cache
def _bare(field: Field) -> str:
    canonical = _CANONICAL_UNIT.get(field.quantity or Quantity.COUNT)
    return squeezed(field.name.removesuffix(f"_{canonical}")) if canonical else ""


def _bases(field: Field, words: Names[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(filter(None, dict.fromkeys((_bare(field), *words.get(field.name, ())))))


def _by_alias(header: str, word: str, field: Field, bases: tuple[str, ...], piece: int) -> Match | Question | None:
    assignment = Assignment(target=field, piece=piece, column=header)
    if word in bases and field.quantity is Quantity.MONEY:
        return Match(assignment=replace(assignment, unit="units"))
    if word in bases:
        return _no_unit(header, field)
    if field.quantity is Quantity.MONEY and word[3:] in bases and _currency(word[:3]):
        return Match(assignment=replace(assignment, unit="units", currency=_currency(word[:3])))
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
        currency = _currency(rest) or _currency(unit)
        return replace(assignment, unit="units", currency=currency) if currency else None
    factor = unit_factor(unit, quantity) or unit_factor(rest, quantity)
    name = next((name for name, of_one in FACTOR[quantity].items() if of_one == factor), None)
    return replace(assignment, unit=name) if name else None


def _with_unit_column(header: str, question: Question, headers: dict[str, str]) -> Match | None:
    """A measure whose unit is in a column of its own."""
    target = PARCEL.get(question.targets[0]) or PIECE[question.targets[0]]
    if target.quantity is None:
        return None
    for name in unit_names(squeezed(shown(header)), target.quantity):
        if name in headers:
            piece = 0 if target.name in PARCEL else 1
            return Match(assignment=Assignment(target=target, piece=piece, column=header, unit_column=headers[name]))
    return None


def unit_names(word: str, quantity: Quantity) -> tuple[str, ...]:
    """Names of what may hold the units of a measure that is called `word`; none where it is no mass or length."""
    general = _GENERAL_UNIT_HEADERS.get(quantity)
    return () if general is None else (*(word + unit for unit in UNIT_WORDS), *general)


def currency_of(text: str) -> str | None:
    """Code of the currency that a word or code in a header or cell means."""
    return _currency(squeezed(text))


def _currency(word: str) -> str | None:
    codes = (word.upper(), word.removeprefix("in").upper())  # "INR" is a code, "in EUR" says which
    return next((meant for code in codes if (meant := _known(code))), None)


def _known(code: str) -> str | None:
    return code if code in _currencies() else _currency_words().get(code)


@cache
def _currencies() -> frozenset[str]:
    return frozenset(shipped_reference().currencies)


@cache
def _currency_words() -> dict[str, str]:
    """Words for currencies, as `squeezed` leaves them, in capitals."""
    aliases = shipped_reference().lists["currency"].aliases
    return {squeezed(word).upper(): code for word, code in aliases.items() if len(squeezed(word)) > 2}


def quoted(header: str) -> str:
    """Text as TOML writes it."""
    return '"' + header.replace("\\", "\\\\").replace('"', '\\"') + '"'
