"""The kernel is compiled once: what is in the cache is loaded, by whoever comes next."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from features import ahead
from features.compiled import KernelError, compiled
from features.compiled.loading import FOLDER, folder

SOURCE = """import math

from features.processor import njit


@njit("void(f8[:, ::1], f8[:, ::1])", cache=True)
def fill(facts, out):
    out[0, 0] = facts[0, 0] + {step}
"""

STATISTICS = """
from features.catalogue import catalogue
from features.compiled import compiled
from features.history import kernel
counts = [one.stats for one in (compiled(catalogue().source), kernel.advance, kernel.advance_staged, kernel.publish)]
print([(sum(one.cache_hits.values()), sum(one.cache_misses.values())) for one in counts])
"""


def test_nothing_is_compiled_at_run_time_once_it_was_compiled_ahead():
    ahead.main()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_CPU")}
    done = subprocess.run(
        [sys.executable, "-c", STATISTICS], env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.stdout.strip() == str([(1, 0)] * 4), done.stderr


def test_the_module_compiles_ahead():
    done = subprocess.run([sys.executable, "-m", "features.ahead"], capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def filled(source: str) -> float:
    out = np.zeros((1, 1))
    compiled(source)(np.ones((1, 1)), out)
    return float(out[0, 0])


def test_the_source_is_kept_in_the_folder_of_the_setting_and_nothing_else_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(FOLDER, str(tmp_path / "kernels"))
    assert filled(SOURCE.format(step=1.0)) == 2.0
    (path,) = (tmp_path / "kernels").glob("*.*")
    assert path.read_text("utf-8") == SOURCE.format(step=1.0)


def test_another_source_is_another_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(FOLDER, str(tmp_path))
    assert [filled(SOURCE.format(step=step)) for step in (3.0, 4.0)] == [4.0, 5.0]
    assert len([*tmp_path.glob("*.py")]) == 2


def test_a_file_with_another_content_is_written_anew_and_never_executed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(FOLDER, str(tmp_path))
    assert filled(SOURCE.format(step=5.0)) == 6.0
    (path,) = tmp_path.glob("*.py")
    path.write_text("raise RuntimeError('executed')", "utf-8")
    out = np.zeros((1, 1))
    compiled.__wrapped__(SOURCE.format(step=5.0))(np.ones((1, 1)), out)
    assert out[0, 0] == 6.0
    assert path.read_text("utf-8") == SOURCE.format(step=5.0)


def test_a_folder_that_cannot_be_written_is_named_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").write_text("", "utf-8")
    monkeypatch.setenv(FOLDER, str(tmp_path / "file" / "kernels"))
    with pytest.raises(KernelError, match=rf"cannot be kept there.*Set {FOLDER} to a folder"):
        compiled(SOURCE.format(step=6.0))


def test_without_the_setting_the_folder_is_in_the_cache_of_the_user(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv(FOLDER, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert folder() == Path("/somewhere/parcel-risk")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert folder() == Path.home() / ".cache" / "parcel-risk"
