"""The content of a list: what is stored of its entries in the open, and what only under seal.

In the open are entity keys and expiry, columns first; under seal are names and words, which are compared as text, and
everything as it was imported, so that it can be exported and made into keys anew. Whoever erases the sealed part ends
what the office knows of the persons on the list, but for keys that say nothing without its secret.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import polars as pl
from polars.exceptions import PolarsError

from features.parcel.problems import ListError
from policy.lists.keys import Mark

MARKS = pl.Schema({"entry": pl.Int64(), "column": pl.String(), "key": pl.Int64(), "until_us": pl.Int64()})

WORD_COLUMNS = ("description", "code")
"""Columns of marks whose texts rules read."""


@dataclass(frozen=True, kw_only=True)
class Content:
    """Entries of a list, numbered from 1.

    Attributes
    ----------
    marks:
        What parcels are recognised by, with columns ``MARKS``; `key` is null where a text is compared.
    forms:
        Those texts, in the order of the marks.
    given:
        Entries as they were imported, one row each with ``entry``; no columns where they are not known any more.
    """

    marks: pl.DataFrame
    forms: tuple[str, ...] = ()
    given: pl.DataFrame = field(default_factory=pl.DataFrame)

    @property
    def n_entries(self) -> int:
        """Entries, expired ones included."""
        return int(self.marks["entry"].n_unique())

    @property
    def needs_text(self) -> bool:
        """Whether parcels cannot be recognised without the sealed part."""
        return self.marks["key"].null_count() > 0

    def words(self, at_us: int) -> frozenset[str]:
        """Words and codes that rules read, without those that have expired."""
        texts = self.marks.filter(pl.col("key").is_null())
        holds = pl.col("column").is_in(WORD_COLUMNS) & (pl.col("until_us").is_null() | (pl.col("until_us") >= at_us))
        kept = texts.select(holds).to_series()
        return frozenset(form for form, is_kept in zip(self.forms, kept, strict=True) if is_kept)

    @classmethod
    def of(cls, marks: Iterable[tuple[int, Mark, int | None]], given: pl.DataFrame) -> Content:
        """Content of entries with their marks and expiry."""
        listed = list(marks)
        rows = [(entry, mark.column, mark.key, until) for entry, mark, until in listed]
        forms = tuple(mark.form for _, mark, _ in listed if mark.form is not None)
        return cls(marks=pl.DataFrame(rows, schema=MARKS, orient="row"), forms=forms, given=given)

    def in_the_open(self) -> bytes:
        """What may be stored as it is."""
        file = BytesIO()
        self.marks.write_ipc(file, compression="zstd")
        return file.getvalue()

    def to_seal(self) -> dict[str, Any]:
        """What is stored under seal only; can be written as JSON."""
        return {"forms": list(self.forms), "given": self.given.to_dict(as_series=False)}

    @classmethod
    def stored(cls, opened: bytes, sealed: Mapping[str, Any] | None, digest: str) -> Content:
        """Content as it was stored; `sealed` is None where it was erased, or is not needed.

        Raises
        ------
        ListError
            When it is not what was stored under the digest, or texts are needed that are gone.
        """
        try:
            marks = pl.read_ipc(BytesIO(opened))
        except (PolarsError, OSError) as error:
            raise ListError("the entries of the list cannot be read. Restore the database.") from error
        given = pl.DataFrame() if sealed is None else pl.DataFrame(sealed["given"])
        content = cls(marks=marks, forms=() if sealed is None else tuple(sealed["forms"]), given=given)
        if digest_of(opened) != digest or marks.schema != MARKS:
            raise ListError("the entries of the list are not those that were imported. Restore the database.")
        if content.needs_text and len(content.forms) != marks["key"].null_count():
            raise ListError("the names or words of the list are gone. Import it again.")
        return content


def digest_of(opened: bytes) -> str:
    """Digest of what is stored in the open."""
    return hashlib.sha256(opened).hexdigest()
