"""Recognise the paths of a message as the headers of a table are: by the names of their elements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from features.parcel.fields import Quantity
from features.sources.columns.cells import PARCEL, PIECE, Assignment
from features.sources.columns.headers import MEASURED, UNIT_WORDS, match_header, quoted, unit_names
from features.sources.columns.party_spellings import ROLES
from features.sources.columns.recognised import Found, Match, Question, Recognised
from features.sources.columns.spellings import squeezed

_ROLE_WORDS = {squeezed(word): role for role, words in ROLES.items() for word in words.split()}
_SEGMENTS = {
    **{f"NAD.CZ.{part}": f"sender_{part}" for part in ("name", "street", "number", "city", "postcode", "country")},
    **{f"NAD.CN.{part}": f"recipient_{part}" for part in ("name", "street", "number", "city", "postcode", "country")},
    **{"NAD.CZ.TE": "sender_phone", "NAD.CZ.EM": "sender_email", "NAD.CN.TE": "recipient_phone"},
    **{"NAD.CN.EM": "recipient_email", "FTX.AAA": "description", "PIA.HS": "hs_code", "RFF.HWB": "house_bill"},
    **{"RFF.MWB": "master_bill", "RFF.AAO": "parcel_id", "DTM.137": "lodged_at", "LOC.27": "origin_country"},
}
"""Segments of EDIFACT whose meaning the directories fix."""


def recognise_paths(paths: list[str], *, in_piece: bool) -> Recognised:
    """What the paths of items, or of their pieces, mean by their names."""
    found = Found()
    taken: set[str] = set()
    matches = {path: _match(path, in_piece=in_piece) for path in paths}
    used: set[str] = set()
    for path, match in matches.items():
        near = _units_near(path, paths) | _units_next_to(path, match, paths)
        matches[path] = _with_unit_and_currency(match, path, near)
        used.update(near.values() if matches[path] is not match else ())
    for path, match in matches.items():
        if path in used:
            continue
        name = match.assignment.name if isinstance(match, Match) else ""
        if name and name in taken:  # a message may give one thing in several places: the first one is proposed
            found.spare.append(path)
            continue
        taken.add(name)
        found.add(path, match)
    filled = {one.target.name for one in found.assignments}
    questions = [one for one in found.questions if not set(one.targets) <= filled]
    return Recognised(assignments=found.assignments, unknown=found.unknown, spare=found.spare, questions=questions)


def meaning_of(path: str) -> str | None:
    """Field that a path of an item fills by its names alone."""
    match = _match(path, in_piece=False)
    return match.assignment.name if isinstance(match, Match) else None


@lru_cache(maxsize=4_096)
def _match(path: str, *, in_piece: bool) -> Match | Question | None:
    matches: Sequence[Match | Question | None] = [match_header(name) for name in _names(path)]
    if squeezed(path.rpartition("/")[2]) in _BARE:  # the element around it says what it is, though not its unit
        matches = [one for one in matches if one is not None][:1]
    best = next((one for one in matches if isinstance(one, Match) and _fits(one, in_piece=in_piece)), None)
    if best is not None:
        return replace(best, assignment=replace(best.assignment, column=path, piece=int(_of_piece(best))))
    question = next((one for one in matches if isinstance(one, Question)), None)
    if question is None:
        return None
    lines = tuple(line.replace(question.header, path) for line in question.choices)
    return replace(question, header=path, choices=lines, says=question.says.replace(question.header, path))


def _units_near(path: str, paths: list[str]) -> dict[str, str]:
    """Paths of the unit and of the currency of a value: attributes of its element, or what stands next to it."""
    parent, _, leaf = path.rpartition("/")
    begins = [f"{path}/@", *([f"{parent}/"] if squeezed(leaf) in _BARE else [])]
    near = {squeezed(one[len(begin) :]): one for begin in begins for one in paths if one.startswith(begin)}
    words = {"unit": UNIT_WORDS, "currency": _CURRENCY_WORDS}
    found = {what: next((near[word] for word in of if word in near), None) for what, of in words.items()}
    return {what: one for what, one in found.items() if one is not None}


def _units_next_to(path: str, match: Match | Question | None, paths: list[str]) -> dict[str, str]:
    """Path of the unit of a measure that does not name it, next to it: ``weightUnit``, or ``unit`` of its sizes."""
    target = _MEASURES.get(match.targets[0]) if isinstance(match, Question) else None
    if target is None or target.quantity is None:
        return {}
    parent, _, leaf = path.rpartition("/")
    begin = f"{parent}/" if parent else ""
    beside = {squeezed(one[len(begin) :]): one for one in paths if one.startswith(begin)}
    bare = UNIT_WORDS if parent and target.quantity is Quantity.LENGTH else ()
    names = (*unit_names(squeezed(leaf), target.quantity), *bare)
    return next(({"unit": beside[name]} for name in names if name in beside), {})


def _with_unit_and_currency(match: Match | Question | None, path: str, near: dict[str, str]) -> Match | Question | None:
    """A measure with the path of its unit, and money with the path of its currency."""
    if isinstance(match, Question) and "unit" in near and match.targets[0] in _MEASURES:
        target = _MEASURES[match.targets[0]]
        assignment = Assignment(target=target, piece=int(target.name in PIECE), column=path, unit_column=near["unit"])
        return Match(assignment=assignment)
    if "currency" not in near:
        return match
    if isinstance(match, Question) and match.targets[0] == "value_cents":
        extra = f", currency_path = {quoted(near['currency'])} }}"
        return replace(match, choices=tuple(line.removesuffix(" }") + extra for line in match.choices))
    if isinstance(match, Match) and match.assignment.target.quantity is Quantity.MONEY:
        return replace(match, assignment=replace(match.assignment, currency_column=near["currency"]))
    return match


_MEASURES = {name: field for name, field in {**PIECE, **PARCEL}.items() if field.quantity in MEASURED}
_BARE = ("value", "amount", "number", "code", "text", "content")
"""Names that say nothing without the element around them, as in ``weight/value``."""
_CURRENCY_WORDS = ("currency", "currencyid", "currencycode", "ccy", "cur", "curr")


def _of_piece(match: Match) -> bool:
    return match.assignment.target.name in PIECE


def _fits(match: Match, *, in_piece: bool) -> bool:
    """Goods are described in pieces, where there are any, and parcels are not."""
    return _of_piece(match) if in_piece else match.assignment.target.name in {*PARCEL, *PIECE}


def _names(path: str) -> Iterator[str]:
    """Names that a path may stand for, the most telling first."""
    if path.removeprefix("^") in _SEGMENTS:
        yield _SEGMENTS[path.removeprefix("^")]
    elements = _elements(path)
    role = role_of(path)
    if role is not None:
        yield f"{role}_{elements[-1]}"
    elif len(elements) > 1 and squeezed(elements[-1]) in _BARE:
        yield elements[-2]
    yield elements[-1]
    yield "_".join(elements[-2:])
    yield "_".join(elements)


def role_of(path: str) -> str | None:
    """Whose party an element is part of: the sender's or the recipient's."""
    words = map(_without_affix, _elements(path)[:-1])
    return next((_ROLE_WORDS[word] for word in words if word in _ROLE_WORDS), None)


def _elements(path: str) -> list[str]:
    return [element.partition("[")[0] for element in path.removeprefix("^").split("/")]


def _without_affix(element: str) -> str:
    """Name of a party without what is put around it, as in ``from_address`` and ``ConsigneeDetails``."""
    word = squeezed(element)
    for affix in ("address", "details", "party", "info", "information", "contact", "segment"):
        word = word.removesuffix(affix) or word
    return word
