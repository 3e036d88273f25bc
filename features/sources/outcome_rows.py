"""Rows of outcomes as registers hold them: their words become the choices of the record, and missing times are found.

A row whose result cannot be understood is rejected, because a wrong label is worse than none. Other words that are not
known cost their field and not the row.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import polars as pl

from features.parcel.placeholders import PLACEHOLDERS
from features.parcel.problems import Doubt, SourceError
from features.parcel.schema import LINE, OUTCOME_SCHEMA, conform
from features.sources.columns.assignment import Assignment
from features.sources.columns.cells import Table
from features.sources.columns.outcome_words import CHOSEN, meaning

_INSTEAD = {"finding_class": "other"}
"""What a word that is not known is read as; where nothing is said here it is left out."""
_READ_AS = "the text is no word of the list but is known to mean one; it is read as that."
_CLASS_SAYS = "the class of goods says that something was found; the result is read as that."
_INSPECTED = "it is not given when the result became known; the time of the inspection is used."


def asked_result(assignments: Iterable[Assignment]) -> None:
    """Refuse a table without any column that says what was found.

    Raises
    ------
    SourceError
        When there is none.
    """
    if not {"result", "finding_class"} & {one.name for one in assignments}:
        raise SourceError(
            "no column is known to say what was found. Name it `result`, with found, nothing_found or not_presented, "
            "or name the one with the goods `finding_class`."
        )


def understood(table: Table) -> Table:
    """Outcomes with their words understood; what was done is doubted."""
    rows, doubts = _told_by_the_other(table.rows)
    for name in CHOSEN:
        if name in rows.columns:
            rows, found = _translated(rows, name)
            doubts += found
    return replace(table, rows=rows, doubts=(*table.doubts, *doubts))


def completed(table: Table) -> Table:
    """Outcomes that are `understood`, with results and times that other columns say; what was done is doubted."""
    of_class = pl.when(pl.col("finding_class").is_not_null()).then(pl.lit("found"))
    rows = conform(table.rows, OUTCOME_SCHEMA)
    rows, of_results = _filled(rows, "result", of_class, _CLASS_SAYS)
    rows, of_times = _filled(rows, "known_at", pl.col("inspected_at"), _INSPECTED)
    return replace(table, rows=rows, doubts=(*table.doubts, *of_results, *of_times))


def _told_by_the_other(rows: pl.DataFrame) -> tuple[pl.DataFrame, list[Doubt]]:
    """Results that a column of goods gives, as in ``Drugs: no``, and goods that one of results gives."""
    if "result" not in rows.columns:
        if "finding_class" not in rows.columns:
            return rows, []
        results = {text: choice for text in _distinct(rows["finding_class"]) if (choice := meaning("result", text))}
        told = pl.col("finding_class").replace_strict(results, default=None, return_dtype=pl.String)
        rows = rows.with_columns(told.alias("result"))
        is_word = pl.col("finding_class").is_in(list(results))
        return rows.with_columns(pl.when(~is_word).then("finding_class").alias("finding_class")), []
    unknown = [text for text in _distinct(rows["result"]) if not meaning("result", text)]
    goods = [text for text in unknown if meaning("finding_class", text)]
    if not goods:
        return rows, []
    names_goods = pl.col("result").is_in(goods)
    given = pl.col("finding_class") if "finding_class" in rows.columns else pl.lit(None, pl.String)
    lines = rows.filter(names_goods)[LINE].to_list()
    rows = rows.with_columns(
        pl.when(names_goods & given.is_null()).then("result").otherwise(given).alias("finding_class"),
        pl.when(names_goods).then(pl.lit("found")).otherwise("result").alias("result"),
    )
    return rows, [_doubt(line, "result", "value_changed", _CLASS_SAYS) for line in lines]


def _translated(rows: pl.DataFrame, name: str) -> tuple[pl.DataFrame, list[Doubt]]:
    """One field with choices in place of words."""
    meant: dict[str, str | None] = {}
    for text in _distinct(rows[name]):
        choice = meaning(name, text)
        if choice is None and name != "result":
            choice = None if text in PLACEHOLDERS or meaning("result", text) == "nothing_found" else _INSTEAD.get(name)
        elif choice is None:
            continue  # refused when it is checked, with the choices that there are
        if choice != text:
            meant[text] = choice
    if not meant:
        return rows, []
    changed = rows.filter(pl.col(name).is_in(list(meant)))
    doubts = [_doubt(line, name, *_says(name, text)) for line, text in changed.select(LINE, name).iter_rows()]
    return rows.with_columns(pl.col(name).replace_strict(meant, default=pl.col(name), return_dtype=pl.String)), doubts


def _says(name: str, text: str) -> tuple[str, str]:
    if meaning(name, text) is not None:
        return "value_changed", _READ_AS
    if text in PLACEHOLDERS:
        return "placeholder", "the text stands for no value."
    return "value_changed", f"the word is not known; it is {'read as `other`' if name in _INSTEAD else 'left out'}."


def _filled(rows: pl.DataFrame, name: str, instead: pl.Expr, reason: str) -> tuple[pl.DataFrame, list[Doubt]]:
    """One field filled where it is missing and `instead` is not."""
    lines = rows.filter(pl.col(name).is_null() & instead.is_not_null())[LINE].to_list()
    doubts = [_doubt(line, name, "value_changed", reason) for line in lines]
    return rows.with_columns(pl.coalesce(name, instead).alias(name)), doubts


def _doubt(line: int, name: str, code: str, reason: str) -> Doubt:
    return Doubt(line=line, field=name, code=code, reason=reason, remedy="Give it as the record does, or leave it so.")


def _distinct(texts: pl.Series) -> list[str]:
    return texts.drop_nulls().unique(maintain_order=True).to_list() if texts.dtype == pl.String else []
