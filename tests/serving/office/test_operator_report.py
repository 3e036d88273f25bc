"""Quarterly reports of operators: own figures only, nothing covert, levels next to what was measured."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from markupsafe import escape

from policy.quarters import Quarter, QuarterError
from policy.service_levels import MEASURES, ServiceLevelError, load_service_levels
from policy.typologies import shipped_typologies
from serving.api.examples import PARCEL
from serving.messages.operator_csv import operator_csv
from serving.office.operator_report import OperatorReport
from serving.pages.operator_report import operator_page
from tests.serving.api.conftest import Bare
from tests.serving.api.conftest import bare as bare

NUMBERS = ("RB473124829US", "RB473124846US", "RB473124850US")


def test_a_quarter_has_its_days() -> None:
    one = Quarter.parse("2026-Q4")
    assert (one.first_on, one.last_on, str(one.next)) == (dt.date(2026, 10, 1), dt.date(2026, 12, 31), "2027-Q1")
    assert one.until == dt.datetime(2027, 1, 1, tzinfo=dt.UTC)
    for text in ("2026-Q5", "2026Q1", "1999-Q1", ""):
        with pytest.raises(QuarterError, match="as in 2026-Q4"):
            Quarter.parse(text)


def test_levels_of_an_operator_replace_those_of_all(tmp_path: Path) -> None:
    assert not load_service_levels(None).is_agreed
    assert set(load_service_levels(None).of("post-a")) <= set(MEASURES)
    file = tmp_path / "service_levels.toml"
    line = '[[level]]\noperator = "{}"\nmeasure = "on_time"\nat_least = {}\n'
    file.write_text(f"is_agreed = true\n{line.format('*', 0.9)}{line.format('post-a', 0.5)}", "utf-8")
    found = load_service_levels(tmp_path)
    assert (found.is_agreed, found.of("post-a"), found.of("other")) == (True, {"on_time": 0.5}, {"on_time": 0.9})
    file.write_text(f"is_agreed = true\n{line.format('*', 90)}", "utf-8")
    with pytest.raises(ServiceLevelError, match="a share from 0 to 1"):
        load_service_levels(tmp_path)


@pytest.fixture
def quarter(bare: Bare) -> str:
    """Quarter in which an operator lodged three parcels, one of which was presented, and a row that was rejected."""
    for number in NUMBERS:
        sent = bare.http.post("/v1/parcels", json={**PARCEL, "parcel_id": number}, headers=bare.post)
        assert sent.status_code == 200
    doubtful = {"parcel_id": "RB473124863US", "lodged_at": PARCEL["lodged_at"], "stream": "letter"}
    bare.http.post("/v1/parcels", json=doubtful, headers=bare.post)
    bare.http.post("/v1/manifests", json={"parcels": [{**PARCEL, "lodged_at": "never"}]}, headers=bare.post)
    at = bare.clock.at
    return f"{at.year}-Q{(at.month - 1) // 3 + 1}"


def read(bare: Bare, quarter: str, who: dict[str, str], **params: str):  # type: ignore[no-untyped-def]
    return bare.http.get(f"/v1/operator-reports/{quarter}", params=params, headers=who)


def test_an_operator_reads_its_own_report_and_an_officer_any(bare: Bare, quarter: str) -> None:
    assert bare.http.get(f"/v1/operator-reports/{quarter}").status_code == 401
    assert read(bare, quarter, bare.post, operator="courier-a").status_code == 422
    assert read(bare, quarter, bare.supervisor).status_code == 422
    assert read(bare, quarter, bare.auditor).status_code == 403
    assert read(bare, "2026-Q5", bare.post).status_code == 422
    own, seen = read(bare, quarter, bare.post).json(), read(bare, quarter, bare.supervisor, operator="post-a").json()
    assert own == seen
    assert (own["n_answers"], own["n_rejected_open"], own["is_over"]) == (4, 1, False)
    assert read(bare, quarter, bare.courier).json()["n_answers"] == 0


def test_levels_stand_next_to_what_was_measured_and_doubts_next_to_what_was_asked(bare: Bare, quarter: str) -> None:
    found = OperatorReport.model_validate(read(bare, quarter, bare.post).json())
    levels = {row.measure: row for row in found.levels}
    assert (levels["accepted"].n, levels["accepted"].n_of, levels["accepted"].is_reached) == (4, 5, False)
    assert levels["presented"].share is None
    assert not found.levels_are_agreed
    flags = {row.flag: row for row in found.corrections}
    assert flags["recipient_incomplete"].n_asked == flags["recipient_incomplete"].n_parcels == 1


def test_no_condition_that_is_looked_at_is_in_a_report(bare: Bare, quarter: str) -> None:
    page = read(bare, quarter, bare.post, format="html").text
    assert "The service levels are proposals" in page
    for one in shipped_typologies().values():
        assert escape(one.title) in page
        assert not any(condition.when in page for condition in one.conditions)
        assert not any(hint in page for hint in one.look_for)
    assert not any(number in page for number in NUMBERS)


def test_csv_and_page_say_what_json_says(bare: Bare, quarter: str) -> None:
    found = OperatorReport.model_validate(read(bare, quarter, bare.post).json())
    assert read(bare, quarter, bare.post, format="csv").content == operator_csv(found)
    assert read(bare, quarter, bare.post, format="html").text == operator_page(found)
    table = pl.read_csv(operator_csv(found))
    assert table.filter(part="level", measure="accepted")["n"].to_list() == [4]
