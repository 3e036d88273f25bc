"""Doubts are counted by field and reason, whichever piece or part of a file they are about."""

from __future__ import annotations

from features.parcel.doubted import Doubted, counted
from features.parcel.problems import Doubt


def a_doubt(field: str, code: str = "range", reason: str = "too much.") -> Doubt:
    return Doubt(line=1, field=field, code=code, reason=reason, remedy="Check it.")


def test_pieces_are_counted_together_and_the_most_frequent_comes_first() -> None:
    first = counted([a_doubt("gross_weight_g"), a_doubt("piece_1.quantity", reason="9 is too much.")])
    found = counted([a_doubt("piece_12.quantity"), a_doubt("gross_weight_g", "unit")], first)
    assert found == (
        Doubted(field="pieces.quantity", code="range", reason="9 is too much.", n=2),
        Doubted(field="gross_weight_g", code="range", reason="too much.", n=1),
        Doubted(field="gross_weight_g", code="unit", reason="too much.", n=1),
    )
    assert str(found[0]) == "pieces.quantity, range: 2. The first: 9 is too much."
