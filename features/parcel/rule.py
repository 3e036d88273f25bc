"""What a validation rule is: one condition over the parcel table, with the words that go with it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import polars as pl

PIECE = pl.element().struct
"""A piece, inside a condition over the pieces of a parcel."""


class Severity(StrEnum):
    """What a broken rule means for the row."""

    REJECT = "reject"
    FLAG = "flag"


@dataclass(frozen=True, kw_only=True)
class ValidationRule:
    """One rule.

    Attributes
    ----------
    code:
        Stable short name.
    says:
        One sentence on what is wrong where the rule is broken.
    remedy:
        What the operator should do.
    example:
        A value, or a row in a few words, that breaks it.
    field:
        Field that a rejection names; for a rule over pieces the field of the piece.
    broken:
        True where the rule is broken; null counts as false. Over the elements of ``pieces`` when `in_pieces`.
    """

    code: str
    says: str
    remedy: str
    example: str
    broken: pl.Expr
    severity: Severity = Severity.FLAG
    field: str = ""
    in_pieces: bool = False

    def over_rows(self) -> pl.Expr:
        """Whether a row breaks the rule."""
        if not self.in_pieces:
            return self.broken.fill_null(value=False)
        return pl.col("pieces").list.eval(self.broken).list.any().fill_null(value=False)

    def first_piece(self) -> pl.Expr:
        """Number of the first piece that breaks the rule, counted from 1."""
        return pl.col("pieces").list.eval(self.broken.fill_null(value=False)).list.arg_max() + 1
