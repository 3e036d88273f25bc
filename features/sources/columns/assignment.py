"""Which cells of a table fill a field of the record, and how they are written."""

from __future__ import annotations

from dataclasses import dataclass, field

from features.parcel.field_checks import IDENTIFYING
from features.parcel.fields import OUTCOME_FIELDS, PARCEL_FIELDS, PIECE_FIELDS, Field

PARCEL = {field.name: field for field in PARCEL_FIELDS}
PIECE = {field.name: field for field in PIECE_FIELDS}
OUTCOME = {field.name: field for field in OUTCOME_FIELDS}
TOGETHER = " + "
"""Between the headers of columns whose texts are one text, such as a first and a last name."""


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """Which cells fill a field.

    Attributes
    ----------
    target:
        Field of the record to fill.
    piece:
        Number of the piece, counted from 1; 0 for a field of the parcel or outcome itself.
    column, constant:
        Header of the source column, or the text that every row gets; one of the two. Several headers with ``TOGETHER``
        between them are one text.
    unit:
        Unit of the source; see ``features.sources.columns.units``.
    unit_column:
        Column that holds the unit of each row; `unit` then stands for rows that give none.
    time_format, timezone:
        How dates are written (strptime) and the zone of those without one; without it they are read as UTC and doubted.
    currency:
        Currency of the money in the column, where the header or the mapping fixes it.
    currency_column:
        Column that holds the currency of each row; `currency` then stands for rows that give none.
    pad:
        Fill digits with zeros on the left up to this length.
    default:
        Text for rows in which the cell is empty.
    missing:
        Texts that mean "not given", in addition to the empty cell.
    counts_time:
        Whether a bare number is a time, counted in days, seconds or milliseconds; not in our own record, which writes
        ISO 8601.
    values:
        Texts of the source and what they mean; a text that is not listed cannot be read.
    """

    target: Field
    piece: int = 0
    column: str | None = None
    constant: str | None = None
    default: str | None = None
    missing: tuple[str, ...] = ()
    unit: str | None = None
    unit_column: str | None = None
    time_format: str | None = None
    timezone: str | None = None
    currency: str | None = None
    currency_column: str | None = None
    pad: int = 0
    counts_time: bool = True
    values: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Field as a rejection names it."""
        return f"piece_{self.piece}.{self.target.name}" if self.piece else self.target.name

    @property
    def currency_field(self) -> str:
        """Field that holds the currency of an amount."""
        return "currency" if self.target.name in PIECE else f"{self.target.name.split('_')[0]}_currency"

    @property
    def is_dispensable(self) -> bool:
        """Whether a row can be used without the field: any field of a parcel that neither identifies nor dates it."""
        name = self.target.name
        return name not in IDENTIFYING and self.target in (PARCEL.get(name), PIECE.get(name))
