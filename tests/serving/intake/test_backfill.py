"""Historical backfill: whatever the order and size of a file, and wherever it is interrupted, the log is the same."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from features.history import Engine
from features.identity import PERSONAL
from features.parcel.fields import OUTCOME_FIELDS
from features.parcel.problems import SourceError
from features.sources.reading import Reading, joined
from parcel_risk.ingest import ingest_file
from serving.installation import Installation
from serving.intake import ordered, prepared
from serving.intake.backfill import Backfilled, backfill
from serving.keys import make_keys
from serving.office.office import Office
from serving.settings import Settings
from serving.store import Store
from serving.store import log as event_log
from serving.store.backfills import Progress, progress_of
from tests.conftest import Clock
from tests.forked import Forked
from tests.serving.intake import killed
from tests.serving.intake.pasts import NOW, readings, small_steps
from tests.serving.intake.whole import backfill_whole
from tests.stores import put_store
from tests.worlds import past_of

Opened = Callable[[str], Office]


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in (
        (prepared, "_CHUNK_BATCHES"),
        (ordered, "PART_EVENTS"),
        (ordered, "_BLOCK_EVENTS"),
        (ordered, "_PORTION_ROWS"),
    ):
        monkeypatch.setattr(module, name, getattr(module, name))  # put back at the end
    small_steps()


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """Offices of installations by name, with the same keys."""
    make_keys(of(tmp_path, "keys"), approver="test approver")
    offices = []

    def open_office(name: str) -> Office:
        settings = of(tmp_path, name)
        if not settings.home.exists():
            put_store(settings)
        offices.append(Installation.open(settings, Clock(NOW)).office())
        return offices[-1]

    yield open_office
    for office in offices:
        office.store.close()


def of(tmp_path: Path, name: str) -> Settings:
    return Settings(home=tmp_path / name, models_dir=tmp_path / "models", keys_dir=tmp_path / "keys" / "keys")


def appended(office: Office, seed: int, folder: Path, name: str | None = None) -> Backfilled:
    past = past_of(readings(seed), name=name or str(seed))
    return backfill(office, past, folder=folder / "backfill", rejections=folder / "rejections.csv")


def log_of(office: Office) -> pl.DataFrame:
    with office.store.begin_read() as connection:
        return event_log.read(connection)


def reported(folder: Path) -> list[tuple[int, str, str]]:
    return pl.read_csv(folder / "rejections.csv").select("line", "field", "code").rows()


def replayed(log: pl.DataFrame) -> str:
    engine = Engine()
    engine.advance(log)
    return engine.digest()


@pytest.mark.parametrize("seed", range(4))
def test_streamed_or_at_once_the_log_and_the_rejections_are_the_same(seed: int, opened: Opened, tmp_path: Path) -> None:
    streamed, whole = opened("streamed"), opened("whole")
    for office in (streamed, whole):  # what is in the log already
        if seed % 2:
            backfill_whole(office, joined(readings(seed + 100, n_rows=60)))
    done = appended(streamed, seed, tmp_path)
    n_parcels, n_outcomes, refused = backfill_whole(whole, joined(readings(seed)))
    assert (done.n_parcels, done.n_outcomes) == (n_parcels, n_outcomes)
    assert reported(tmp_path) == refused
    assert (done.n_rejections, done.n_rejected) == (len(refused), len({line for line, *_ in refused}))
    assert [(each.line, each.field, each.code) for each in done.rejections] == refused[: len(done.rejections)]
    assert_frame_equal(log_of(streamed), log_of(whole))
    assert streamed.writer.digest() == whole.writer.digest() == replayed(log_of(streamed))


def test_random_pasts_hold_all_that_can_happen(opened: Opened) -> None:
    """Else the tests of this module would prove little."""
    done = backfill_whole(opened("whole"), joined(readings(1)))
    codes = {(field, code) for _, field, code in done[2]}
    assert codes == {
        ("lodged_at", "required"),
        ("lodged_at", "in_future"),
        ("parcel_id", "already_lodged"),
        ("known_at", "in_future"),
        ("parcel_id", "unknown_parcel"),
        ("x", "odd"),
    }
    assert done[0] > 40
    assert done[1] > 10


def test_a_second_time_every_parcel_is_known(opened: Opened, tmp_path: Path) -> None:
    office = opened("one")
    first = appended(office, 3, tmp_path)
    again = appended(office, 3, tmp_path)
    assert first.n_parcels > 40
    assert again.n_parcels == 0


@pytest.mark.parametrize(
    ("step", "n"),
    [
        ("chunk-after", 2),
        ("resolved-after", 1),
        ("part", 1),
        ("log-after", 3),
        ("progress-after", 6),
        ("report-after", 1),
        ("forget-after", 1),
    ],
)
def test_killed_anywhere_and_begun_again_the_log_is_that_of_one_run(
    step: str, n: int, opened: Opened, tmp_path: Path
) -> None:
    arguments = (str(tmp_path / "killed"), step, str(n), "2")
    died = Forked(killed.main, arguments, os.environ, cwd=tmp_path, errors=tmp_path / "errors")
    died.communicate()
    assert died.returncode == 9, (tmp_path / "errors").read_text("utf-8")
    whole, resumed = opened("whole"), opened("killed")
    n_parcels, n_outcomes, refused = backfill_whole(whole, joined(readings(2)))
    done = appended(resumed, 2, tmp_path / "killed", name="2")
    assert (done.n_parcels, done.n_outcomes) == (n_parcels, n_outcomes)
    assert reported(tmp_path / "killed") == refused
    assert_frame_equal(log_of(resumed), log_of(whole))
    assert resumed.writer.digest() == whole.writer.digest()
    assert list((tmp_path / "killed" / "backfill").iterdir()) == []


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], None]:
    """Press Ctrl-C at the n-th call of a step, once."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    def arrange(step: str, n: int) -> None:
        owner, name = killed.STEPS[step.removesuffix("-after")]
        monkeypatch.setattr(owner, name, getattr(owner, name))  # put back at the end
        killed.at(step, n, interrupt)

    return arrange


