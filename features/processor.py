"""For which processor numba compiles: the same on all machines, so that a compiled kernel is found in the cache.

Import `njit` from here. The choice is made by environment variables, which the project's own tools set as well; a value
that is there already counts. Without it another processor would compile anew, which takes a quarter of a minute.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

import llvmlite.binding

_LEVEL = "x86-64-v3"
_NEEDED = ("avx2", "bmi2", "fma")


def _environment() -> dict[str, str]:
    """Processors since 2013 in common, else the least common; no features beyond them, and no SVML, which rounds."""
    is_x86 = platform.machine() in ("x86_64", "AMD64")
    has_level = is_x86 and all(llvmlite.binding.get_host_cpu_features().get(name) for name in _NEEDED)
    return {
        "NUMBA_CPU_NAME": _LEVEL if has_level else "generic",
        "NUMBA_CPU_FEATURES": "",
        "NUMBA_DISABLE_INTEL_SVML": "1",
    }


@contextmanager
def _without(name: str) -> Iterator[None]:
    """As if a module that nobody has imported yet were not installed."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[name]


for _name, _value in _environment().items():
    os.environ.setdefault(_name, _value)

from numba import njit  # noqa: E402  (numba reads the environment when it is imported)

with _without("scipy.linalg.cython_blas"):
    # Numba looks there for linear algebra, of which no kernel uses anything; with it SciPy is imported at each start.
    import_module("numba.np.arraymath")

__all__ = ["njit"]
