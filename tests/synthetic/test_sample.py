from __future__ import annotations

import gzip
from pathlib import Path

from features.parcel.reference import shipped_reference
from features.sources.reading import read_file, read_outcomes

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "synthetic" / "sample"


def test_the_sample_is_small_and_calls_itself_synthetic() -> None:
    assert sum(file.stat().st_size for file in SAMPLE.iterdir()) < 3_000_000
    assert "**Everything here is synthetic.**" in (SAMPLE / "README.md").read_text("utf-8")


def test_the_sample_passes_the_doors_without_a_rejection(tmp_path: Path) -> None:
    parcels = tmp_path / "parcels.csv"
    parcels.write_bytes(gzip.decompress((SAMPLE / "parcels.csv.gz").read_bytes()))
    reading = read_file(parcels, reference=shipped_reference())
    assert reading.rejections == ()
    assert reading.parcels.height == 12_000
    outcomes = read_outcomes(SAMPLE / "outcomes.csv")
    assert outcomes.rejections == ()
    assert outcomes.outcomes.height > 30
