"""The question and its answer: the columns that it reads are filled, a period is cut out, and candidates compared."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from features.bundle import Bundle
from features.catalogue import catalogue
from features.identity import DERIVATION
from features.parcel.problems import ParcelRiskError
from policy import LinePolicy, Referral
from policy.capacity import Flags
from policy.chance import Floats
from policy.lists import Listed, ListKind
from policy.lists.matching import NAME_COLUMNS
from policy.rules import MOST_POINTS, Checked, Lists, digest, word_lists
from policy.shifts import MINUTES, Capacity
from policy.whatif import Candidate, Compared, Source, Windows, compare, windows_of_days, windows_of_shifts
from policy.whatif.period import Ints
from serving.office import stopping
from serving.office.whatif.columns import Column, ListColumn, RuleColumn, ScoreColumn
from serving.office.whatif.facts import Facts, Versions
from serving.office.whatif.filling import fill, is_of
from serving.office.whatif.series import Series
from serving.store import Connection
from serving.store.log_changes import n_changes
from serving.store.times import microseconds

LONGEST = timedelta(days=1_100)
_FOLDER = "whatif"


@dataclass(frozen=True, kw_only=True)
class Question:
    """What would have happened from `since` to before `until`?

    Attributes
    ----------
    rules, lists:
        All that would have been live; what a rule or a trusted list does not ask inspection for is left out.
    words:
        Lists of words and codes that the rules may name.
    model:
        None without one.
    capacity:
        Shifts; None where the share of the policy is opened each day.
    policy:
        Share, and how chance draws.
    stops:
        Stops of the score that hold, see `serving.store.stops`: the score selects nothing that they are about.
    """

    since: datetime
    until: datetime
    rules: Sequence[Checked] = ()
    lists: Sequence[Listed] = ()
    words: Lists = field(default_factory=word_lists)
    model: Bundle | None = None
    capacity: Capacity | None = None
    policy: LinePolicy = field(default_factory=LinePolicy)
    stops: Sequence[Mapping[str, Any]] = ()

    def __post_init__(self) -> None:
        """Refuse a period that is none."""
        if not self.since < self.until <= self.since + LONGEST:
            raise ParcelRiskError(f"the period ends after it begins, and has at most {LONGEST.days:,} days.")

    @property
    def minutes(self) -> dict[Referral, float]:
        """Minutes of an inspection by method."""
        return dict(MINUTES if self.capacity is None else self.capacity.minutes)

    def windows(self, at_us: Ints) -> Windows:
        """Windows of the line over the period."""
        if self.capacity is not None:
            return windows_of_shifts(at_us, self.capacity)
        return windows_of_days(at_us, self.policy.capacity_share, self.minutes[Referral.OPEN])


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The answer, and what it does not know.

    Attributes
    ----------
    notes:
        Sentences on what the figures leave out.
    """

    question: Question
    compared: Compared
    notes: tuple[str, ...]


def what_if(connection: Connection, home: Path, question: Question) -> Asked:
    """What would have happened; the first question that reads something new waits for a replay of the log.

    Parameters
    ----------
    home:
        Folder of the installation: the columns are kept in a folder below it, which may be removed at any time.

    Raises
    ------
    ParcelRiskError
        When no parcel became known in the period.
    """
    rules = {one.rule.name: RuleColumn(one.acting, one.acting_identity, question.words) for one in question.rules}
    readable = [one for one in question.lists if one.content is not None]
    lists = {one.terms.name: ListColumn(one) for one in readable}
    score = None if question.model is None else ScoreColumn(question.model)
    stops = _stops(question)
    wanted: list[Column] = [*rules.values(), *lists.values(), *([score] if score else []), *filter(None, stops)]
    until_us = microseconds(question.until)
    with Series.open(home / _FOLDER, _key(connection)) as series:
        if not is_of(connection, series):
            series.clear()
        n = fill(connection, series, wanted, until_us=until_us)
        facts = Facts(series)
        versions = facts.versions(microseconds(question.since), until_us)
        if not versions.n:
            raise ParcelRiskError("no parcel became known in this period. Give another one.")
        raw = None if score is None else series.read(score.name, score.dtype, n)
        period = facts.period(versions, question.model, raw, question.minutes)
        hits = {one.name: versions.any(series.read(one.name, one.dtype, n)) for one in wanted if one is not score}
    by_rule = [_rule(one, hits[rules[one.rule.name].name]) for one in question.rules]
    trusted = _trusted(readable, {name: hits[one.name] for name, one in lists.items()}, versions)
    by_list = [_list(one, hits[lists[one.terms.name].name], trusted) for one in readable]
    candidate = Candidate(
        policy=question.policy,
        windows=question.windows(period.at_us),
        sources=[one for one in (*by_rule, *by_list) if one.referral.asks_inspection],
        trusted=trusted,
        stopped=_stopped(stops, hits, versions),
        minutes=question.minutes,
        points=_points([(one.rule.raises, hits[rules[one.rule.name].name]) for one in question.rules]),
        most_points=MOST_POINTS,
    )
    return Asked(question=question, compared=compare(period, candidate), notes=tuple(_notes(question)))


