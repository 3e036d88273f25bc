"""What a validation rule is: one condition over a record, with the words that go with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import polars as pl

Record = Mapping[str, Any]
"""A parcel, or one of its pieces: a value for every field, None where it is not known."""


class Severity(StrEnum):
    """What a broken rule means: the row cannot be used, or not this value of it, or both are used and flagged."""

    REJECT = "reject"
    DROP = "drop"
    FLAG = "flag"


@dataclass(frozen=True, kw_only=True, slots=True)
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
        Field that a rejection or doubt names; for a rule over pieces the field of the piece.
    reads:
        Fields that `broken` looks at, and no others: in a file it is asked once for each distinct set of their values.
    broken:
        Whether a record breaks the rule: a parcel, or a piece when `in_pieces`. A value that is missing breaks no rule
        but those that say so.
    needs:
        Field without a value of which nothing breaks the rule, so that it need not be asked; empty where none is.
    among:
        Codes of which the value of `field` is to be one, where `broken` says nothing else; None where it does.
    suspects:
        Column that is true for every record which may break the rule, of a table with the columns `reads`: in a file
        only these are asked. None where all are.
    """

    code: str
    says: str
    remedy: str
    example: str
    reads: tuple[str, ...]
    broken: Callable[[Record], bool]
    severity: Severity = Severity.FLAG
    field: str = ""
    in_pieces: bool = False
    needs: str = ""
    among: frozenset[str] | None = None
    suspects: pl.Expr | None = None

    @property
    def name(self) -> str:
        """What tells it from every other rule."""
        return f"{self.code} {self.field}"
