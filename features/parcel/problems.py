"""What can be wrong, and how it is said.

Three kinds only::

    Rejection           a value: one row of a manifest cannot be used; the others are processed
    Doubt               a value: something of a row was changed, cut or dropped so that the row could be used
    ParcelRiskError     an exception: the whole command or request cannot continue
        SourceError     a file cannot be read as what it claims to be
          Undecided     what its columns mean must be decided by a person; a mapping is proposed
        MappingError    a column mapping contradicts itself or the file
        BundleError     a released model must not be served
        SnapshotError   a snapshot of the history is not trusted; the log rebuilds it
        StoreError      the store cannot be opened, failed, or does not fit this version
          StoreBusy     another process holds it; trying again may help
          StoreFull     there is no room where it writes
        ListError       a list of the office cannot be read, or not be changed like this
        NothingToLearn  the log holds too few outcomes to train on

Messages name what, which, why and what to do, and never repeat personal data.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import polars as pl


class ParcelRiskError(Exception):
    """A failure whose message is fit to be shown to a person as it stands."""


class SourceError(ParcelRiskError):
    """A file cannot be read as what it claims to be."""


class Undecided(SourceError):
    """What the columns of a file mean must be decided by a person.

    Attributes
    ----------
    proposal:
        Text of a mapping, with what must be decided as comments.
    """

    def __init__(self, message: str, proposal: str) -> None:
        """Put the proposal behind the message."""
        super().__init__(f"{message}\nProposed mapping:\n{proposal}" if proposal else message)
        self.proposal = proposal


class MappingError(ParcelRiskError):
    """A column mapping contradicts itself or the file it is used on."""


class BundleError(ParcelRiskError):
    """A released model must not be served."""


class SnapshotError(ParcelRiskError):
    """A snapshot of the history is damaged or of another version."""


class StoreError(ParcelRiskError):
    """The store cannot be opened, failed, or was written by another version."""


class StoreBusy(StoreError):
    """Another process holds the store; nothing was stored, and trying again may help."""


class StoreFull(StoreError):
    """There is no room where the store writes; nothing was stored, and somebody must make room."""


class ListError(ParcelRiskError):
    """A list of the office cannot be read, or not be changed like this."""


class NothingToLearn(ParcelRiskError):
    """The log holds too few outcomes to train on."""


@dataclass(frozen=True, kw_only=True)
class Remark:
    """What is wrong with one value of a row.

    Attributes
    ----------
    line:
        Line of the file, or index in the request counted from 1.
    field:
        Field of the record (``piece_2.hs_code`` for a piece).
    code:
        Stable short name of the rule.
    reason, remedy:
        Sentences for the sender of the row. They never repeat the content of a personal field.
    """

    line: int
    field: str
    code: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.field}: {self.reason} {self.remedy}"

    def as_dict(self) -> dict[str, object]:
        """Plain values, for JSON."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Rejection(Remark):
    """Why one row cannot be used: it cannot be identified or dated, or it cannot be read at all."""


@dataclass(frozen=True, kw_only=True)
class Doubt(Remark):
    """A value that was changed, cut or dropped so that the row could be used all the same."""


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """Rows that can be used, with a ``line`` column, the reasons why the others cannot, and the values in doubt."""

    rows: pl.DataFrame
    rejections: tuple[Rejection, ...] = ()
    doubts: tuple[Doubt, ...] = ()