def _key(connection: Connection) -> str:
    """What columns depend on in addition to the log: the program, the lists it ships, and facts derived anew."""
    words = "|".join(f"{name}:{','.join(sorted(entries))}" for name, entries in sorted(word_lists().items()))
    text = f"1 {catalogue().fingerprint} {DERIVATION} {n_changes(connection)} {words}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _points(rules: Sequence[tuple[float, Flags]]) -> Floats | None:
    """Points by which rules raise the score of each parcel; None where none does."""
    raising = [points * hits for points, hits in rules if points]
    return np.asarray(np.sum(raising, axis=0), dtype=np.float64) if raising else None


def _rule(one: Checked, hits: Flags) -> Source:
    return Source(name=f"rule:{one.rule.name}", referral=one.rule.asks, hits=hits)


def _list(one: Listed, hits: Flags, trusted: Flags) -> Source:
    """A list; a watch list leaves alone what is trusted."""
    is_watch = one.terms.kind is ListKind.WATCH
    asks = one.terms.asks or Referral.RELEASE
    return Source(name=one.terms.hit, referral=asks, hits=hits & ~trusted if is_watch else hits)


def _trusted(lists: Sequence[Listed], hits: dict[str, Flags], versions: Versions) -> Flags:
    found = np.zeros(versions.n, dtype=np.bool_)
    for one in lists:
        if one.terms.kind is ListKind.TRUSTED:
            found |= hits[one.terms.name]
    return found


def _stops(question: Question) -> list[RuleColumn | None]:
    """What each stop leaves alone; None where it leaves nothing."""
    trees = map(stopping.elsewhere, question.stops)
    return [None if tree is None else RuleColumn(tree, digest(tree)) for tree in trees]


def _stopped(stops: Sequence[RuleColumn | None], elsewhere: dict[str, Flags], versions: Versions) -> Flags | None:
    """For which parcels the score is stopped: those whose versions all come to a line of a stop."""
    if not stops:
        return None
    held = [np.ones(versions.n, dtype=np.bool_) if one is None else ~elsewhere[one.name] for one in stops]
    return np.asarray(np.any(held, axis=0), dtype=np.bool_)


def _notes(question: Question) -> list[str]:
    """What the figures do not know."""
    notes = []
    named = [one.terms.name for one in question.lists if _has_names(one)]
    if named:
        notes.append(f"names on {', '.join(named)} are not compared with the past: the log holds no names")
    lost = [one.terms.name for one in question.lists if one.content is None]
    if lost:
        notes.append(f"{', '.join(lost)} cannot be read and is left out")
    notes += [
        f"the score is stopped for {stop['line'] or 'all lines'}: there it selects nothing, and others get its minutes"
        for stop in question.stops
    ]
    until = None if question.model is None else question.model.meta.training.get("as_of")
    if until is not None:
        notes.append(f"the model has learned from what was known until {until}: before that its figures are too good")
    return notes


def _has_names(one: Listed) -> bool:
    return one.content is not None and bool(one.content.marks["column"].is_in(NAME_COLUMNS).any())
