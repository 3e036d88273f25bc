"""For which processor numba compiles: the same on all machines, so that a compiled kernel is found in the cache.

Import `njit` from here. The choice is made by environment variables, which the project's own tools set as well; a value
that is there already counts. Without it another processor would compile anew, which takes a quarter of a minute.
"""

from __future__ import annotations

import os
import platform

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


for _name, _value in _environment().items():
    os.environ.setdefault(_name, _value)

from numba import njit  # noqa: E402  (numba reads the environment when it is imported)

__all__ = ["njit"]
