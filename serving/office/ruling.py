"""Rules in the decision: those that are live, taken over without a restart, and what they ask for a batch of parcels.

A rule that cannot be evaluated for a parcel, because something is not declared, does not hit it. A rule of which a
column or list is gone, or is computed otherwise since the rule was written, is another matter: what its other
conditions select is checked by hand until somebody writes a new version, see `policy.rules.dead`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import structlog

from features.declared.declare import Floats
from features.event_rows import Row
from features.parcel.problems import ParcelRiskError
from policy import Ask, Referral
from policy.rules import Lists, Predicate, Program, RuleError, lists_of, of_events, read, without, word_lists
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
    def referral(self) -> Referral:
        """What a hit asks for."""
        return Referral.MANUAL_CHECK if self.lost else self.stored.rule.refer

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
    digest:
        Stands for all of them in the identity of the policy; empty where there is none.
    """

    mark: int | None = None
    day: dt.date | None = None
    rules: tuple[Live, ...] = ()
    program: Program = field(default_factory=lambda: Program([]))
    digest: str = ""
    is_current: bool = True


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """What rules ask of a batch, as the decision needs it; `asks` has one entry per parcel, or is None without any."""

    asks: list[Ask | None] | None = None
    hits: tuple[RuleHit, ...] = ()
    degraded: str | None = None
    digest: str = ""


class LiveRules:
    """The rules of an office that are live. Only its writer asks for them."""

    def __init__(self, store: Store) -> None:
        """Read nothing yet."""
        self._store = store
        self._held = Held()

    def held(self, day: dt.date) -> Held:
        """The rules that are live on a day; those of before where that cannot be known."""
        try:
            with self._store.glance() as connection:
                mark = mark_of(connection, KIND)
            if (mark, day) != (self._held.mark, self._held.day) or not self._held.is_current:
                with self._store.begin_read() as connection:
                    live = live_rules(connection)
                self._held = held(live, mark, day, word_lists())
        except ParcelRiskError as error:
            _log.error("rules unreadable", reason=str(error))
            self._held = Held(**{**vars(self._held), "is_current": False})
        return self._held


def held(live: Sequence[StoredRule], mark: int, day: dt.date, lists: Lists) -> Held:
    """Rules made ready to run, without those that have expired by `day`."""
    rules = tuple(_ready(one, lists) for one in live if one.rule.expires_on >= day)
    words = {name: word for one in rules for name, word in one.stored.reads.vocabulary().items()}
    program = Program([one.tree for one in rules if one.tree is not None], words or None, lists)
    digest = digest_of((one.stored, one.lost) for one in rules)
    return Held(mark=mark, day=day, rules=rules, program=program, digest=digest)


def _ready(one: StoredRule, lists: Lists) -> Live:
    lost, known = one.reads.lost(), one.reads.vocabulary()
    try:
        names = dict.fromkeys(one.reads.lists, ()) | dict(lists)
        tree = read(one.rule.when, known, names)
    except RuleError as error:
        _log.error("rule unreadable", rule=one.title, reason=str(error))
        return Live(stored=one, tree=None, lost=("its condition",))
    missing = [name for name in lists_of(tree) if name not in lists]
    if not lost and not missing:
        return Live(stored=one, tree=tree)
    what = (*lost.values(), *(f"list {name} (gone)" for name in missing))
    _log.error("rule in part", rule=one.title, lost=what)
    return Live(stored=one, tree=without(tree, lost, missing), lost=what)


def digest_of(rules: Iterable[tuple[StoredRule, Sequence[str]]]) -> str:
    """What stands for rules in the identity of a policy, given with what each has lost; empty where there is none."""
    # What a rule asks and when it ends is in its version, which never changes.
    texts = [f"{one.title} {one.identity} {','.join(lost)}" for one, lost in rules]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:12] if texts else ""


def rule(rules: LiveRules, connection: Connection, batch: Sequence[Row], features: Floats, day: dt.date) -> Ruling:
    """Run the rules that are live on a batch, and keep what they hit.

    Parameters
    ----------
    batch:
        Parcel events, numbered.
    features:
        Their feature rows, shape ``(n, k)``, without what a model fills.
    """
    ruled = ruling(rules.held(day), batch, features)
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
    found: list[RuleHit] = []
    for row in np.flatnonzero(hits.any(axis=0)).tolist():
        mine = [held.rules[index] for index in np.flatnonzero(hits[:, row]).tolist()]
        asks[row] = _ask(mine)
        seq = batch[row]["seq"]
        found += [RuleHit(seq=seq, rule_id=one.stored.rule_id, is_whole=not one.lost) for one in mine]
    return Ruling(asks=asks, hits=tuple(found), degraded=degraded, digest=held.digest)


def _ask(rules: Sequence[Live]) -> Ask:
    strongest = max(rules, key=lambda one: one.referral.strength)
    return Ask(referral=strongest.referral, hits=tuple(one.hit for one in rules))
