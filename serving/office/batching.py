"""Sort the rows of a batch: which say the same, and what each does to the parcel on record."""

from __future__ import annotations

import polars as pl

from features.log import empty_log
from features.parcel.problems import Rejection
from features.parcel.schema import LINE, TIME
from serving.office.answers import Answer
from serving.office.current import Records
from serving.office.versioning import Lodged, Step, step

KEY = ("operator", "parcel_id")
Steps = dict[int, Step | Rejection]


def _twin_keys(rows: pl.DataFrame, contents: dict[int, str]) -> dict[int, tuple[object, ...]]:
    return {line: (*key, contents[line]) for line, *key in rows.select(LINE, *KEY, "version", "function").iter_rows()}


def first_of_twins(rows: pl.DataFrame, contents: dict[int, str]) -> pl.DataFrame:
    """Rows of which none says the same as one before it."""
    first: dict[tuple[object, ...], int] = {}
    for line, key in _twin_keys(rows, contents).items():
        first.setdefault(key, line)
    return rows.filter(pl.col(LINE).is_in(pl.Series(list(first.values()), dtype=pl.Int64).implode()))


def with_twins(
    rows: pl.DataFrame, contents: dict[int, str], answers: dict[int, Answer | Rejection]
) -> dict[int, Answer | Rejection]:
    """Answer rows that stand twice in one batch like their first occurrence."""
    first: dict[tuple[object, ...], int] = {}
    for line, key in _twin_keys(rows, contents).items():
        twin = answers[first.setdefault(key, line)]
        if line not in answers:
            answers[line] = twin.model_copy(update={"status": "repeated"}) if isinstance(twin, Answer) else twin
    return answers


def steps_of(rows: pl.DataFrame, contents: dict[int, str], records: Records) -> Steps:
    """Step of every row, by line."""
    steps: Steps = {}
    for line, operator, parcel_id, version, function in rows.select(LINE, *KEY, "version", "function").iter_rows():
        lodged = Lodged(line=line, version=version, function=function, content=contents[line])
        found = records.latest.get((operator, parcel_id))
        steps[line] = step(lodged, found.known if found else None)
    return steps


def with_versions(rows: pl.DataFrame, steps: Steps, records: Records) -> pl.DataFrame:
    """Number amendments that do not say which version they are: they follow the one on record."""
    numbered = [
        records.latest[operator, parcel_id].known.version + 1
        if version is None and steps[line] is Step.AMEND
        else version
        for line, operator, parcel_id, version in rows.select(LINE, *KEY, "version").iter_rows()
    ]
    return rows.with_columns(pl.Series("version", numbered, dtype=pl.Int64))


def lines_of(steps: Steps, *wanted: Step) -> pl.Series:
    """Lines whose step is one of those wanted."""
    return pl.Series([line for line, one in steps.items() if one in wanted], dtype=pl.Int64)


def events_of(rows: pl.DataFrame, records: Records, lines: pl.Series) -> pl.DataFrame:
    """Events in force of the parcels in `lines`."""
    chosen = rows.filter(pl.col(LINE).is_in(lines.implode())).select(KEY)
    return pl.concat([empty_log(), *(records.latest[key].event for key in chosen.iter_rows())])


def first_lodged(fresh: pl.DataFrame, records: Records, steps: Steps) -> pl.Series:
    """When amended parcels were lodged first; null for the others."""
    times = [
        records.latest[operator, parcel_id].event.select(pl.coalesce("counted_at", "known_at")).item()
        if steps[line] is Step.AMEND
        else None
        for line, operator, parcel_id in fresh.select(LINE, *KEY).iter_rows()
    ]
    return pl.Series("counted_at", times, dtype=TIME)
