"""Progress in a log file or a pipe, where nobody sees a bar."""

from __future__ import annotations

import time

import pytest
from rich.table import Table

from parcel_risk.console import out, rows_shown, working


def test_without_a_terminal_there_is_a_line_for_each_kind_of_work_and_one_in_half_a_minute(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    with working("reading parcels.csv") as progress:
        show = rows_shown(progress)
        for done in range(0, 50_000, 1_000):
            show("reading", done, None)
            now[0] += 1.0
        show("storing", 10, 50_000)
        show("storing", 20, 50_000)
    assert capsys.readouterr().err.splitlines() == [
        "reading parcels.csv",
        "reading: 0 rows",
        "reading: 30,000 rows",
        "storing: 10 of 50,000 rows",
    ]


def test_counted_steps_say_how_many_there_are(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    with working("trying sets of parameters") as progress:
        progress.update(progress.task_ids[0], total=20)
        for _ in range(5):
            progress.advance(progress.task_ids[0])
            now[0] += 20.0
    assert capsys.readouterr().err.splitlines() == [
        "trying sets of parameters",
        "trying sets of parameters (3 of 20)",
        "trying sets of parameters (5 of 20)",
    ]


def test_a_narrow_terminal_cuts_no_number_and_breaks_no_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(out, "width", 40)
    table = Table("parcel", "where", "expected")
    table.add_row("C8100180012345", "examined " * 5, "2026-09-28 13:07")
    out.print(table)
    out.print("a-rule-with-a-name is approved; `parcel-risk rule live a-rule-with-a-name` puts it live")
    said = capsys.readouterr().out
    assert "C8100180012345" in said
    assert "\N{HORIZONTAL ELLIPSIS}" not in said
    assert "`parcel-risk rule live a-rule-with-a-name`" in said
