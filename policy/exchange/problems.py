"""What can be wrong with a package, a receipt or a file of partners."""

from __future__ import annotations

from features.parcel.problems import ParcelRiskError


class ExchangeError(ParcelRiskError):
    """A package cannot be made, read or used; names the field, the reason and the remedy, and no personal data."""

    def __init__(self, field: str, reason: str, remedy: str) -> None:
        """Say it in one sentence."""
        super().__init__(f"{field}: {reason} {remedy}")
        self.field, self.reason, self.remedy = field, reason, remedy
