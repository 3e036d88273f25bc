"""Places at which a transaction can be broken off, by name: what is called there is replaced by an end of some kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from sqlalchemy.engine.default import DefaultDialect


@dataclass(frozen=True, kw_only=True)
class Failpoint:
    """One place.

    Attributes
    ----------
    module, name:
        What is called there; `name` may be a method, as in ``State.absorb``.
    call:
        Which call of it is meant, counted from 1.
    is_committed:
        Whether the transaction is in the database by then.
    """

    module: str
    name: str
    call: int = 1
    is_committed: bool = False

    @contextmanager
    def armed(self, end: Callable[[], None]) -> Iterator[None]:
        """Within the block `end` is called in place of that call."""
        *path, name = self.name.split(".")
        holder: Any = import_module(self.module)
        for part in path:
            holder = getattr(holder, part)
        real = getattr(holder, name)
        n_calls = 0

        def replacement(*args: Any, **more: Any) -> Any:
            nonlocal n_calls
            n_calls += 1
            if n_calls == self.call:
                end()
            return real(*args, **more)

        setattr(holder, name, replacement)
        try:
            yield
        finally:
            setattr(holder, name, real)


_COMMIT = {"module": DefaultDialect.__module__, "name": "DefaultDialect.do_commit"}
FAILPOINTS: dict[str, Failpoint] = {
    "before anything is computed": Failpoint(module="features.history.state", name="State.advance_over"),
    "between two entities": Failpoint(module="features.history.state", name="State.advance_over", call=5),
    "before the log": Failpoint(module="serving.store.log", name="append"),
    "between log and audit": Failpoint(module="serving.office.scoring", name="note"),
    "before the commit": Failpoint(**_COMMIT),  # type: ignore[arg-type]
    "before the publication": Failpoint(module="features.history.staging", name="Staging.publish", is_committed=True),
    "in the publication": Failpoint(module="features.history.state", name="State.absorb", call=7, is_committed=True),
    "behind the publication": Failpoint(module="serving.office.recovery", name="Snapshots.after", is_committed=True),
}
"""In the order in which a transaction that scores comes to them."""
