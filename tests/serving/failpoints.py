"""Places at which a transaction can be broken off, by name: what is called there is replaced by an end of some kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Failpoint:
    """One place.

    Attributes
    ----------
    module, name:
        What is called there; `name` may be a method, as in ``Stage.publish``.
    call:
        Which call of it is meant, counted from 1.
    is_committed:
        Whether the transaction is in the database by then.
    behind:
        Calls count only behind one of this function: a process commits at its start, and in the background, too.
    only_writing:
        Calls with a connection that cannot write do not count.
    """

    module: str
    name: str
    call: int = 1
    is_committed: bool = False
    behind: tuple[str, str] | None = None
    only_writing: bool = False

    @contextmanager
    def armed(self, end: Callable[[], None]) -> Iterator[None]:
        """Within the block `end` is called in place of that call."""
        n_calls = 0
        is_reached = self.behind is None

        def reached(*_: Any) -> None:
            nonlocal is_reached
            is_reached = True

        def counted(*given: Any) -> None:
            nonlocal n_calls
            if self.only_writing and given[-1].cursor().execute("PRAGMA query_only").fetchone()[0]:
                return
            n_calls += is_reached
            if is_reached and n_calls == self.call:
                end()

        with ExitStack() as stack:
            if self.behind is not None:
                stack.enter_context(_preceded(*self.behind, reached))
            stack.enter_context(_preceded(self.module, self.name, counted))
            yield


@contextmanager
def _preceded(module: str, name: str, first: Callable[..., None]) -> Iterator[None]:
    """Within the block `first` is called before each call of what `name` stands for."""
    *path, last = name.split(".")
    holder: Any = import_module(module)
    for part in path:
        holder = getattr(holder, part)
    real = getattr(holder, last)

    def replacement(*args: Any, **more: Any) -> Any:
        first(*args)
        return real(*args, **more)

    setattr(holder, last, replacement)
    try:
        yield
    finally:
        setattr(holder, last, real)


_LOG = ("serving.store.log", "append")
FAILPOINTS: dict[str, Failpoint] = {
    "before anything is computed": Failpoint(module="features.history.state", name="Stage.advance"),
    "between history and feature rows": Failpoint(module="features.catalogue", name="Catalogue.values"),
    "before the log": Failpoint(module="serving.store.log", name="append"),
    "between log and audit": Failpoint(module="serving.office.appending", name="note"),
    "before the commit": Failpoint(
        module="sqlalchemy.engine.default", name="DefaultDialect.do_commit", behind=_LOG, only_writing=True
    ),
    "before the publication": Failpoint(
        module="features.history.staging", name="Staging.publish", is_committed=True, behind=_LOG
    ),
    "in the publication": Failpoint(
        module="features.history.state", name="Stage.publish", is_committed=True, behind=_LOG
    ),
    "behind the publication": Failpoint(
        module="serving.office.recovery", name="Snapshots.after", is_committed=True, behind=_LOG
    ),
}
"""In the order in which a transaction that scores comes to them."""

SEALING_FAILPOINTS: dict[str, Failpoint] = {
    "before the texts are copied": Failpoint(module="serving.store.log_texts", name="put"),
    "before the name of the segment is safe": Failpoint(module="serving.store.segment_folder", name="sync"),
    "before the segment is known": Failpoint(module="serving.store.segments", name="add"),
    "before the tail is cleared": Failpoint(module="serving.store.sealing", name="_clear", is_committed=True),
    "while the tail is cleared": Failpoint(module="serving.store.sealing", name="_clear", call=2, is_committed=True),
}
"""In the order in which sealing comes to them."""
