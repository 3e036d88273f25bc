"""The generated page about identity: what is compared, and how often the table of pairs gets the wanted answer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from features.history.kernel import HUB_ABOVE
from features.identity import DERIVATION
from tests.features.identity.pairs import Pair, pairs, precision_and_recall

_BEFORE = {"sender": (0.23, 0.11), "address": (0.0, 0.0), "contact": (0.33, 0.26), "all": (0.25, 0.12)}
"""Precision and recall of derivation 1 on the same pairs, measured once, in November 2026."""
HEAD = (
    "kind",
    "pairs that are the same",
    "pairs that are not",
    "precision",
    "recall",
    "precision before",
    "recall before",
)


def figures() -> list[tuple[object, ...]]:
    """One line for each kind of pair, and one for all."""
    of = {kind: [pair for pair in pairs() if kind in (pair.kind, "all")] for kind in _BEFORE}
    return [_line(kind, of[kind]) for kind in _BEFORE]


def _line(kind: str, of: Sequence[Pair]) -> tuple[object, ...]:
    precision, recall = precision_and_recall((pair.is_same, bool(pair.by())) for pair in of)
    n_same = sum(pair.is_same for pair in of)
    shares = (precision, recall, *_BEFORE[kind])
    return kind, n_same, len(of) - n_same, *(f"{share:.2f}" for share in shares)


def text() -> str:
    """Prose of the page."""
    return Path(__file__).with_name("identity.md").read_text("utf-8").format(HUB_ABOVE=HUB_ABOVE, DERIVATION=DERIVATION)