@pytest.mark.parametrize(("step", "n"), [("chunk", 2), ("log", 2), ("log-after", 4), ("part", 5)])
def test_interrupted_by_the_keyboard_nothing_is_lost_or_left(
    step: str, n: int, opened: Opened, tmp_path: Path, interrupted: Callable[[str, int], None]
) -> None:
    office, whole = opened("one"), opened("whole")
    interrupted(step, n)
    with pytest.raises(KeyboardInterrupt):
        appended(office, 2, tmp_path)
    assert office.writer.digest() == replayed(log_of(office)), "what was rolled back is in no history"
    office.clock.pass_by(days=3)  # type: ignore[attr-defined]
    appended(office, 2, tmp_path)
    backfill_whole(whole, joined(readings(2)))
    assert_frame_equal(log_of(office), log_of(whole))
    assert office.writer.digest() == whole.writer.digest()


def test_a_resumed_backfill_does_not_read_again_what_it_has_read(
    opened: Opened, tmp_path: Path, interrupted: Callable[[str, int], None]
) -> None:
    office, skipped = opened("one"), []
    past = past_of(readings(2), name="2")

    def batches(skip: int) -> Iterator[Reading]:
        skipped.append(skip)
        return past.batches(skip)

    interrupted("chunk", 3)
    watched = replace(past, batches=batches)
    with pytest.raises(KeyboardInterrupt):
        backfill(office, watched, folder=tmp_path / "backfill")
    backfill(office, watched, folder=tmp_path / "backfill")
    assert skipped == [0, 4]


def test_work_on_a_file_that_has_changed_is_swept(
    opened: Opened, tmp_path: Path, interrupted: Callable[[str, int], None]
) -> None:
    office = opened("one")
    interrupted("progress-after", 3)
    with pytest.raises(KeyboardInterrupt):
        appended(office, 2, tmp_path)
    assert len(list((tmp_path / "backfill").iterdir())) == 1
    (old,) = (path.name for path in (tmp_path / "backfill").iterdir())
    appended(office, 4, tmp_path, name="the file after the change")
    assert list((tmp_path / "backfill").iterdir()) == []
    with office.store.begin_read() as connection:
        assert progress_of(connection, old) == Progress()


