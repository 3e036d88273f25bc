from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from features.parcel.fields import FINDING_CLASSES
from features.parcel.problems import ParcelRiskError
from training.data.severity import Severity


def test_the_shipped_table_is_dated_and_knows_every_class():
    table = Severity.read()
    assert set(table.points) == set(FINDING_CLASSES)
    assert table.valid_from.year >= 2026
    assert table.source


def test_points_follow_the_class_and_nothing_is_worth_nothing():
    table = Severity.read()
    assert table.of_classes(pl.Series(["fentanyl", None, "cannabis"])).tolist() == [10.0, 0.0, 1.0]
    assert table.mean(pl.Series(["fentanyl", None, "cannabis"])) == pytest.approx(5.5)
    assert table.mean(pl.Series([None], dtype=pl.String)) == 1.0


@pytest.mark.parametrize("change", ["gold = 1.0", "cannabis = -1.0"])
def test_a_table_with_a_wrong_class_or_points_is_refused(tmp_path: Path, change: str):
    lines = [f"{name} = 1.0" for name in FINDING_CLASSES if not change.startswith(name)]
    text = "valid_from = 2026-01-01\nsource = 'a test'\n[points]\n" + "\n".join([*lines, change])
    (tmp_path / "own.toml").write_text(text, "utf-8")
    with pytest.raises(ParcelRiskError, match=r"own\.toml: points of"):
        Severity.read(tmp_path / "own.toml")
