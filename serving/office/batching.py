"""Sort the rows of a batch: which say the same, and what each does to the parcel on record."""

from __future__ import annotations

import polars as pl

from features.log import LOG_SCHEMA, empty_log
from features.parcel.problems import Rejection
from features.parcel.schema import LINE, TIME
from serving.office.answers import Answer
from serving.office.current import Current, CurrentParcels
from serving.office.versioning import Step, Submitted, step

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
    """Answer duplicates within one batch like their first occurrence."""
    first: dict[tuple[object, ...], int] = {}
    for line, key in _twin_keys(rows, contents).items():
        twin = answers[first.setdefault(key, line)]
        if line not in answers:
            answers[line] = twin.model_copy(update={"status": "repeated"}) if isinstance(twin, Answer) else twin
    return answers


def steps_of(rows: pl.DataFrame, contents: dict[int, str], current: CurrentParcels) -> Steps:
    """Step of every row, by line."""
    steps: Steps = {}
    for line, operator, parcel_id, version, function in rows.select(LINE, *KEY, "version", "function").iter_rows():
        submitted = Submitted(line=line, version=version, function=function, content=contents[line])
        on_record = current.latest.get((operator, parcel_id))
        steps[line] = step(submitted, on_record.known if on_record else None)
    return steps


def with_versions(rows: pl.DataFrame, steps: Steps, current: CurrentParcels) -> pl.DataFrame:
    """Number amendments that do not say which version they are: they follow the current one."""
    numbered = [
        current.latest[operator, parcel_id].known.version + 1
        if version is None and steps[line] is Step.AMEND
        else version
        for line, operator, parcel_id, version in rows.select(LINE, *KEY, "version").iter_rows()
    ]
    return rows.with_columns(pl.Series("version", numbered, dtype=pl.Int64))


def lines_of(steps: Steps, *wanted: Step) -> pl.Series:
    """Lines whose step is one of those wanted."""
    return pl.Series([line for line, one in steps.items() if one in wanted], dtype=pl.Int64)


def replaced(rows: pl.DataFrame, steps: Steps, current: CurrentParcels) -> list[Current | None]:
    """What each row amends; None for rows that amend nothing."""
    return [
        current.latest[operator, parcel_id] if steps[line] is Step.AMEND else None
        for line, operator, parcel_id in rows.select(LINE, *KEY).iter_rows()
    ]


def cancelled(rows: pl.DataFrame, steps: Steps, current: CurrentParcels) -> pl.DataFrame:
    """Events that the cancellations among `rows` retract."""
    keys = [key for line, *key in rows.select(LINE, *KEY).iter_rows() if steps[line] is Step.CANCEL]
    return pl.concat([empty_log(), *(current.latest[operator, parcel].event for operator, parcel in keys)])


def first_lodged(amended: list[Current | None]) -> pl.Series:
    """When amended parcels were lodged first; null for the others."""
    return pl.Series("counted_at", [one.first_at if one else None for one in amended], dtype=TIME)


def outcomes_kept(amended: list[Current | None]) -> pl.DataFrame:
    """Outcome events of amended parcels. They are stated again behind the amendment, which so does not know them."""
    events = [one.outcomes.select(LOG_SCHEMA.names()) for one in amended if one is not None and one.outcomes.height]
    return pl.concat([empty_log(), *events])
