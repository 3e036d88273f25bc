from __future__ import annotations

from pathlib import Path

import pytest

from features.parcel.problems import ParcelRiskError
from features.parcel.reference import shipped_reference
from features.sources import read_file
from features.sources.registry import mapping_named, shipped
from parcel_risk.map import map_file

HEADER = "AWB No,Shipper Name,Consignee Name,Unit Price (EUR),Qty,Description of Goods"
ROW = "A-1,Xaver Unverwechselbar,Yolanda Unvergesslich,2.50,3,usb cable"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "courier.csv"
    path.write_text(f"{HEADER}\n{ROW}\n", "utf-8")
    return path


def test_a_proposal_is_written_decided_and_used(table: Path, tmp_path: Path) -> None:
    mapping = tmp_path / "courier.toml"
    map_file(table, mapping)
    text = mapping.read_text("utf-8")
    chosen = 'value_cents = { column = "Unit Price (EUR)", unit = "units", currency = "EUR", of_one = true }'
    assert f"# {chosen}" in text
    mapping.write_text(text.replace(f"# {chosen}", chosen), "utf-8")
    reading = read_file(table, mapping_named(str(mapping)), reference=shipped_reference())
    (parcel,) = reading.parcels.to_dicts()
    assert (parcel["parcel_id"], parcel["pieces"][0]["value_cents"]) == ("A-1", 750)
    with pytest.raises(ParcelRiskError, match="exists"):
        map_file(table, mapping)


def test_values_of_personal_columns_are_not_shown(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    map_file(table)
    shown = capsys.readouterr().out
    assert "usb cable" in shown
    assert "Unverwechselbar" not in shown
    assert "Unvergesslich" not in shown


def test_the_shipped_mappings_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    map_file(shipped_ones=True)
    shown = capsys.readouterr().out
    assert all(name in shown for name in shipped())


def test_a_mapping_that_is_nowhere_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(ParcelRiskError, match=r"unknown-one: there is no such mapping.*asycuda-awmds"):
        mapping_named("unknown-one")
