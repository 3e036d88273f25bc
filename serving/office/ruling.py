"""Rules in the decision: those that are live, taken over without a restart, and what they ask for a batch of parcels.

A rule that cannot be evaluated for a parcel, because something is not declared, does not hit it. A rule of which a
column or list is gone, or is computed otherwise since the rule was written, is another matter: what its other
conditions select is checked by hand until somebody writes a new version, see `policy.rules.dead`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import structlog

from features.declared.declare import Floats
from features.event_rows import Row
from features.fingerprints import Pinned
from features.parcel.problems import ParcelRiskError
from policy import Ask, Referral
from policy.rules import (
    MOST_POINTS,
    Lines,
    Lists,
    Predicate,
    Program,
    Read,
    Rule,
    RuleError,
    Tracer,
    digest,
    lists_of,
    of_events,
    on_lines,
    read,
    without,
    word_lists,
)
from policy.typologies import Matcher, shipped_typologies
from policy.typologies.documents import from_document as typology_of
from serving.office.listing import Held as ListsHeld
from serving.office.listing import LiveLists
from serving.office.rule_names import RuleNames
from serving.store import Connection, Store
from serving.store.marks import mark_of
from serving.store.rules import KIND, RuleHit, StoredRule, keep_rule_hits, live_rules

UNREADABLE = "rules unreadable"
"""What answers lack while the rules of before are used because those of now cannot be read, in two words."""
_log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Live:
    """A live rule as it is run.

    Attributes
    ----------
    tree:
        Of its condition, or of what is left of it; None where nothing is, so that it hits every parcel.
    lost:
        What it reads that is gone or has changed; nothing of a rule that is whole.
    """

    stored: StoredRule
    tree: Predicate | None
    lost: tuple[str, ...] = ()

    @property
    def points(self) -> float:
        """By how many points it raises the score: never by more than was approved, so that what is left may do it."""
        return self.stored.rule.raises

    @property
    def referral(self) -> Referral:
        """What a hit asks for."""
        if self.points:
            return Referral.RELEASE
        return Referral.MANUAL_CHECK if self.lost else self.stored.rule.asks

    @property
    def hit(self) -> str:
        """Name of a hit in the decision."""
        return f"rule:{self.stored.rule.name}"


@dataclass(frozen=True, kw_only=True)
class Held:
    """Live rules as they were read last.

    Attributes
    ----------
    mark, day:
        Under which, and for which day, they were read; None before.
    readable:
        Versions of the lists that they were read with.
    lists:
        Words and codes that they read.
    digest:
        Stands for all of them in the identity of the policy; empty where there is none.
    lines:
        Stands for the lines that they name; empty where they name none.
    """

    mark: int | None = None
    day: dt.date | None = None
    readable: Mapping[str, int | None] = field(default_factory=dict)
    rules: tuple[Live, ...] = ()
    program: Program = field(default_factory=lambda: Program([]))
    lists: Lists = field(default_factory=dict)
    digest: str = ""
    lines: str = ""
    is_current: bool = True

    @property
    def whole(self) -> tuple[Live, ...]:
        """Rules of which nothing is lost."""
        return tuple(one for one in self.rules if not one.lost)

    @cached_property
    def tracer(self) -> Tracer:
        """What traces the whole ones, in their order."""
        return Tracer([one.tree for one in self.whole if one.tree is not None], None, self.lists)

    @cached_property
    def matcher(self) -> Matcher:
        """What says how far a parcel matches typologies: shipped ones, in the version of those that are live."""
        adopted = (typology_of(one.stored.rule.typology) for one in self.whole if one.stored.rule.typology)
        return Matcher(list({**shipped_typologies(), **{one.name: one for one in adopted}}.values()), self.lists)

    @property
    def most_points(self) -> float:
        """Most points by which the rules together raise a score; 0 where none does."""
        return MOST_POINTS if any(one.points for one in self.rules) else 0.0


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """What rules ask of a batch, as the decision needs it.

    Attributes
    ----------
    asks:
        One entry per parcel, or None without any.
    open_asks:
        The same without covert rules; None where none is covert.
    """

    asks: list[Ask | None] | None = None
    open_asks: list[Ask | None] | None = None
    hits: tuple[RuleHit, ...] = ()
    degraded: str | None = None
    digest: str = ""
    lines: str = ""
    most_points: float = 0.0


class LiveRules:
    """The rules of an office that are live. What was read is replaced whole, so that threads need not wait."""

    def __init__(self, store: Store, lists: LiveLists, lines: Lines) -> None:
        """Read nothing yet."""
        self._store, self._lists, self._lines = store, lists, lines
        self._held = Held()

    def held(self, day: dt.date, lists: ListsHeld | None = None) -> Held:
        """The rules that are live on a day; those of before where that cannot be known.

        `lists` are the live lists, where they were read just now.
        """
        try:
            with self._store.glance() as connection:
                mark = mark_of(connection, KIND)
            lists = self._lists.held() if lists is None else lists
            read_under = self._held.mark, self._held.day, self._held.readable
            if (mark, day, lists.readable) != read_under or not self._held.is_current:
                with self._store.begin_read() as connection:
                    live = live_rules(connection)
                shipped = {name: words for name, words in word_lists().items() if name not in lists.readable}
                known = RuleNames(lists=shipped | lists.words(day), lines=self._lines)
                self._held = replace(held(live, day, known), mark=mark, readable=lists.readable)
        except ParcelRiskError as error:
            _log.error("rules unreadable", reason=str(error))
            self._held = replace(self._held, is_current=False)
        return self._held


def held(live: Sequence[StoredRule], day: dt.date, known: RuleNames) -> Held:
    """Rules made ready to run, without those that have expired by `day`."""
    rules = tuple(_ready(one, known) for one in live if one.rule.expires_on >= day)
    words = {name: word for one in rules for name, word in one.stored.reads.vocabulary().items()}
    program = Program([one.tree for one in rules if one.tree is not None], words or None, known.lists)
    of_rules = digest_of((one.stored, one.lost) for one in rules)
    of_lines = _digest_of_lines(rules, known.lines)
    return Held(day=day, rules=rules, program=program, lists=known.lists, digest=of_rules, lines=of_lines)


def tried(rules: Sequence[Rule], day: dt.date, known: RuleNames) -> Held:
    """Rules that are not live made ready to run as live ones are: by what they read now."""
    return held([_as_stored(rule, known.lists) for rule in rules], day, known)


def _as_stored(rule: Rule, lists: Lists) -> StoredRule:
    try:
        tree = read(rule.when, lists=lists)
        identity, reads = digest(tree), Read.by(tree)
    except RuleError:  # as a live one that cannot be read any more
        identity, reads = "", Read(kinds={}, pinned=Pinned(n_golden=0, features={}))
    steps = dict.fromkeys(("approved_at", "approved_by", "live_at", "live_by", "retired_at", "retired_by"))
    return StoredRule(rule_id=0, version=0, rule=rule, identity=identity, reads=reads, made_at=0, made_by="", **steps)


def _ready(one: StoredRule, known: RuleNames) -> Live:
    """A rule with what is left of it; a line that is gone restricts it no more."""
    lost, words, lists = one.reads.lost(), one.reads.vocabulary(), known.lists
    lines = [name for name in one.rule.lines if name in known.lines]
    gone = [f"line {name} (gone)" for name in one.rule.lines if name not in known.lines]
    try:
        names = dict.fromkeys(one.reads.lists, ()) | dict(lists)
        tree = read(one.rule.when, words, names)
    except RuleError as error:
        _log.error("rule unreadable", rule=one.title, reason=str(error))
        return Live(stored=one, tree=None, lost=("its condition",))
    missing = [name for name in lists_of(tree) if name not in lists]
    if not (lost or missing or gone):
        return Live(stored=one, tree=on_lines(tree, lines, known.lines))
    what = (*lost.values(), *(f"list {name} (cannot be read)" for name in missing), *gone)
    _log.error("rule in part", rule=one.title, lost=what)
    left = without(tree, lost, missing)
    return Live(stored=one, tree=left if gone else on_lines(left, lines, known.lines), lost=what)


def digest_of(rules: Iterable[tuple[StoredRule, Sequence[str]]]) -> str:
    """What stands for rules in the identity of a policy, given with what each has lost; empty where there is none."""
    # What a rule asks and when it ends is in its version, which never changes.
    texts = [f"{one.title} {one.identity} {','.join(lost)}" for one, lost in rules]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:12] if texts else ""


def _digest_of_lines(rules: Sequence[Live], lines: Lines) -> str:
    """What stands for the lines that rules name, in the identity of a policy; empty where they name none."""
    named = sorted({name for one in rules for name in one.stored.rule.lines})
    texts = [f"{name} {digest(lines[name]) if name in lines else ''}" for name in named]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:12] if texts else ""


def rule(
    rules: LiveRules,
    connection: Connection,
    batch: Sequence[Row],
    features: Floats,
    day: dt.date,
    lists: ListsHeld | None = None,
) -> Ruling:
    """Run the rules that are live on a batch, and keep what they hit.

    Parameters
    ----------
    batch:
        Parcel events, numbered.
    features:
        Their feature rows, shape ``(n, k)``, without what a model fills.
    lists:
        Live lists, where they were read just now.
    """
    ruled = ruling(rules.held(day, lists), batch, features)
    if ruled.hits:
        keep_rule_hits(connection, ruled.hits)
    return ruled


def ruling(held: Held, batch: Sequence[Row], features: Floats) -> Ruling:
    """What rules ask of a batch."""
    degraded = None if held.is_current else UNREADABLE
    if not held.rules:
        return Ruling(degraded=degraded)
    n = len(batch)
    evaluated = iter(held.program.hits(of_events(batch, features)))
    hits = np.array([np.ones(n, np.bool_) if one.tree is None else next(evaluated) for one in held.rules])
    asks: list[Ask | None] = [None] * n
    open_asks: list[Ask | None] = [None] * n
    found: list[RuleHit] = []
    for row in np.flatnonzero(hits.any(axis=0)).tolist():
        mine = [held.rules[index] for index in np.flatnonzero(hits[:, row]).tolist()]
        asks[row] = asked_by(mine)
        open_asks[row] = asked_by([one for one in mine if not one.stored.rule.covert])
        seq = batch[row]["seq"]
        found += [RuleHit(seq=seq, rule_id=one.stored.rule_id, is_whole=not one.lost) for one in mine]
    return Ruling(
        asks=asks,
        open_asks=open_asks if any(one.stored.rule.covert for one in held.rules) else None,
        hits=tuple(found),
        degraded=degraded,
        digest=held.digest,
        lines=held.lines,
        most_points=held.most_points,
    )


def asked_by(rules: Sequence[Live]) -> Ask | None:
    """What the rules that hit one parcel ask together; None without any."""
    if not rules:
        return None
    strongest = max(rules, key=lambda one: one.referral.strength)
    return Ask(
        referral=strongest.referral,
        hits=tuple(one.hit for one in rules if not one.points),
        points=sum(one.points for one in rules),
        raised_by=tuple(one.hit for one in rules if one.points),
    )
