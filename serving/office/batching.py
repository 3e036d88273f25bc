"""What is lodged together: which rows say the same, which must wait for another, what each does to its parcel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from features.event_rows import Row
from features.identity import derived_row
from features.parcel.flags import QUALITY_FLAGS
from features.parcel.life_flags import VERSION_REPEATED
from features.parcel.problems import Rejection
from features.parcel.schema import LINE
from serving.office.answers import Answer
from serving.office.content import Derived, content_of
from serving.office.current import Current, Key
from serving.office.office import Office
from serving.office.versioning import Step, Submitted, step
from serving.store import Client

Outcome = Answer | Rejection


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What one client lodges at once.

    Attributes
    ----------
    rows:
        Validated parcels: the columns of ``PARCEL_SCHEMA`` with ``operator`` set, ``line`` and ``quality_flags``.
    explain:
        Find the reasons for all of them now, not only for those that a person will look at.
    derived:
        What was made of rows before they came here, by line.
    """

    rows: Sequence[Row]
    client: Client
    explain: bool = False
    derived: Mapping[int, Derived] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Lodged:
    """One row of a submission; `content` is a keyed digest of its facts, `derived` its derived values if known."""

    row: Row
    content: str
    submission: Submission
    derived: Sequence[Any] | None = None

    @property
    def key(self) -> Key:
        """Operator and identifier."""
        return self.row["operator"], self.row["parcel_id"]

    @property
    def twin(self) -> tuple[object, ...]:
        """Equal for rows that say the same."""
        return *self.key, self.content, self.row["version"], self.row["function"]

    @property
    def version(self) -> int | None:
        """As lodged."""
        return self.row["version"]  # type: ignore[no-any-return]


def lodged(submissions: Iterable[Submission], key: bytes) -> Iterator[Lodged]:
    """Rows of all submissions in order; `key` is that of their digests."""
    for submission in submissions:
        for row in submission.rows:
            known = submission.derived.get(row[LINE])
            if known is None:
                yield Lodged(row=row, content=content_of(row, key), submission=submission)
            else:
                yield Lodged(row=row, content=known.content, submission=submission, derived=known.values)


def facts_of(office: Office, one: Lodged) -> Row:
    """What may be kept of a row: its fields without personal ones, and what is derived from it."""
    return derived_row(one.row, office.secrets.identity, office.reference, one.derived)


def rounds(rows: Iterable[Lodged]) -> Iterator[list[Lodged]]:
    """Rounds in which no number occurs twice, so that each row meets what those before it did."""
    rest = list(rows)
    while rest:
        this: dict[str, Lodged] = {}
        later: list[Lodged] = []
        for one in rest:
            if this.setdefault(one.key[1], one) is not one:
                later.append(one)
        yield list(this.values())
        rest = later


def first_of_twins(rows: Iterable[Lodged]) -> dict[tuple[object, ...], Lodged]:
    """Rows of which none says the same as one before it."""
    first: dict[tuple[object, ...], Lodged] = {}
    for one in rows:
        first.setdefault(one.twin, one)
    return first


def repeated(answer: Outcome) -> Outcome:
    """Answer to a row that says the same as one before it."""
    return answer.model_copy(update={"status": "repeated"}) if isinstance(answer, Answer) else answer


def step_of(one: Lodged, on_record: Current | None) -> Step | Rejection:
    """What a row does to the parcel on record."""
    submitted = Submitted(line=one.row[LINE], version=one.version, function=one.row["function"], content=one.content)
    return step(submitted, on_record.known if on_record else None)


def with_receptacle(one: Lodged, known: Mapping[Key, str]) -> Lodged:
    """The row with the receptacle that a dispatch list names, where the declaration does not give it."""
    listed = known.get(one.key)
    if listed is None or one.row["receptacle_id"] is not None:
        return one
    return replace(one, row={**one.row, "receptacle_id": listed})


def next_version(one: Lodged, amended: Current) -> Lodged:
    """The row with its version, where it amends and does not say which it is, or one that is in use: the next one."""
    known = amended.known.version
    if one.version is not None and one.version > known:
        return one
    numbered = replace(one, row={**one.row, "version": known + 1})
    return numbered if one.version is None else flagged(numbered, VERSION_REPEATED)


def flagged(one: Lodged, flag: str) -> Lodged:
    """The row with one more data-quality flag."""
    flags = [*(one.row[QUALITY_FLAGS] or ()), flag]
    return replace(one, row={**one.row, QUALITY_FLAGS: flags})
