"""The technical file and the office's pack: filled from what is known, open where nothing is, and no claim."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from features.bundle import META
from features.bundle.meta import from_json
from features.catalogue import catalogue
from features.parcel.problems import ParcelRiskError
from policy.retention import shipped_retention
from tests.builders import write_a_bundle
from training.report.data_sheet import sheet
from training.report.deployer import OFFICE, PAPERS, Deployed, papers
from training.report.papers import Heading, Items, Rows, Text, as_html, as_markdown, write
from training.report.technical import TITLE, Known, technical_file
from training.report.test_results import read_results

JUNIT = """<?xml version="1.0"?><testsuites><testsuite name="pytest" timestamp="2026-11-27T00:00:00.5+00:00">
<testcase classname="tests.policy.test_decide" name="test_a"/>
<testcase classname="tests.policy.test_decide" name="test_b"><failure message="no"/></testcase>
<testcase classname="tests.features.test_log" name="test_c"><skipped/></testcase></testsuite></testsuites>"""
SHEET = {
    "data_digest": "d1",
    "as_of": "2026-11-01",
    "first_lodged_at": "2026-01-01",
    "last_lodged_at": "2026-10-01",
    "n_parcels": 4000,
    "n_inspected": 200,
    "n_found": 9,
    "n_pending": 5,
    "maturity_days": 20.5,
    "window_days": None,
    "n_without_propensity": 3,
    "n_parcels_left_out_for_law": 1,
    "stations": [{"station": "S1", "n_inspected": 200}],
    "stations_left_out": [],
    "stations_held_out_until_decided": ["S9"],
    "counts": {"operator": [{"value": "post-a", "n_parcels": 4000, "n_inspected": 200, "n_found": 9}]},
    "missing": {"gross_weight_g": 0.25},
}
NOTHING = Known(program={"version": "1"}, catalogue=catalogue(), retention=shipped_retention())


def known(folder: Path) -> Known:
    """Everything that the technical file is built from."""
    metrics = {"test_auc": 0.9, "test_auc_low": 0.8, "test_auc_high": 0.95}
    bundle = write_a_bundle(folder / "small", metrics=metrics)
    junit = folder / "junit.xml"
    junit.write_text(JUNIT, "utf-8")
    meta, _ = from_json((bundle / META).read_text("utf-8"), "small")
    signature = {"name": "Ada", "signed_at": "2026-11-02T10:00:00", "note": "nobody else on duty"}
    return replace(
        NOTHING, bundle=meta, signature=signature, run={"run_id": "r1"}, data_sheet=SHEET, tests=read_results(junit)
    )


def test_the_technical_file_holds_what_is_known_by_the_sections_of_annex_iv(tmp_path: Path) -> None:
    text = as_markdown(TITLE, technical_file(known(tmp_path)))
    sections = [line[3:] for line in text.splitlines() if line.startswith("## ")]
    assert [one[0] for one in sections[:9]] == list("123456789")
    for fact in ("Approved by Ada on 2026-11-02", "nobody else on duty", "| run_id | r1 |", "| data_digest | d1 |"):
        assert fact in text
    for fact in ("| test_auc | 0.9 | 0.8 | 0.95 |", "3 tests ran at 2026-11-27T00:00:00: 1 failed, 1 were skipped"):
        assert fact in text
    assert "tests.policy.test_decide::test_b" in text
    assert "held out until a person decides: S9" in text
    assert text.count("Our reading:") >= 4
    assert "claims no conformity" in text


def test_what_is_not_there_is_said_to_be_open() -> None:
    text = as_markdown(TITLE, technical_file(NOTHING))
    for missing in ("No bundle is in the model store", "No results were given", "The office's own risk file"):
        assert f"Open, for the office: {missing}" in text
    for word in ("compliant", "conforms", "certified"):
        assert word not in text


def test_the_pack_has_facts_and_blanks_and_the_letter_names_nobody(tmp_path: Path) -> None:
    office = Deployed(
        authority="customs-a", capacity_share=0.005, random_share=0.1, operators=("post-a",), known=known(tmp_path)
    )
    made = {name: as_markdown(title, parts) for name, title, parts in papers(office)}
    assert tuple(made) == PAPERS
    assert all(OFFICE in text for text in made.values())
    assert "0.50% of parcels as set; of that, 10%" in made["fundamental-rights-impact"]
    assert "operators who lodge: post-a" in made["fundamental-rights-impact"]
    for one in shipped_retention().classes:
        assert one.name in made["data-protection-impact"]
    assert "| test_auc | 0.9 | 0.8 | 0.95 |" in made["instructions-for-use"]
    assert "no clearance" in made["instructions-for-use"]
    assert "customs-a" in made["letter"]


def test_markdown_and_page_hold_the_same_and_nothing_of_a_cell_is_markup(tmp_path: Path) -> None:
    parts = (Heading("One"), Text("a & b"), Items(("x", "y")), Rows(("h",), ((1234,), ("<i>|</i>",), (True,))))
    assert as_markdown("T", parts) == (
        "# T\n\n## One\n\na & b\n\n- x\n- y\n\n| h |\n| --- |\n| 1,234 |\n| <i>\\|</i> |\n| yes |\n"
    )
    page = as_html("T", parts)
    assert "<li>y</li>" in page
    assert "&lt;i&gt;|&lt;/i&gt;" in page
    assert "http" not in page
    assert [path.suffix for path in write(tmp_path / "new", "t", "T", parts)] == [".md", ".html"]
    assert "share missing" in as_html("T", sheet(SHEET))


@pytest.mark.parametrize("text", ["", "<a", "<testsuites/>", '<!DOCTYPE x [<!ENTITY e "e">]><x>&e;</x>'])
def test_what_holds_no_results_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "junit.xml").write_text(text, "utf-8")
    with pytest.raises(ParcelRiskError, match="Give the file of `pytest --junitxml FILE`"):
        read_results(tmp_path / "junit.xml")
