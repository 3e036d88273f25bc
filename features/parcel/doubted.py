"""How often what is doubted, by field and reason: for reports on files of any length."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from features.parcel.problems import Doubt

_PIECE = re.compile(r"piece_\d+\.")


@dataclass(frozen=True, kw_only=True)
class Doubted:
    """Values of one field that were not used as they were sent, for one reason.

    Attributes
    ----------
    field:
        Field of the record; of a piece ``pieces.hs_code``, whichever piece it is.
    reason:
        Sentence about the first of them.
    n:
        How many there are.
    """

    field: str
    code: str
    reason: str
    n: int = 1

    def __str__(self) -> str:
        return f"{self.field}, {self.code}: {self.n:,}. The first: {self.reason}"


def counted(doubts: Iterable[Doubt], earlier: Iterable[Doubted] = ()) -> tuple[Doubted, ...]:
    """Counts of doubts by field and reason, the most frequent first; those of `earlier` are counted in."""
    found = [Doubted(field=_PIECE.sub("pieces.", one.field), code=one.code, reason=one.reason) for one in doubts]
    return summed([*earlier, *found])


def summed(counts: Iterable[Doubted]) -> tuple[Doubted, ...]:
    """Counts of one field and reason added up, the most frequent first."""
    sums: dict[tuple[str, str], Doubted] = {}
    for one in counts:
        key = one.field, one.code
        sums[key] = replace(sums[key], n=sums[key].n + one.n) if key in sums else one
    return tuple(sorted(sums.values(), key=lambda one: -one.n))
