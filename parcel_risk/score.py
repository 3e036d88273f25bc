"""Command `score`: a file of parcels as lodged now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from features.parcel.problems import Rejection
from features.parcel.schema import LINE
from parcel_risk.arguments import FileArg, MappingOpt, OutOpt, RejectionsOpt
from parcel_risk.console import err, out, working
from parcel_risk.manifest_files import read_manifest, report_rejections
from serving.settings import Settings

if TYPE_CHECKING:
    from serving.office.answers import Answer
    from serving.office.office import Office

_BATCH = 2_000


def score(file: FileArg, mapping: MappingOpt = None, out_file: OutOpt = None, rejections: RejectionsOpt = None) -> None:
    """Score the parcels of a file as lodged now, like the API does, and store the answers."""
    score_file(Settings(), file, mapping, out_file, rejections)


def score_file(
    settings: Settings, file: Path, mapping: Path | None, out_file: Path | None, rejections: Path | None
) -> None:
    """Score a file as lodged now."""
    from serving.installation import Installation
    from serving.office.answers import Answer

    with working(f"reading {file.name}"):
        installation = Installation.open(settings)
        reading = read_manifest(file, mapping, reference=installation.reference)
    unnamed = reading.parcels.filter(pl.col("operator").is_null())
    missing = tuple(_operator_missing(line) for line in unnamed[LINE])
    rows = reading.parcels.filter(pl.col("operator").is_not_null())
    office = installation.office()
    if office.champion.problem:
        err.print(f"no approved model serves: {office.champion.problem}.", markup=False, soft_wrap=True)
    if office.champion.bundle is None:
        err.print("Parcels are not assessed: lists, rules and random draws alone select. This says nothing about risk.")
    try:
        answers = _scored(office, rows, reading.more)
    finally:
        office.close()
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
    report_rejections(reading, (*reading.rejections, *missing, *bad), rejections)


def _scored(office: Office, rows: pl.DataFrame, more: frozenset[int]) -> list[Answer | Rejection]:
    from parcel_risk.local_client import LOCAL
    from serving.intake.ready import rows_with_more
    from serving.office.batching import Submission
    from serving.office.scoring import score as score_parcels

    answers: list[Answer | Rejection] = []
    with working(f"scoring {rows.height:,} parcels") as progress:
        task = progress.task_ids[0]
        progress.update(task, total=rows.height)
        for start in range(0, rows.height, _BATCH):
            with office.writer.transaction() as transaction:
                batch = Submission(rows=rows_with_more(rows.slice(start, _BATCH), more), client=LOCAL)
                answers += score_parcels(office, transaction, [batch])[0].values()
            progress.update(task, completed=start + _BATCH)
    return answers


def _texts(answer: Answer) -> list[str]:
    return [reason.text for reason in answer.reasons or []]


def _operator_missing(line: int) -> Rejection:
    return Rejection(
        line=line,
        field="operator",
        code="required",
        reason="the operator is missing.",
        remedy="Add a column operator, or map a constant to it.",
    )
