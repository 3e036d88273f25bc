"""Chores on files: ingestion, scoring, outcomes."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from features.parcel.problems import ParcelRiskError, Rejection
from features.parcel.schema import LINE
from features.sources import Mapping
from features.sources.reading import Reading, read_file, read_outcomes
from parcel_risk.console import err, out, show_rejections, working
from parcel_risk.folders import lodge_folder, work_through
from serving.app import open_desk
from serving.intake import backfill
from serving.office import outcomes as outcome_use_case
from serving.office.answers import Answer
from serving.office.scoring import Desk
from serving.settings import Settings
from serving.store import Client, Role

LOCAL = Client(client_id="command", role=Role.OFFICER, operator=None)
"""Who the audit names for what the command does."""
_BATCH = 2_000


def ingest_file(
    settings: Settings, file: Path, mapping: Path | None, outcomes: Path | None, rejections: Path | None
) -> None:
    """Append a file of the past to the log."""
    with working(f"reading {file.name}"):
        reading = _read(file, mapping)
        if outcomes is not None:
            found = read_outcomes(outcomes)
            reading = Reading(
                parcels=reading.parcels,
                # Lines of two files must not meet: those of the outcomes count on behind the parcels'.
                outcomes=found.outcomes.with_columns(pl.col(LINE) + reading.n_rows + 1),
                rejections=(*reading.rejections, *found.rejections),
                ignored=(*reading.ignored, *found.ignored),
                n_rows=reading.n_rows,
            )
    with working("appending to the log"):
        desk = open_desk(settings)
        try:
            with desk.store.begin() as connection:
                done = backfill.ingest(connection, reading, desk)
        finally:
            desk.close()
    out.print(f"{done.n_parcels:,} parcels and {done.n_outcomes:,} outcomes appended to the log")
    _report(reading, done.rejections, rejections)


def ingest_folder(settings: Settings, folder: Path, mapping: Path | None, *, operator: str | None, watch: bool) -> None:
    """Append the files of a folder to the log as of the past, or lodge them for `operator` as of now."""
    if operator is not None and mapping is not None:
        raise ParcelRiskError("a column mapping is for files of the past; leave out --operator or --mapping.")
    if watch:
        out.print(f"watching {folder}; Ctrl-C ends it", markup=False)
    if operator is not None:
        n_failed = lodge_folder(settings, folder, operator, watch=watch)
    else:
        n_failed = work_through(folder, lambda path: ingest_file(settings, path, mapping, None, None), watch=watch)
    if n_failed:
        raise ParcelRiskError(f"{n_failed:,} files could not be used; they lie in {folder}/failed with the reasons.")


def score_file(
    settings: Settings, file: Path, mapping: Path | None, out_file: Path | None, rejections: Path | None
) -> None:
    """Score a file as lodged now."""
    with working(f"reading {file.name}"):
        reading = _read(file, mapping)
    unnamed = reading.parcels.filter(pl.col("operator").is_null())
    missing = tuple(_operator_missing(line) for line in unnamed[LINE])
    rows = reading.parcels.filter(pl.col("operator").is_not_null())
    desk = open_desk(settings)
    if desk.champion.problem:
        err.print(f"no approved model serves: {desk.champion.problem}.", markup=False, soft_wrap=True)
    if desk.champion.bundle is None:
        err.print("The answers are random draws at the line's capacity, marked degraded; they say nothing about risk.")
    try:
        answers = _scored(desk, rows)
    finally:
        desk.close()
    good = [answer for answer in answers if isinstance(answer, Answer)]
    bad = tuple(answer for answer in answers if isinstance(answer, Rejection))
    table = pl.DataFrame(
        [answer.model_dump(exclude={"reasons"}) | {"reasons": _texts(answer)} for answer in good],
        infer_schema_length=None,
    )
    if good:
        n_open = table.filter(pl.col("referral") == "open").height
        out.print(f"{len(good):,} parcels answered, {n_open:,} of them to be opened")
    if out_file is not None:
        table.write_parquet(out_file)
        out.print(f"answers in {out_file}")
    _report(reading, (*reading.rejections, *missing, *bad), rejections)


def _scored(desk: Desk, rows: pl.DataFrame) -> list[Answer | Rejection]:
    answers: list[Answer | Rejection] = []
    with working(f"scoring {rows.height:,} parcels") as progress:
        task = progress.task_ids[0]
        progress.update(task, total=rows.height)
        for start in range(0, rows.height, _BATCH):
            answers += desk.score(rows.slice(start, _BATCH), LOCAL).values()
            progress.update(task, completed=start + _BATCH)
    return answers


def _texts(answer: Answer) -> list[str]:
    return [reason.text for reason in answer.reasons or []]


def record_file(settings: Settings, file: Path, rejections: Path | None) -> None:
    """Record the outcomes of a file as known now."""
    with working(f"reading {file.name}"):
        reading = read_outcomes(file)
    desk = open_desk(settings)
    try:
        answers = outcome_use_case.record(desk, reading.outcomes, LOCAL)
    finally:
        desk.close()
    refused = tuple(answer for answer in answers.values() if isinstance(answer, Rejection))
    out.print(f"{len(answers) - len(refused):,} outcomes on record")
    _report(reading, (*reading.rejections, *refused), rejections)


def _read(file: Path, mapping: Path | None) -> Reading:
    return read_file(file, Mapping.from_toml(mapping) if mapping else None)


def _operator_missing(line: int) -> Rejection:
    return Rejection(
        line=line,
        field="operator",
        code="required",
        reason="the operator is missing.",
        remedy="Add a column operator, or map a constant to it.",
    )


def _report(reading: Reading, rejections: tuple[Rejection, ...], file: Path | None) -> None:
    if reading.ignored:
        out.print(f"columns that were not used: {', '.join(reading.ignored)}", markup=False)
    if file is not None:
        names = ("line", "field", "code", "reason", "remedy")
        pl.DataFrame([rejection.as_dict() for rejection in rejections], schema=names, orient="row").write_csv(file)
    if rejections:
        lines = len({rejection.line for rejection in rejections})
        out.print(f"{lines:,} of {reading.n_rows:,} rows rejected")
        show_rejections(rejections)
        if lines >= reading.n_rows and any(rejection.code != "already_lodged" for rejection in rejections):
            raise ParcelRiskError("no row of the file could be used.")
