"""Folders of manifests: every format, done and failed, and files that arrive while somebody watches."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from features.parcel.problems import ParcelRiskError
from features.parcel.schema import LINE
from features.sources import Content
from features.sources.registry import adapters
from parcel_risk import folders
from parcel_risk.folders import arriving, work_through
from parcel_risk.ingest import ingest_folder
from serving.settings import Settings
from serving.store import Store
from serving.store import log as event_log
from tests.builders import a_parcel, parcel_table
from tests.manifests import written

PARCELS = [adapter for adapter in adapters().values() if adapter.content is Content.PARCELS]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One file of every format, with one parcel each, and one that is no manifest."""
    place = tmp_path / "drop"
    place.mkdir()
    for adapter in PARCELS:
        rows = parcel_table([a_parcel(parcel_id=f"F-{adapter.name}", operator="post-a")]).drop(LINE)
        (place / f"{adapter.name}{adapter.suffix}").write_bytes(written(adapter, rows))
    (place / "notes.csv").write_text("colour\nred\n", "utf-8")
    (place / ".hidden").write_text("x", "utf-8")
    (place / "growing.csv.part").write_text("parcel_id\n", "utf-8")
    return place


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def log_of(settings: Settings) -> pl.DataFrame:
    with Store(settings.database) as store, store.begin() as connection:
        return event_log.read(connection)


def test_a_folder_of_every_format_is_lodged_and_cleared(settings: Settings, folder: Path) -> None:
    with pytest.raises(ParcelRiskError, match="1 files could not be used"):
        ingest_folder(settings, folder, None, operator="post-a", watch=False)
    log = log_of(settings)
    assert set(log["parcel_id"]) == {f"F-{adapter.name}" for adapter in PARCELS}
    assert set(log["operator"]) == {"post-a"}
    assert names(folder) == {"done", "failed", ".hidden", "growing.csv.part"}
    assert names(folder / "failed") == {"notes.csv", "notes.csv.reason"}
    assert "no column holds parcel_id" in (folder / "failed" / "notes.csv.reason").read_text("utf-8")


def test_a_folder_of_the_past_is_appended(settings: Settings, folder: Path) -> None:
    for path in folder.glob("*"):
        if path.stem not in {"csv", "ndjson"}:
            path.unlink()
    ingest_folder(settings, folder, None, operator=None, watch=False)
    assert set(log_of(settings)["parcel_id"]) == {"F-csv", "F-ndjson"}


def test_a_file_of_the_same_name_does_not_overwrite_the_one_before(settings: Settings, tmp_path: Path) -> None:
    for _ in range(2):
        (tmp_path / "a.csv").write_text("parcel_id\nP-1\n", "utf-8")
        ingest_folder(settings, tmp_path, None, operator="post-a", watch=False)
    assert names(tmp_path / "done") == {"a.csv", "a-1.csv"}
    assert log_of(settings).height == 1


def test_a_watched_file_is_taken_once_it_has_stopped_growing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "_POLL_S", 0.0)
    path = tmp_path / "a.csv"
    path.write_text("parcel_id\n", "utf-8")
    growth = iter(["P-1\n", "P-2\n"])

    class Grows:
        """Lets the file grow twice while the folder is looked at."""

        @staticmethod
        def sleep(_seconds: float) -> None:
            with path.open("a", encoding="utf-8") as file:
                file.write(next(growth, ""))

    monkeypatch.setattr(folders, "time", Grows)
    assert next(arriving(tmp_path, watch=True)).read_text("utf-8") == "parcel_id\nP-1\nP-2\n"


def test_a_fault_in_one_file_does_not_stop_the_next(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).write_text(name, "utf-8")

    def work(path: Path) -> None:
        if path.name == "b":
            raise ParcelRiskError("b is bad.")

    assert work_through(tmp_path, work, watch=False) == 1
    assert (names(tmp_path / "done"), names(tmp_path / "failed")) == ({"a", "c"}, {"b", "b.reason"})


def test_a_file_of_which_every_row_was_rejected_does_not_end_in_done(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("parcel_id,stream\n9.40551E+21,letter\n", "utf-8")
    with pytest.raises(ParcelRiskError, match="1 files could not be used"):
        ingest_folder(settings, tmp_path, None, operator="post-a", watch=False)
    assert names(tmp_path / "failed") == {"a.csv", "a.csv.reason"}
    reason = (tmp_path / "failed" / "a.csv.reason").read_text("utf-8")
    assert "none of the 1 rows could be used; they are in quarantine. line 2, parcel_id" in reason
