"""What a rule would have hit in the past: the stored log is replayed, so that it meets what was known then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from features.declared.declare import Floats
from features.history import Engine
from features.log import OUTCOME, PARCEL, RETRACTION
from features.replay import feature_rows
from policy.rules import Checked, Lists, Program, Tally, of_log, tallies
from serving.office.current import EXAMINED
from serving.office.rule_names import RuleNames
from serving.office.rules import SHIPPED
from serving.store import Connection
from serving.store import log as event_log

DESCRIPTION, LENGTH = "description", "fact_description_length"
SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class PastHits:
    """What a rule would have hit in a part of the stored log.

    Attributes
    ----------
    n_inspected, n_found:
        Hits that were examined, and those of them in which something was found.
    n_erased:
        Parcels whose description has been erased: what the rule asks of it cannot be evaluated.
    seqs:
        Sequence numbers of the first hits.
    """

    tally: Tally
    n_inspected: int
    n_found: int
    n_erased: int
    seqs: tuple[int, ...]


def past_hits(
    connection: Connection, one: Checked, since: datetime, until: datetime, names: RuleNames = SHIPPED
) -> PastHits:
    """What a rule would have hit among the parcels that became known from `since` to before `until`.

    Every version of a parcel counts that was scored then, but for those that were cancelled or amended since.
    Descriptions are those that have not been erased, lists and lines those of now.
    """
    seen = _Seen(one, names.lists)
    for log, values in _replayed(connection):
        seen.add(log, values, since, until)
    return seen.past_hits()


def _replayed(connection: Connection) -> Iterator[tuple[pl.DataFrame, Floats]]:
    engine = Engine()
    for part in event_log.parts(connection, texts=(DESCRIPTION,)):
        yield part, feature_rows(part, engine).values


@dataclass
class _Seen:
    """What was seen of the log so far."""

    rule: Checked
    lists: Lists
    tally: Tally = field(init=False)
    hits: set[int] = field(default_factory=set)
    outcomes: dict[int, tuple[int, str]] = field(default_factory=dict)
    retracted: set[int] = field(default_factory=set)
    n_erased: int = 0

    def __post_init__(self) -> None:
        """Begin with nothing."""
        self.tally = Tally(rule=self.rule.rule.name)
        self._program = Program([self.rule.acting], lists=self.lists)

    def add(self, log: pl.DataFrame, values: Floats, since: datetime, until: datetime) -> None:
        """See one more part of the log, with the feature rows of its parcels."""
        self.retracted |= set(log.filter(pl.col("kind") == RETRACTION)["subject_seq"])
        results = log.filter((pl.col("kind") == OUTCOME) & pl.col("result").is_in(sorted(EXAMINED)))
        self.outcomes |= {seq: (subject, result) for seq, subject, result in _three(results)}
        parcels = log.filter(pl.col("kind") == PARCEL).with_row_index("row")
        chosen = parcels.filter(pl.col("known_at").is_between(since, until, closed="left"))
        if chosen.height == 0:
            return
        columns = of_log(chosen, values[chosen["row"].to_numpy()])
        (tally,) = tallies([self.rule], columns, lists=self.lists)
        self.tally += tally
        self.hits |= set(chosen["seq"].to_numpy()[self._program.hits(columns)[0]].tolist())
        self.n_erased += int((chosen[DESCRIPTION].is_null() & chosen[LENGTH].is_not_nan()).sum())

    def past_hits(self) -> PastHits:
        """What came of it."""
        hits = self.hits - self.retracted
        result_of = dict(pair for seq, pair in sorted(self.outcomes.items()) if seq not in self.retracted)
        results = [result_of[seq] for seq in hits if seq in result_of]
        return PastHits(
            tally=self.tally,
            n_inspected=len(results),
            n_found=results.count("found"),
            n_erased=self.n_erased,
            seqs=tuple(sorted(hits)[:SHOWN]),
        )


def _three(results: pl.DataFrame) -> Iterator[tuple[int, int, str]]:
    return results.select("seq", "subject_seq", "result").iter_rows()
