"""What each method finds of what is there: a dated table of assumptions, replaced line by line by what was measured."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from features.parcel.fields import METHODS
from features.parcel.problems import ParcelRiskError

UNKNOWN = "unknown"
"""Line for results whose method nobody named."""


@dataclass(frozen=True, kw_only=True)
class Sensitivity:
    """Share of the parcels with contraband in which a method finds it, and its interval, all above 0 and up to 1.

    Attributes
    ----------
    source:
        Where it comes from.
    is_measured:
        False for an assumption.
    """

    share: float
    low: float
    high: float
    source: str
    is_measured: bool


@dataclass(frozen=True, kw_only=True)
class Sensitivities:
    """One line for each method, and one for results without a method."""

    of: Mapping[str, Sensitivity]
    valid_from: dt.date
    source: str

    @classmethod
    def read(cls, path: Path | None = None) -> Sensitivities:
        """Read the shipped table; with `path` the lines of that file replace its lines.

        Raises
        ------
        ParcelRiskError
            When a method is unknown, or its share is not between its ends, above 0 and up to 1.
        """
        shipped = tomllib.loads(files("features.handling").joinpath("sensitivity.toml").read_text("utf-8"))
        if path is None:
            return cls.parsed(shipped, "sensitivity.toml")
        try:
            own = tomllib.loads(path.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ParcelRiskError(f"{path.name} cannot be read as TOML: {error}. Correct it.") from None
        return cls.parsed(shipped | own, path.name)

    @classmethod
    def parsed(cls, document: Mapping[str, Any], name: str) -> Sensitivities:
        """Check the content of a table."""
        lines = {key: line for key, line in document.items() if isinstance(line, dict)}
        unknown = sorted(lines.keys() - {*METHODS, UNKNOWN})
        if unknown:
            raise ParcelRiskError(f"{name}: no method is called {unknown[0]}. Methods are {', '.join(METHODS)}.")
        return cls(
            of={method: _line(method, line, name) for method, line in lines.items()},
            valid_from=document["valid_from"],
            source=str(document["source"]),
        )

    def of_method(self, method: str | None) -> Sensitivity:
        """Line of a method; None is one that nobody named."""
        return self.of.get(method or UNKNOWN, self.of[UNKNOWN])


def _line(method: str, line: Mapping[str, Any], name: str) -> Sensitivity:
    try:
        found = Sensitivity(
            share=float(line["share"]),
            low=float(line["low"]),
            high=float(line["high"]),
            source=str(line["source"]),
            is_measured=bool(line["is_measured"]),
        )
    except (KeyError, ValueError, TypeError):
        raise ParcelRiskError(
            f"{name}: the line {method} is not whole. Give share, low and high as numbers, source and is_measured."
        ) from None
    if not 0 < found.low <= found.share <= found.high <= 1:
        raise ParcelRiskError(f"{name}: the share of {method} is not between its ends. Give 0 < low <= share <= high.")
    return found
