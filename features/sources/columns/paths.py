"""Recognise the paths of a message as the headers of a table are: by the names of their elements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from features.sources.columns.cells import PARCEL, PIECE
from features.sources.columns.headers import Found, Match, Question, Recognised, match_header
from features.sources.columns.spellings import ROLES, squeezed

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
    for path in paths:
        match = _match(path, in_piece=in_piece)
        name = match.assignment.name if isinstance(match, Match) else ""
        if name in taken:  # a message may give one thing in several places: the first one is proposed
            found.spare.append(path)
            continue
        taken.add(name)
        found.add(path, match)
    filled = {one.target.name for one in found.assignments}
    questions = [one for one in found.questions if not set(one.targets) <= filled]
    return Recognised(assignments=found.assignments, unknown=found.unknown, spare=found.spare, questions=questions)


def _match(path: str, *, in_piece: bool) -> Match | Question | None:
    matches = [match_header(name) for name in _names(path)]
    best = next((one for one in matches if isinstance(one, Match) and _fits(one, in_piece=in_piece)), None)
    if best is not None:
        return replace(best, assignment=replace(best.assignment, column=path, piece=int(_of_piece(best))))
    question = next((one for one in matches if isinstance(one, Question)), None)
    if question is None:
        return None
    lines = tuple(line.replace(question.header, path) for line in question.choices)
    return replace(question, header=path, choices=lines, says=question.says.replace(question.header, path))


def _of_piece(match: Match) -> bool:
    return match.assignment.target.name in PIECE


def _fits(match: Match, *, in_piece: bool) -> bool:
    """Goods are described in pieces, where there are any, and parcels are not."""
    return _of_piece(match) if in_piece else match.assignment.target.name in {*PARCEL, *PIECE}


def _names(path: str) -> Iterator[str]:
    """Names that a path may stand for, the most telling first."""
    if path.removeprefix("^") in _SEGMENTS:
        yield _SEGMENTS[path.removeprefix("^")]
    elements = [element.partition("[")[0] for element in path.removeprefix("^").split("/")]
    role = next((_ROLE_WORDS[word] for word in map(_without_affix, elements[:-1]) if word in _ROLE_WORDS), None)
    if role is not None:
        yield f"{role}_{elements[-1]}"
    yield elements[-1]
    yield "_".join(elements[-2:])
    yield "_".join(elements)


def _without_affix(element: str) -> str:
    """Name of a party without what is put around it, as in ``from_address`` and ``ConsigneeDetails``."""
    word = squeezed(element)
    for affix in ("address", "details", "party", "info", "information", "contact", "segment"):
        word = word.removesuffix(affix) or word
    return word
