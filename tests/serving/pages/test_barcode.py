"""Code 39: every character has nine elements of which three are wide, and no two are alike."""

from __future__ import annotations

from itertools import pairwise

from serving.pages.barcode import _PATTERNS, code_39


def test_every_pattern_is_one_of_code_39() -> None:
    assert all(len(pattern) == 9 and pattern.count("w") == 3 for pattern in _PATTERNS.values())
    assert len(set(_PATTERNS.values())) == len(_PATTERNS)


def test_bars_begin_and_end_with_the_star_and_follow_one_another() -> None:
    bars, width = code_39("OBS0000000017")
    assert len(bars) == 5 * 15
    star = [(0, 1), (4, 1), (6, 3), (10, 3), (14, 1)]
    assert bars[:5] == star
    assert [(x - bars[-5][0], bar) for x, bar in bars[-5:]] == star
    assert bars[-1][0] + bars[-1][1] == width
    assert all(x + bar < following for (x, bar), (following, _) in pairwise(bars))
