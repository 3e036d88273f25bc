"""What a line can inspect, how it splits that between scores and chance, and which declarations it queries."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Flags = npt.NDArray[np.bool_]

DECISION_VERSION = 1
"""Number of the procedure in `policy.decide`: raise it when the same inputs may be decided otherwise than before."""
_LATER = ("gate", "rules", "lists", "lines", "most_points")
DOUBT_FLAGS = frozenset({"contents_missing", "description_missing", "recipient_incomplete", "weight_unit"})
"""Data-quality flags that leave a declaration too thin to be assessed."""


@dataclass(frozen=True, kw_only=True)
class LinePolicy:
    """Everything that an office sets about decisions of one line.

    Attributes
    ----------
    capacity_share:
        Share of the screened population that the line can open, 0..1.
    random_share:
        Share of that capacity spent at random, 0..1.
    floor:
        Lowest weight of a draw, as a share of the mean weight: every parcel may be drawn.
    doubt_flags:
        Data-quality flags about which the operator is asked, where nothing else is.
    gate:
        `Gate.digest` of the table of what may be done with an item; empty where everything may.
    rules:
        Digest of all rules that are live; empty where there is none.
    lists:
        Digest of all lists that are live; empty where there is none.
    lines:
        Digest of the lines that rules name; empty where they name none.
    most_points:
        Most points by which rules together raise the score of a parcel; 0 where none does.
    """

    capacity_share: float = 0.005
    random_share: float = 0.1
    floor: float = 0.2
    doubt_flags: frozenset[str] = DOUBT_FLAGS
    gate: str = ""
    rules: str = ""
    lists: str = ""
    lines: str = ""
    most_points: float = 0.0

    def __post_init__(self) -> None:
        """Refuse shares outside 0..1."""
        for name in ("capacity_share", "random_share", "floor"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"{name} is {getattr(self, name)}; it is a share and lies between 0 and 1")

    @property
    def score_budget(self) -> float:
        """Share of the population selected for its score."""
        return self.capacity_share * (1.0 - self.random_share)

    @property
    def random_budget(self) -> float:
        """Share of the population selected at random."""
        return self.capacity_share * self.random_share

    @cached_property
    def settings(self) -> str:
        """Everything here and the number of the procedure, as JSON: what `policy_id` is the digest of."""
        settings = {
            "version": DECISION_VERSION,
            "capacity_share": float(self.capacity_share),
            "random_share": float(self.random_share),
            "floor": float(self.floor),
            "doubt_flags": sorted(self.doubt_flags),
        }
        # What came later counts where it is set, so that policies of before keep their identity.
        later = {name: value for name in _LATER if (value := getattr(self, name))}
        return json.dumps(settings | later, sort_keys=True)

    @cached_property
    def policy_id(self) -> str:
        """Twelve hexadecimal digits that stand for everything here and for the procedure; kept with every decision."""
        return hashlib.sha256(self.settings.encode()).hexdigest()[:12]

    @classmethod
    def of(cls, settings: str) -> LinePolicy | None:
        """The policy whose `settings` are given; None where they are those of another procedure."""
        given: dict[str, Any] = json.loads(settings)
        names = {field.name for field in fields(cls)}
        if given.pop("version") != DECISION_VERSION or not given.keys() <= names:
            return None
        return cls(**given | {"doubt_flags": frozenset(given["doubt_flags"])})

    def doubts(self, quality_flags: Iterable[Collection[str] | None]) -> Flags:
        """Which declarations, each given by its data-quality flags, carry one that the operator is asked about."""
        doubtful = [flags is not None and not self.doubt_flags.isdisjoint(flags) for flags in quality_flags]
        return np.array(doubtful, dtype=np.bool_)