def test_work_on_another_file_is_kept(opened: Opened, tmp_path: Path, interrupted: Callable[[str, int], None]) -> None:
    office, whole = opened("one"), opened("whole")
    interrupted("progress-after", 3)
    first, other = (past_of(readings(seed), name=str(seed), source=str(seed)) for seed in (2, 4))
    with pytest.raises(KeyboardInterrupt):
        backfill(office, first, folder=tmp_path / "backfill")
    backfill(office, other, folder=tmp_path / "backfill")
    backfill(office, first, folder=tmp_path / "backfill")
    for seed in (2, 4):
        backfill_whole(whole, joined(readings(seed)))
    keys = ["operator", "parcel_id"]
    lodged = [log_of(each).filter(pl.col("kind") == "parcel").select(keys).sort(keys) for each in (office, whole)]
    assert_frame_equal(*lodged)


def test_a_parcel_that_somebody_lodged_meanwhile_is_not_lodged_twice(
    opened: Opened, tmp_path: Path, interrupted: Callable[[str, int], None]
) -> None:
    office = opened("one")
    interrupted("progress-after", 2)
    with pytest.raises(KeyboardInterrupt):
        appended(office, 2, tmp_path)
    backfill_whole(office, joined(readings(2)))
    appended(office, 2, tmp_path)
    parcels = log_of(office).filter(pl.col("kind") == "parcel")
    assert parcels.select("operator", "parcel_id").is_duplicated().sum() == 0


def test_a_file_that_cannot_be_read_leaves_nothing(opened: Opened, tmp_path: Path) -> None:
    office = opened("one")

    def damaged(_skip: int) -> Iterator[Reading]:
        yield from readings(2)
        raise SourceError("the file is damaged.")

    past = replace(past_of([], name="damaged"), batches=damaged)
    with pytest.raises(SourceError):
        backfill(office, past, folder=tmp_path / "backfill")
    assert log_of(office).height == 0
    assert list((tmp_path / "backfill").iterdir()) == []


def test_the_folder_of_work_holds_no_personal_data(
    opened: Opened, tmp_path: Path, interrupted: Callable[[str, int], None]
) -> None:
    interrupted("removal", 1)
    with pytest.raises(KeyboardInterrupt):
        appended(opened("one"), 2, tmp_path)
    files = list((tmp_path / "backfill").rglob("*.parquet"))
    names = {name for path in files for name in pl.read_parquet_schema(path)}
    assert {"parcel_id", "sender_key", "result"} <= names
    assert names.isdisjoint({*PERSONAL, *(field.name for field in OUTCOME_FIELDS if field.personal)})


def test_a_file_with_a_mapping_or_outcomes_is_appended_by_the_command(tmp_path: Path) -> None:
    settings = of(tmp_path, "keys")
    make_keys(settings, approver="test approver")
    (tmp_path / "map.toml").write_text(
        '[parcel]\nparcel_id = { column = "id" }\nlodged_at = { column = "day" }\n'
        'operator = { constant = "post-a" }\n[outcome]\nknown_after_days = 7\n'
        'result = { column = "bad", values = { "0" = "nothing_found", "1" = "found" } }\n',
        "utf-8",
    )
    table = pl.DataFrame(
        {
            "id": ["P-2", "P-1", "P-1", "P-3"],
            "day": ["2026-01-02", "2026-01-01", "2026-01-01", None],
            "bad": ["1", "0", "1", ""],
        }
    )
    table.write_parquet(tmp_path / "mapped.parquet")
    ingest_file(settings, tmp_path / "mapped.parquet", tmp_path / "map.toml", None, tmp_path / "refused.csv")
    (tmp_path / "plain.csv").write_text(
        "parcel_id,operator,lodged_at\nP-4,post-a,2026-01-03\nP-5,post-a,2026-01-03\n", "utf-8"
    )
    (tmp_path / "outcomes.csv").write_text(
        "parcel_id,result,known_at\nP-4,found,2026-01-05\nP-1,found,2026-01-05\nP-9,found,2026-01-05\n", "utf-8"
    )
    ingest_file(settings, tmp_path / "plain.csv", None, tmp_path / "outcomes.csv", tmp_path / "orphans.csv")
    with Store(settings.database) as store, store.begin_read() as connection:
        log = event_log.read(connection)
    assert log.select(pl.col("kind").cast(pl.String), "parcel_id", "result").rows() == [
        ("parcel", "P-1", None),
        ("parcel", "P-2", None),
        ("outcome", "P-1", "nothing_found"),
        ("outcome", "P-2", "found"),
        ("parcel", "P-4", None),
        ("parcel", "P-5", None),
        ("outcome", "P-4", "found"),
        ("outcome", "P-1", "found"),
    ]
    assert pl.read_csv(tmp_path / "refused.csv").select("line", "code").rows() == [
        (4, "required"),
        (3, "already_lodged"),
    ]
    assert pl.read_csv(tmp_path / "orphans.csv").select("line", "code").rows() == [(4, "unknown_parcel")]


