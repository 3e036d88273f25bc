"""Command `outcomes`: what inspections found, from a file."""

from __future__ import annotations

from pathlib import Path

from features.parcel.problems import Rejection
from features.sources.reading import read_outcomes
from parcel_risk.arguments import FileArg, RejectionsOpt
from parcel_risk.console import out, working
from parcel_risk.manifest_files import report_rejections
from serving.settings import Settings


def outcomes(file: FileArg, rejections: RejectionsOpt = None) -> None:
    """Record outcomes from a CSV file as known now, like the API does."""
    record_file(Settings(), file, rejections)


def record_file(settings: Settings, file: Path, rejections: Path | None) -> None:
    """Record the outcomes of a file as known now."""
    from parcel_risk.local_client import LOCAL
    from serving import outcomes as outcome_use_case
    from serving.app import open_desk

    with working(f"reading {file.name}"):
        reading = read_outcomes(file)
    desk = open_desk(settings)
    try:
        answers = outcome_use_case.record(desk, reading.outcomes, LOCAL)
    finally:
        desk.close()
    refused = tuple(answer for answer in answers.values() if isinstance(answer, Rejection))
    out.print(f"{len(answers) - len(refused):,} outcomes on record")
    report_rejections(reading, (*reading.rejections, *refused), rejections)
