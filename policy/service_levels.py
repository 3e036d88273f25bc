"""Service levels that an office and its operators agreed on: shares that a quarter is to reach."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from features.parcel.problems import ParcelRiskError

FILE, EVERY, PRESENTED = "service_levels.toml", "*", "presented"
MEASURES = ("accepted", "on_time", "recipient_complete", "hs_present", "hs_plausible", "weight_agrees", PRESENTED)


class ServiceLevelError(ParcelRiskError):
    """The table of service levels cannot be used."""


@dataclass(frozen=True, kw_only=True)
class ServiceLevels:
    """Shares by operator and measure; `is_agreed` is false while they are proposals."""

    is_agreed: bool
    shares: Mapping[tuple[str, str], float]

    def of(self, operator: str) -> dict[str, float]:
        """Levels of one operator by measure."""
        found = {name: self.shares.get((operator, name), self.shares.get((EVERY, name))) for name in MEASURES}
        return {name: share for name, share in found.items() if share is not None}


def load_service_levels(folder: Path | None) -> ServiceLevels:
    """Read the table from `folder`; the shipped one without a folder, or where it holds none.

    Raises
    ------
    ServiceLevelError
        When it cannot be used.
    """
    path = folder / FILE if folder is not None else None
    if path is None or not path.is_file():
        return _levels_of(files("policy").joinpath(FILE).read_text("utf-8"))
    try:
        return _levels_of(path.read_text("utf-8"))
    except (KeyError, TypeError, ValueError) as error:
        raise ServiceLevelError(f"{path} cannot be used: {error}. Compare with policy/{FILE}.") from error


def _levels_of(text: str) -> ServiceLevels:
    document = tomllib.loads(text)
    return ServiceLevels(is_agreed=document["is_agreed"] is True, shares=dict(map(_level, document["level"])))


def _level(entry: Mapping[str, Any]) -> tuple[tuple[str, str], float]:
    share = entry["at_least"]
    if entry["measure"] not in MEASURES:
        raise ValueError(f"measure is to be one of {', '.join(MEASURES)}")
    if not isinstance(share, int | float) or isinstance(share, bool) or not 0 <= share <= 1:
        raise ValueError("at_least is to be a share from 0 to 1")
    return (str(entry["operator"]), entry["measure"]), float(share)
