"""Pictures of what a scientist sees, into docs/learning: ``python -m tests.training.screenshots``.

Two runs on a synthetic world: their reports, the page that compares them, and both in the MLflow UI.
"""

from __future__ import annotations

import tempfile
import time
import urllib.request
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from parcel_risk.compare import compare_runs
from parcel_risk.console import out
from parcel_risk.mlflow_ui import MODELS, MlflowUi, mlflow_ui
from parcel_risk.train import train_bundle
from tests.notebooks.make import laboratory
from tests.serving.pages.conftest import CHROMIUM, FLAGS
from training.fit.run import Plan
from training.registry import aliases

FOLDER = Path(__file__).parents[2] / "docs" / "learning"
COLOURS = 256
SIZE = {"width": 1366, "height": 900}
START_S, SETTLE_MS = 120, 3_000


def main() -> None:
    """Train twice, look, keep the pictures."""
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        settings = laboratory(Path(home))
        truth = Path(home) / "world" / "truth" / "truth.parquet"
        train_bundle(settings, Plan(name="all-features", trained_by="Tara Trainer"), truth=truth, label_curve=True)
        train_bundle(settings, Plan(name="no-findings", trained_by="Tara Trainer", patterns=("!*_found*",)))
        compare_runs(settings, "no-findings", "all-features", capacity=0.05, out_file=None)
        FOLDER.mkdir(parents=True, exist_ok=True)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        page = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]
        reports = settings.home / "reports"
        page.goto((reports / "all-features" / "report.html").as_uri())
        keep(page, "report")
        page.get_by_alt_text("What moves the scores").scroll_into_view_if_needed()
        keep(page, "report-pictures")
        page.get_by_role("heading", name="Worst errors").evaluate("found => found.scrollIntoView()")
        keep(page, "report-errors")
        page.goto((reports / "no-findings-and-all-features" / "comparison.html").as_uri())
        keep(page, "comparison")
        with mlflow_ui(settings) as ui:
            in_mlflow(page, ui)
        browser.close()


def in_mlflow(page: Page, ui: MlflowUi) -> None:
    """The list of runs, one run, and its pictures."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{ui.address}/health", timeout=5).close()
            break
        except OSError:
            time.sleep(0.5)
    page.goto(ui.runs)
    page.get_by_text("all-features").first.wait_for(timeout=START_S * 1_000)
    without_assistant(page)
    page.wait_for_timeout(SETTLE_MS)
    keep(page, "mlflow-runs")
    run = next(one.run_id for one in aliases.runs() if one.bundle == "all-features")
    page.goto(f"{ui.address}/#/experiments/1/runs/{run}?{MODELS}")
    page.get_by_text("About this run").first.wait_for(timeout=START_S * 1_000)
    without_assistant(page)
    page.wait_for_timeout(SETTLE_MS)
    keep(page, "mlflow-run")


def without_assistant(page: Page) -> None:
    """Close the panel that MLflow opens next to every page."""
    panel = page.get_by_text("MLflow Assistant", exact=True)
    if panel.count():
        panel.first.locator("xpath=../..").get_by_role("button").last.click()


def keep(page: Page, name: str) -> None:
    """Write a picture with few colours, which makes it small."""
    picture = Image.open(BytesIO(page.screenshot()))
    picture.convert("RGB").quantize(COLOURS).save(FOLDER / f"{name}.png", optimize=True)
    out.print(name)


if __name__ == "__main__":
    main()
