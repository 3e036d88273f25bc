"""Severity-weighted value of findings: a dated table of points by class of goods."""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import polars as pl

from features.declared.declare import Floats
from features.parcel.fields import FINDING_CLASSES
from features.parcel.problems import ParcelRiskError


@dataclass(frozen=True, kw_only=True)
class Severity:
    """Points of a finding by class, since when they hold, and who decided them."""

    points: dict[str, float]
    valid_from: dt.date
    source: str

    @classmethod
    def read(cls, path: Path | None = None) -> Severity:
        """Read a table; by default the one that is shipped.

        Raises
        ------
        ParcelRiskError
            When a class is missing or unknown, or its points are negative.
        """
        text = path.read_text("utf-8") if path else files("training.data").joinpath("severity.toml").read_text("utf-8")
        return cls.of(tomllib.loads(text), path.name if path else "severity.toml")

    @classmethod
    def of(cls, document: dict[str, Any], name: str) -> Severity:
        """Check the content of a table."""
        points = {str(key): float(value) for key, value in document.get("points", {}).items()}
        wrong = sorted(set(points) ^ set(FINDING_CLASSES)) or [key for key, value in points.items() if value < 0]
        if wrong:
            raise ParcelRiskError(
                f"{name}: points of {', '.join(wrong)} are missing, unknown or negative. "
                f"Give points, 0 or more, for each of {', '.join(FINDING_CLASSES)}."
            )
        return cls(points=points, valid_from=document["valid_from"], source=str(document["source"]))

    def of_classes(self, classes: pl.Series) -> Floats:
        """Points of each class; 0 where it is null."""
        column = classes.replace_strict(self.points, default=0.0, return_dtype=pl.Float64)
        return column.fill_null(0.0).to_numpy()

    def mean(self, classes: pl.Series) -> float:
        """Mean points of the findings among `classes` (nulls are none); 1 without any."""
        known = classes.drop_nulls()
        return float(self.of_classes(known).mean()) if known.len() else 1.0
