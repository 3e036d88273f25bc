"""What shares are shares of: each rate of an office names one of these."""

from __future__ import annotations

from enum import StrEnum


class Denominator(StrEnum):
    """Populations of parcels, each part of what physically came but the first."""

    DECLARED = "declared"
    ARRIVED = "arrived"
    PRESENTED = "presented"
    EXAMINED = "examined"

    @property
    def says(self) -> str:
        """What belongs to it."""
        return _SAYS[self]

    @property
    def rate(self) -> str:
        """What a share of it means."""
        return _RATES[self]


_SAYS = {
    Denominator.DECLARED: "Parcels that were lodged and not cancelled, whether they came or not.",
    Denominator.ARRIVED: "Parcels that were seen at the office, declared or not.",
    Denominator.PRESENTED: "Parcels that were brought to customs: a stage is on record, and the last word about their "
    "presence is not that they were not presented.",
    Denominator.EXAMINED: "Parcels with an outcome found or nothing found, by whatever method.",
}
_RATES = {
    Denominator.DECLARED: "selection rate: parcels selected per parcel declared; the model's estimates are of these",
    Denominator.ARRIVED: "coverage: parcels declared in advance per parcel that arrived",
    Denominator.PRESENTED: "yield of the line: findings per parcel presented",
    Denominator.EXAMINED: "hit rate: findings per parcel examined, always next to the method",
}
