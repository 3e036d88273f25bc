"""The wheel holds everything: it is built, installed into an empty folder and used far from the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.architecture.test_modules import MODULES, PACKAGES, ROOT

SHOW = """
import importlib.util, sys
print([str(importlib.util.find_spec(name).origin) for name in sys.argv[1:]])
"""
USE = """
from features.parcel.reference import shipped_reference
from data.synthetic import load_scenario
from training.data.severity import Severity
shipped_reference(), load_scenario("demo"), Severity.read()
print("usable")
"""


def data_files() -> set[str]:
    """Everything under the packages that is no module and no text for readers of the code."""
    return {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix not in (".py", ".md") and "__pycache__" not in path.parts
    }


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build from a copy, so that nothing is written into the checkout and nothing is there from an earlier build."""
    source, folder = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in PACKAGES:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(source))
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    _pip("install", "--no-deps", "--no-index", "--target", str(folder), str(wheel))
    return folder


def _pip(*words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", *words],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=Path(sys.prefix),
    )
    assert done.returncode == 0, done.stdout + done.stderr


def run(installed: Path, folder: Path, *words: str) -> str:
    """Run Python in `folder` with the installed wheel and the dependencies alone.

    `-S` leaves out what `site` would add, the editable installation of the checkout among it; dependencies come from
    the folder in which they are installed.
    """
    dependencies = Path(pytest.__file__).parent.parent
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PARCEL_RISK"))}
    done = subprocess.run(
        [sys.executable, "-S", *words],
        cwd=folder,
        env={**environment, "PYTHONPATH": os.pathsep.join((str(installed), str(dependencies)))},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_holds_every_module_and_every_file_that_modules_read(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {str(path.relative_to(ROOT)) for path in MODULES} - names == set()
    data = data_files()
    assert {"golden_manifests.ndjson", "severity.toml"} <= {Path(name).name for name in data}
    assert data - names == set()
    assert {name for name in names if name.partition("/")[0] in ("tests", "benchmarks", "notebooks")} == set()


def test_the_command_works_without_the_checkout(installed: Path, tmp_path: Path) -> None:
    origins = run(installed, tmp_path, "-c", SHOW, *PACKAGES)
    assert str(ROOT) not in origins
    assert origins.count(str(installed)) == len(PACKAGES)
    assert "rollback" in run(installed, tmp_path, "-m", "parcel_risk", "--help")
    assert run(installed, tmp_path, "-c", USE) == "usable\n"
