"""Commands `case ...` and `operator-report`: registers of an office whose service is stopped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from parcel_risk.cli import app
from serving.api.records import lodging_of
from serving.intake.submissions import take_at_once
from serving.settings import Settings, environment_of
from serving.store import Client, Role
from tests.builders import a_parcel
from tests.conftest import Clock
from tests.serving.bare import bare_settings, client_key, opened

POST = Client(client_id="post", role=Role.OPERATOR, operator="post-a")
NUMBER = str(a_parcel()["parcel_id"])
AT = datetime.now(UTC) - timedelta(days=1)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An office with one parcel and two persons."""
    settings = bare_settings(tmp_path_factory.mktemp("case"))
    client_key(settings, "olaf", None)
    client_key(settings, "sue", None, Role.SUPERVISOR)
    with opened(settings, Clock(at=AT)) as office:
        parcel = a_parcel(lodged_at=AT, posted_at=AT, due_at=AT)
        take_at_once(office, [lodging_of(office, POST, [parcel], explain=False)])
    return settings


def run(settings: Settings, *words: str | Path, ends_with: int = 0) -> str:
    done = CliRunner().invoke(app, [str(word) for word in words], env=environment_of(settings))
    assert done.exit_code == ends_with, done.output + repr(done.exception)
    return done.output if ends_with == 0 else str(done.exception)


def test_a_supervisor_begins_and_ends_an_investigation_once(settings: Settings) -> None:
    begin = ("case", "investigate", NUMBER, "--file", "2026/17", "--legal-basis", "section 163", "--as")
    run(settings, *begin, "olaf", ends_with=1)
    assert run(settings, *begin, "sue") == "investigation 1\n"
    assert "under investigation already" in run(settings, *begin, "sue", ends_with=1)
    assert run(settings, "case", "end", "1", "--as", "sue") == "investigation 1 ended\n"
    assert "no investigation of this number is open" in run(settings, "case", "end", "1", "--as", "sue", ends_with=1)
    entries = run(settings, "audit", "show", "--action", "investigation ended")
    assert (entries.count("\n"), "sue" in entries) == (1, True)


def test_the_bags_of_a_case_are_those_of_its_parcels(settings: Settings, tmp_path: Path) -> None:
    begin = ("case", "investigate", NUMBER, "--file", "2026/18", "--legal-basis", "section 163", "--as", "sue")
    assert run(settings, *begin).startswith("investigation ")
    run(settings, "evidence", "case", "2026/18", "--as", "sue", "--out", tmp_path / "bags")
    assert [path.name for path in (tmp_path / "bags").iterdir()] == ["001"]
    assert "as it was signed" in run(settings, "evidence", "verify", tmp_path / "bags" / "001" / "full")
    assert NUMBER in (tmp_path / "bags" / "001" / "full" / "data" / "claims.json").read_text("utf-8")
    refused = run(settings, "evidence", "case", "2026/99", "--as", "sue", "--out", tmp_path / "none", ends_with=1)
    assert "no parcel came under investigation in the case 2026/99" in refused


def test_a_complaint_is_registered_by_an_officer_and_answered_by_a_supervisor(settings: Settings) -> None:
    file = ("--file", "C-2026/4", "--as")
    assert "Give one of delay" in run(settings, "case", "complaint", "anger", *file, "olaf", ends_with=1)
    assert run(settings, "case", "complaint", "delay", "--parcel", NUMBER, *file, "olaf") == "complaint 1\n"
    run(settings, "case", "answer", "1", "rejected", *file, "olaf", ends_with=1)
    assert "Give one of upheld" in run(settings, "case", "answer", "1", "perhaps", *file, "sue", ends_with=1)
    assert run(settings, "case", "answer", "1", "rejected", *file, "sue") == "complaint 1: rejected\n"
    run(settings, "case", "answer", "1", "upheld", *file, "sue", ends_with=1)


def test_a_waiver_has_its_reason_and_days(settings: Settings) -> None:
    words = ("case", "waive", "post-a", "--reason", "flood", "--instead", "x-ray of all", "--as", "sue")
    assert run(settings, *words, "--from", "2026-10-01", "--to", "2026-10-31") == "waiver 1\n"
    run(settings, *words, "--from", "2026-10-31", "--to", "2026-10-01", ends_with=1)
    days = ("--from", "2026-10-01", "--to", "2026-10-31")
    assert "no code of a country" in run(settings, *words, *days, "--origin", "anywhere", ends_with=1)
    long = ("case", "waive", "post-a", "--reason", "x" * 201, "--instead", "x-ray", "--as", "sue", *days)
    assert "reason: it is missing or too long" in run(settings, *long, ends_with=1)
    assert run(settings, "case", "waivers") == (
        "waiver 1: post-a from everywhere, 2026-10-01 to 2026-10-31, by sue: flood; instead: x-ray of all\n"
    )


def test_the_report_of_an_operator_is_written_as_page_and_table(settings: Settings, tmp_path: Path) -> None:
    quarter = f"{AT.year}-Q{(AT.month - 1) // 3 + 1}"
    said = run(settings, "operator-report", "post-a", quarter, "--out", tmp_path / "new")
    html, csv = (tmp_path / "new" / f"report-{quarter}.{ending}" for ending in ("html", "csv"))
    assert "".join(said.split()) == f"{html}{csv}"
    assert "post-a" in html.read_text("utf-8")
    assert csv.read_text("utf-8").count("\n") > 1
    assert "as in 2026-Q4" in run(settings, "operator-report", "post-a", "2026", "--out", tmp_path, ends_with=1)
