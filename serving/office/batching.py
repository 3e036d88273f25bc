"""What is lodged together: which rows say the same, which must wait for another, what each does to its parcel."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter

from pydantic_core import to_json

from features.event_rows import Row
from features.parcel.flags import QUALITY_FLAGS
from features.parcel.life_flags import VERSION_REPEATED
from features.parcel.problems import Rejection
from features.parcel.schema import LINE, PARCEL_SCHEMA, TIME
from serving.office.answers import Answer
from serving.office.current import Current, Key
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
    """

    rows: Sequence[Row]
    client: Client
    explain: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Lodged:
    """One row of a submission; `content` is a keyed digest of its facts."""

    row: Row
    content: str
    submission: Submission

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
            yield Lodged(row=row, content=content_of(row, key), submission=submission)


_ENVELOPE = ("manifest_id", "version", "function", "lodged_at")
"""What a message says of itself: a parcel sent again in another message is the same parcel."""
_FACTS = tuple(name for name in PARCEL_SCHEMA if name not in _ENVELOPE)
_TIMES = tuple(name for name in _FACTS if PARCEL_SCHEMA[name] == TIME)
_FACTS_OF = itemgetter(*_FACTS)


def content_of(row: Row, key: bytes) -> str:
    """Keyed digest of a row: tells a repetition from other facts without keeping personal data."""
    facts = dict(zip(_FACTS, _FACTS_OF(row), strict=True))
    for name in _TIMES:
        if facts[name] is not None:
            facts[name] = _written(facts[name])
    return hmac.digest(key, to_json(facts), "sha256")[:16].hex()


def _written(at: datetime) -> str:
    # Digests are compared with those of earlier versions, which wrote times so.
    return at.isoformat(timespec="milliseconds" if at.microsecond % 1000 == 0 < at.microsecond else "auto")


def rounds(rows: Iterable[Lodged]) -> Iterator[list[Lodged]]:
    """Rounds in which no parcel occurs twice, so that each row meets what those before it did."""
    rest = list(rows)
    while rest:
        this: dict[Key, Lodged] = {}
        later: list[Lodged] = []
        for one in rest:
            if this.setdefault(one.key, one) is not one:
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
    return Lodged(row={**one.row, "receptacle_id": listed}, content=one.content, submission=one.submission)


def next_version(one: Lodged, amended: Current) -> Lodged:
    """The row with its version, where it amends and does not say which it is, or one that is in use: the next one."""
    known = amended.known.version
    if one.version is not None and one.version > known:
        return one
    numbered = Lodged(row={**one.row, "version": known + 1}, content=one.content, submission=one.submission)
    return numbered if one.version is None else flagged(numbered, VERSION_REPEATED)


def flagged(one: Lodged, flag: str) -> Lodged:
    """The row with one more data-quality flag."""
    flags = [*(one.row[QUALITY_FLAGS] or ()), flag]
    return Lodged(row={**one.row, QUALITY_FLAGS: flags}, content=one.content, submission=one.submission)
