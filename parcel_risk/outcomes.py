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
    from serving.installation import Installation
    from serving.office.outcomes import record

    with working(f"reading {file.name}"):
        reading = read_outcomes(file)
    office = Installation.open(settings).office()
    try:
        with office.writer.transaction() as transaction:
            answers = record(office, transaction, reading.outcomes, LOCAL)
    finally:
        office.close()
    refused = tuple(answer for answer in answers.values() if isinstance(answer, Rejection))
    out.print(f"{len(answers) - len(refused):,} outcomes on record")
    report_rejections(reading, (*reading.rejections, *refused), rejections)
