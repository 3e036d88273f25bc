"""Loading of the row kernel: compiled once, from the cache afterwards; or interpreted, slowly, for a few rows.

The source is kept in ``PARCEL_RISK_KERNEL_DIR``, else in the user's cache folder, under a name made of its content.
Numba keeps the compiled kernel next to it, or in ``NUMBA_CACHE_DIR`` where that is set.
"""

from __future__ import annotations

import hashlib
import math
import os
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from features.compiled.source import HEAD
from features.parcel.problems import ParcelRiskError

FOLDER = "PARCEL_RISK_KERNEL_DIR"
"""Environment variable that names the folder of the kernel."""
Fill = Callable[..., None]
"""``fill(facts, out, *reads)``: fills the rows of `out`, shape ``(n, k)``, from facts and what was read of entities."""


class KernelError(ParcelRiskError):
    """The row kernel cannot be kept."""


@cache
def compiled(source: str) -> Fill:
    """Return ``fill`` of a source, compiled or from the cache.

    Raises
    ------
    KernelError
        When the folder of the kernel cannot be written.
    """
    digest = hashlib.sha256(source.encode()).hexdigest()[:16]
    path = folder() / f"feature_rows_{digest}.py"
    try:
        _keep(source, path)
    except OSError as error:
        raise KernelError(
            f"{path.parent}: the compiled features cannot be kept there ({error.strerror}). "
            f"Set {FOLDER} to a folder that can be written, or make its content with `python -m features.ahead`."
        ) from error
    # What is executed is the text at hand, whatever the file holds: numba reads the file only to name its cache.
    module = sys.modules[path.stem] = ModuleType(path.stem)  # the cache finds it by its name
    exec(compile(source, str(path), "exec"), vars(module))
    fill: Fill = module.fill
    return fill


def interpreted(source: str) -> Fill:
    """Return ``fill`` of a source as plain Python: the same bits, a thousand times slower, nothing to compile."""
    namespace: dict[str, Any] = {"math": math, "njit": _as_it_is}
    exec(compile(source.removeprefix(HEAD), "<feature rows>", "exec"), namespace)

    def fill(facts: Any, out: Any, *reads: Any) -> None:
        # Numbers of Python: those of numpy warn where a missing value is compared.
        namespace["fill"](facts.astype(object), out, *(read.astype(object) for read in reads))

    return fill


def _as_it_is(*_: object, **__: object) -> Callable[[Fill], Fill]:
    return lambda function: function


def folder() -> Path:
    """Folder of the kernel."""
    if FOLDER in os.environ:
        return Path(os.environ[FOLDER])
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "parcel-risk"


def _keep(source: str, path: Path) -> None:
    """Write the file unless it is there; readers never see a part of it."""
    if path.is_file() and path.read_text("utf-8") == source:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(source)
    os.chmod(name, 0o644)
    os.replace(name, path)
