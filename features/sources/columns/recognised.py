"""What is recognised of the headers of a table, one after the other: matches, questions, and what is left over."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from features.parcel.problems import SourceError
from features.sources.columns.assignment import Assignment

_REPEATED = re.compile(r"_duplicated_\d+$")  # what Polars puts behind a header that occurs again


@dataclass(frozen=True, kw_only=True)
class Question:
    """A header that may mean several things.

    Attributes
    ----------
    choices:
        Lines of a mapping, of which one is right.
    says:
        What is not known.
    otherwise:
        What the header means where the rest of the table answers the question.
    """

    header: str
    choices: tuple[str, ...]
    says: str
    targets: tuple[str, ...]
    otherwise: Match | None = None


@dataclass(frozen=True, kw_only=True)
class Recognised:
    """What the headers of a table mean, and which ones must be asked about.

    Attributes
    ----------
    unknown:
        Headers that mean nothing here.
    spare:
        Headers of which a better column fills the field.
    instead:
        By column of a party's name, the spare ones that count in rows where it is empty.
    """

    assignments: list[Assignment]
    unknown: list[str]
    spare: list[str]
    questions: list[Question]
    instead: dict[str, tuple[str, ...]] = field(default_factory=dict)

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


class Found:
    """Assignments in the order of the headers; of a better and a second choice for one field the better one stays."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self.assignments: list[Assignment] = []
        self.unknown: list[str] = []
        self.spare: list[str] = []
        self.questions: list[Question] = []
        self.instead: dict[str, list[str]] = {}
        self._second: set[str] = set()

    def add(self, header: str, match: Match | Question | None) -> None:
        """Put one more header in."""
        if isinstance(match, Question):
            self.questions.append(match)
        elif match is None:
            self.unknown.append(header)
        else:
            self._fill(header, match)

    def settle(self) -> None:
        """Answer the questions to which the rest of the table is the answer."""
        answered = [one for one in self.questions if one.otherwise is not None]
        self.questions = [one for one in self.questions if one.otherwise is None]
        for one in answered:
            self.add(one.header, one.otherwise)

    def _fill(self, header: str, match: Match) -> None:
        new = match.assignment
        twin = next((other for other in self.assignments if other.name == new.name), None)
        if twin is None:
            self.assignments.append(new)
            self._second |= {new.name} if match.is_second else set()
        elif match.is_second:
            self.spare.append(header)
            self.instead.setdefault(new.name, []).append(header)
        elif new.name in self._second:
            self._second.discard(new.name)
            self.spare.append(str(twin.column))
            self.instead.setdefault(new.name, []).insert(0, str(twin.column))
            self.assignments[self.assignments.index(twin)] = new
        else:
            raise SourceError(
                f"columns {twin.column!r} and {shown(header)!r} both fill the field {new.name}. "
                "Remove or rename one of them."
            )
