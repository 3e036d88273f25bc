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


LONG_MODULES = {"features/history/kernel.py"}
"""Numba does not notice changes in other files, so that the kernel is one."""
MOST_LINES, MOST_LINES_OF_A_CLASS, MEDIAN_BELOW = 350, 150, 10


def lines_of(kind: type[ast.ClassDef] | tuple[type[ast.AST], ...], *, docstring: bool) -> dict[str, int]:
    """Lines of every class or function by path and name, with its docstring and head or the body alone."""
    lengths = {}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and isinstance(node, kind):
                body = node.body if docstring or ast.get_docstring(node) is None else node.body[1:]
                first = node.lineno if docstring else body[0].lineno if body else 0
                name = f"{path.relative_to(ROOT).as_posix()}:{node.lineno} {node.name}"
                lengths[name] = (body[-1].end_lineno or 0) - first + 1 if body else 0
    return lengths


def test_no_module_is_too_long() -> None:
    lengths = {path.relative_to(ROOT).as_posix(): len(path.read_text("utf-8").splitlines()) for path in MODULES}
    assert {name: n for name, n in lengths.items() if n > MOST_LINES and name not in LONG_MODULES} == {}


def test_no_class_is_too_long() -> None:
    lengths = lines_of(ast.ClassDef, docstring=True)
    assert {name: n for name, n in lengths.items() if n > MOST_LINES_OF_A_CLASS} == {}


def test_functions_are_short() -> None:
    assert statistics.median(lines_of((ast.FunctionDef, ast.AsyncFunctionDef), docstring=False).values()) < MEDIAN_BELOW


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


def test_the_service_starts_without_what_it_may_never_need() -> None:
    slow = ("mlflow", "lightgbm", "sklearn", "pandas", "scipy.stats", "phonenumbers.geodata")
    code = f"import sys, serving.app; print([name for name in {slow} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "[]"


def test_the_tail_of_a_log_is_read_without_pandas() -> None:
    code = (
        "import sys; from features.log import LOG_SCHEMA; from serving.store.log_table import _column\n"
        "for one in LOG_SCHEMA.values(): _column([None], one)\n"
        "_column([['a'], None, []], LOG_SCHEMA['quality_flags']); print('pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "False"


def test_lock_files_hold_hashes_and_no_addresses() -> None:
    for name in ("requirements.lock", "requirements-test.lock", "requirements-uv.lock"):
        text = (ROOT / name).read_text("utf-8")
        assert "--hash=sha256:" in text
        assert "://" not in text


FIGURES = {"serving/intake/work.py", "parcel_risk/intervals.py", "parcel_risk/backtest.py"}
"""Where a table that is written holds nobody's text: rows that are read again, and figures of synthetic worlds."""


def test_no_table_for_a_spreadsheet_is_written_as_it_came() -> None:
    unsafe = []
    for path in MODULES:
        name = path.relative_to(ROOT).as_posix()
        if name in FIGURES or name.startswith("data/"):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr == "write_csv":
                made = node.value
                is_safe = isinstance(made, ast.Call) and isinstance(made.func, ast.Name) and made.func.id == "safe"
                unsafe += [] if is_safe else [f"{name}:{node.lineno}"]
    assert unsafe == [], "put features.sources.columns.export.safe around the table"


MOST_CALLS = 20_000
"""Calls of our own functions while the service is imported: of checks of fields, texts and typologies."""


def test_an_import_does_no_work() -> None:
    """Tables of a hundred thousand spellings took 1.7 s of every start, and of every command."""
    counted = """
import cProfile, pstats, sys
noted = cProfile.Profile()
noted.runcall(__import__, "serving.app")
own = {place: one[1] for place, one in pstats.Stats(noted).stats.items() if place[0].startswith(tuple(sys.argv[1:]))}
print(sum(own.values()), max(own, key=own.get))
"""
    command = [sys.executable, "-c", counted, *(f"{ROOT / package}/" for package in PACKAGES)]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert int(said.split()[0]) < MOST_CALLS, said
