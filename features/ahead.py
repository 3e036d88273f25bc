"""Compile the kernels ahead of their first use: `python -m features.ahead`.

What is compiled stays in the cache: the kernels of the history, of the feature rows and of the models.
"""

from __future__ import annotations

from importlib import import_module

import numpy as np

from features import bundle
from features.catalogue import catalogue
from features.facts import FACTS
from features.history import Engine


def main() -> None:
    """Compile, or find what was compiled before."""
    catalogue().values(np.empty((0, len(FACTS))), Engine().nothing_read())
    # All signatures are given, so that importing it is compiling it.
    import_module(f"{bundle.__name__}.kernel")


if __name__ == "__main__":
    main()
