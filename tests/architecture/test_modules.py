"""What holds for the code as a whole."""

from __future__ import annotations

import ast
import statistics
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("features", "policy", "training", "serving", "data", "parcel_risk")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def functions() -> list[int]:
    """Length of every function body, docstring left out."""
    lengths = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) is not None else node.body
                lengths.append(body[-1].end_lineno - body[0].lineno + 1 if body else 0)  # type: ignore[operator]
    return lengths


def test_no_module_has_outgrown_its_room() -> None:
    long = {
        str(path.relative_to(ROOT)): n for path in MODULES if (n := len(path.read_text("utf-8").splitlines())) > 400
    }
    assert long == {}


def test_functions_are_short() -> None:
    assert statistics.median(functions()) < 15


def test_no_module_is_named_by_kind() -> None:
    assert {path.stem for path in MODULES} & {"utils", "helpers", "common", "misc"} == set()


def test_every_package_is_shipped() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["packages"]
    found = {".".join(path.parent.relative_to(ROOT).parts) for path in MODULES if path.name == "__init__.py"}
    assert set(listed) == found


def test_nothing_is_pickled() -> None:
    imported = {
        alias.name
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert imported & {"pickle", "cloudpickle", "dill", "marshal", "shelve"} == set()


def test_the_command_starts_without_the_heavy_packages() -> None:
    heavy = ("mlflow", "lightgbm", "numba", "sklearn")
    code = f"import sys, parcel_risk.cli; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_lock_files_hold_hashes_and_no_addresses() -> None:
    for name in ("requirements.lock", "requirements-test.lock"):
        text = (ROOT / name).read_text("utf-8")
        assert "--hash=sha256:" in text
        assert "://" not in text
