"""What is wrong with a set of rules as a whole, before one of them goes live.

What is concluded from the conditions holds for every parcel; what is seen in a sample holds for the sample.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from policy.rules.boxes import follows, is_always, is_never, is_of_origin
from policy.rules.columns import Columns
from policy.rules.normal import loosened
from policy.rules.operands import Lists
from policy.rules.program import Program
from policy.rules.rule import Checked
from policy.rules.vocabulary import Vocabulary, vocabulary

SOON = dt.timedelta(days=30)
MOSTLY = 0.95
"""A rule that hits this share of the parcels of its origin selects by origin in effect."""
OFTEN = 0.5
"""A rule that cannot be evaluated for more than this share of parcels is named."""
MANY = 0.05
"""A rule that refers more than this share of the parcels is named: customs opens about one in a thousand."""


class Flaw(StrEnum):
    """What can be wrong with a rule among others."""

    NEVER = "never true"
    ALWAYS = "always true"
    SAME = "says the same as another rule"
    SUBSUMED = "another rule hits whatever it hits"
    CONTRADICTS = "another rule asks otherwise for the same parcels"
    DEAD = "reads what is gone or has changed"
    EXPIRES = "expires soon"
    NO_HITS = "hits nothing in the sample"
    ORIGIN = "selects by origin in effect"
    NULL = "often cannot be evaluated"
    MANY = "refers more than a line can look into"


@dataclass(frozen=True, kw_only=True)
class Found:
    """One flaw of a rule.

    Attributes
    ----------
    rule:
        Its name.
    other:
        The rule that it is compared with; None where there is none.
    says:
        One sentence with what to do.
    """

    rule: str
    flaw: Flaw
    says: str
    other: str | None = None


@dataclass(frozen=True, kw_only=True)
class Tally:
    """What a rule does on a sample of parcels; those of parts of a sample add up.

    Attributes
    ----------
    n, n_hits, n_null:
        Parcels, those that it hits, and those that it cannot be evaluated for.
    n_of_origin:
        Parcels that its conditions on the origin alone would hit; None where it has none.
    is_referring:
        Whether it refers what it hits, rather than raising a score.
    """

    rule: str
    n: int = 0
    n_hits: int = 0
    n_null: int = 0
    n_of_origin: int | None = None
    is_referring: bool = True

    def __add__(self, other: Tally) -> Tally:
        """Put two parts of a sample together."""
        return Tally(
            rule=self.rule,
            n=self.n + other.n,
            n_hits=self.n_hits + other.n_hits,
            n_null=self.n_null + other.n_null,
            n_of_origin=None if other.n_of_origin is None else (self.n_of_origin or 0) + other.n_of_origin,
            is_referring=other.is_referring,
        )

    @property
    def hit_share(self) -> float:
        """Share of the parcels that it hits, 0..1."""
        return self.n_hits / self.n if self.n else 0.0

    @property
    def null_share(self) -> float:
        """Share of the parcels that it cannot be evaluated for, 0..1."""
        return self.n_null / self.n if self.n else 0.0

    def flaws(self) -> list[Found]:
        """What the sample shows; nothing of an empty one."""
        return list(self._flaws()) if self.n else []

    def _flaws(self) -> Iterator[Found]:
        if not self.n_hits:
            yield Found(rule=self.rule, flaw=Flaw.NO_HITS, says=f"None of {self.n:,} parcels. Widen it or retire it.")
        elif self.n_of_origin is not None and self.n_hits >= MOSTLY * self.n_of_origin:
            says = f"It hits {self.n_hits:,} of {self.n_of_origin:,} parcels of its origin. Narrow it by the parcel."
            yield Found(rule=self.rule, flaw=Flaw.ORIGIN, says=says)
        if self.null_share > OFTEN:
            says = f"It cannot be evaluated for {self.null_share:.0%} of parcels: a value is not declared, or erased."
            yield Found(rule=self.rule, flaw=Flaw.NULL, says=says)
        if self.is_referring and self.hit_share > MANY:
            says = (
                f"It refers {self.n_hits:,} of {self.n:,} parcels ({self.hit_share:.0%}). Narrow it, or let it raise."
            )
            yield Found(rule=self.rule, flaw=Flaw.MANY, says=says)


def analysed(
    rules: Sequence[Checked], *, today: dt.date, known: Vocabulary | None = None, dead: Iterable[tuple[str, str]] = ()
) -> list[Found]:
    """Flaws that follow from the rules themselves.

    Parameters
    ----------
    dead:
        Names of rules that read what is gone or has changed, each with what that is.
    """
    words = vocabulary() if known is None else known
    return [
        *(Found(rule=name, flaw=Flaw.DEAD, says=f"{what}. Write a new version.") for name, what in dead),
        *(found for one in rules for found in _alone(one, words, today)),
        *(found for one in rules for other in rules if one is not other for found in _beside(one, other, words)),
    ]


def _alone(one: Checked, known: Vocabulary, today: dt.date) -> Iterator[Found]:
    name = one.rule.name
    if is_never(one.tree, known):
        yield Found(rule=name, flaw=Flaw.NEVER, says="Its conditions exclude each other. Correct one of them.")
    elif is_always(one.tree, known):
        yield Found(rule=name, flaw=Flaw.ALWAYS, says="It hits every parcel that it can be evaluated for. Narrow it.")
    if one.rule.expires_on - today < SOON:
        yield Found(rule=name, flaw=Flaw.EXPIRES, says=f"Its last day is {one.rule.expires_on}. Renew or retire it.")


def _beside(one: Checked, other: Checked, known: Vocabulary) -> Iterator[Found]:
    if not _share_a_line(one, other) or not follows(one.tree, other.tree, known):
        return
    mine, theirs = one.rule, other.rule
    is_same = one.identity == other.identity
    if None in (mine.refer, theirs.refer):
        # One that raises the score and one that refers say different things of the same parcels.
        if mine.refer is not theirs.refer:
            return
    elif mine.refer is not theirs.refer:
        weaker = mine.asks.strength < theirs.asks.strength
        prevails = f"{theirs.refer if weaker else mine.refer} prevails"
        yield Found(
            rule=mine.name,
            other=theirs.name,
            flaw=Flaw.CONTRADICTS,
            says=f"It asks for {mine.refer}, {theirs.name} for {theirs.refer}; {prevails}. Decide which is meant.",
        )
        if not weaker:
            return
    yield Found(
        rule=mine.name,
        other=theirs.name,
        flaw=Flaw.SAME if is_same else Flaw.SUBSUMED,
        says=f"{theirs.name} hits whatever it hits. Retire one of them, or narrow {theirs.name}.",
    )


def _share_a_line(one: Checked, other: Checked) -> bool:
    mine, theirs = set(one.rule.lines), set(other.rule.lines)
    return not mine or not theirs or bool(mine & theirs)


def tallies(
    rules: Sequence[Checked], columns: Columns, *, known: Vocabulary | None = None, lists: Lists | None = None
) -> list[Tally]:
    """What each of the rules does on a sample of parcels."""
    words = vocabulary() if known is None else known
    loose = [loosened(one.tree, lambda condition: not is_of_origin(condition, words)) for one in rules]
    of_origin = [tree for tree in loose if tree is not None]
    truths = Program([*(one.acting for one in rules), *of_origin], words, lists).truths(columns)
    n_of_origin = iter([int(truth.is_true.sum()) for truth in truths[len(rules) :]])
    return [
        Tally(
            rule=one.rule.name,
            n=columns.n,
            n_hits=int(truth.is_true.sum()),
            n_null=int(truth.is_null.sum()),
            n_of_origin=None if tree is None else next(n_of_origin),
            is_referring=one.rule.refer is not None,
        )
        for one, truth, tree in zip(rules, truths, loose, strict=False)
    ]
