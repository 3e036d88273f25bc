"""Compile the kernels ahead of their first use: `python -m features.ahead`.

What is compiled stays in the cache: the kernel of the history and that of the feature rows.
"""

from __future__ import annotations

import numpy as np

from features.catalogue import catalogue
from features.facts import FACTS
from features.history import Engine


def main() -> None:
    """Compile, or find what was compiled before."""
    catalogue().values(np.empty((0, len(FACTS))), Engine().nothing_read())


if __name__ == "__main__":
    main()
