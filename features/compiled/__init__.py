"""The row kernel: all feature functions written into one source file and compiled together.

Numba's cache does not see changes in other files, so `source` writes everything that is compiled into one text, and
`loading` keeps it in a folder of the user, named by its content, next to what numba made of it.
"""

from features.compiled.loading import Fill, KernelError, compiled, interpreted
from features.compiled.source import Declarations, source_of

__all__ = ["Declarations", "Fill", "KernelError", "compiled", "interpreted", "source_of"]