def test_an_outcome_is_never_lost_for_want_of_a_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = of(tmp_path, "keys")
    make_keys(settings, approver="test approver")
    parcels = "".join(f'P-{n},post-a,2026-01-03T00:00:00Z,"two\nlines"\n' for n in range(1, 6))
    (tmp_path / "parcels.csv").write_text(f"parcel_id,operator,lodged_at,description\n{parcels}", "utf-8")
    (tmp_path / "outcomes.csv").write_text(
        "Tracking no,Result,Date of inspection,Result date\n"
        "P-1,seized,2026-01-05T10:00:00Z,\n"
        "P-2,negative,,2026-01-06T10:00:00Z\n"
        "P-3,negative,,\n"
        "P-4,seized,2026-01-05T10:00:00Z,2026-01-07T10:00:00Z\n"
        "P-5,perhaps,2026-01-05T10:00:00Z,\n",
        "utf-8",
    )
    ingest_file(settings, tmp_path / "parcels.csv", None, tmp_path / "outcomes.csv", tmp_path / "refused.csv")
    with Store(settings.database) as store, store.begin_read() as connection:
        log = event_log.read(connection)
    known = log.filter(pl.col("kind") == "outcome").select(
        "parcel_id", "result", pl.col("known_at").dt.to_string("%m-%d")
    )
    assert known.rows() == [("P-1", "found", "01-05"), ("P-2", "nothing_found", "01-06"), ("P-4", "found", "01-07")]
    refused = pl.read_csv(tmp_path / "refused.csv")
    assert refused.select("line", "field", "code").rows() == [
        (6, "result", "unknown_choice"),
        (4, "known_at", "required"),
    ]
    assert refused["reason"].str.starts_with("in the file of outcomes, ").all()
    said = capsys.readouterr().out
    assert "2 of 10 rows rejected" in said
    assert "doubt: known_at, value_changed: 2" in said


def test_a_file_of_outcomes_without_any_time_leaves_the_parcels(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = of(tmp_path, "keys")
    make_keys(settings, approver="test approver")
    (tmp_path / "parcels.csv").write_text("parcel_id,operator,lodged_at\nP-1,post-a,2026-01-03T00:00:00Z\n", "utf-8")
    (tmp_path / "outcomes.csv").write_text("parcel_id,result\nP-1,found\n", "utf-8")
    ingest_file(settings, tmp_path / "parcels.csv", None, tmp_path / "outcomes.csv", None)
    assert "1 parcels and 0 outcomes appended to the log\n1 of 2 rows rejected" in capsys.readouterr().out


def test_the_command_counts_values_in_doubt_by_field_and_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = of(tmp_path, "keys")
    make_keys(settings, approver="test approver")
    (tmp_path / "doubtful.csv").write_text(
        "parcel_id,operator,lodged_at,gross_weight_g,sender_country\n"
        "P-1,post-a,2026-01-03T00:00:00Z,0,UK\nP-2,post-a,2026-01-03T00:00:00Z,0,DE\nP-3,post-a,2026-01-03T00:00:00Z,900,US\n",
        "utf-8",
    )
    ingest_file(settings, tmp_path / "doubtful.csv", None, None, None)
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("doubt: ")]
    assert [line.partition(". ")[0] for line in said] == [
        "doubt: gross_weight_g, range: 2",
        "doubt: sender_country, value_changed: 1",
    ]
