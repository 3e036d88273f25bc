"""Is the audit what was signed? The tree is computed anew from the entries and compared with every checkpoint."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from serving.office.auditing import LOST
from serving.store import Connection, audit
from serving.tlog.checkpoints import Checkpoint
from serving.tlog.entries import Entry, void
from serving.tlog.tree import Frontier, root


@dataclass(frozen=True, kw_only=True)
class Fault:
    """The first bad entry: its number, and what is wrong, as a sentence that begins with it."""

    number: int
    what: str


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What was compared.

    Attributes
    ----------
    n_entries, n_void:
        Numbers with an entry and without one.
    n_in_tree:
        Leaves of the stored tree; entries behind it are in no checkpoint yet.
    n_agreeing:
        Checkpoints that agree, up to the fault.
    losses:
        Entries which record that others before them were lost.
    fault:
        None where everything agrees.
    """

    n_entries: int
    n_void: int
    n_in_tree: int
    n_agreeing: int
    losses: tuple[Entry, ...] = ()
    fault: Fault | None


def verify(connection: Connection, checkpoints: Iterable[Checkpoint]) -> Verified:
    """Compute the tree from all entries; compare it with its stored leaves and with `checkpoints`.

    Some thirty seconds for a million entries. Read the checkpoints before `connection` was opened: one that is made
    meanwhile is of a larger tree.
    """
    walk = _Walk(connection, checkpoints)
    fault = next(walk.faults(), None)
    return Verified(
        n_entries=walk.n_entries,
        n_void=walk.n_void,
        n_in_tree=walk.n_in_tree,
        n_agreeing=walk.n_agreeing,
        losses=tuple(walk.losses),
        fault=fault,
    )


class _Walk:
    """From entry to entry, with the tree so far."""

    def __init__(self, connection: Connection, checkpoints: Iterable[Checkpoint]) -> None:
        self._connection = connection
        self._due = deque(sorted(checkpoints, key=lambda one: one.size))
        self._edge = Frontier()
        self._doubt: Fault | None = None  # a leaf differs; the next checkpoint tells which of the two was changed
        self._agreed_to = 0
        self.n_in_tree = audit.tree_size(connection)
        self.n_entries = self.n_void = self.n_agreeing = 0
        self.losses: list[Entry] = []

    def faults(self) -> Iterator[Fault]:
        """Faults, of which the first is what matters."""
        stored = audit.leaves(self._connection)
        yield from self._compared()
        for entry in audit.every_entry(self._connection):
            self.n_void += entry.is_void
            self.n_entries += not entry.is_void
            self.losses += [entry] if entry.action == LOST else []
            leaf = entry.leaf()
            expected = next(stored, leaf)
            if leaf != expected and self._doubt is None:
                self._doubt = Fault(number=entry.number, what=_difference(entry, expected))
            self._edge.append(leaf)
            if self._edge.size == self.n_in_tree and self._doubt is None:
                yield from self._stored_root()
            yield from self._compared()
        yield from self._end()

    def _compared(self) -> Iterator[Fault]:
        """Compare with the checkpoints of this size."""
        while self._due and self._due[0].size == self._edge.size:
            signed = self._due.popleft()
            if signed.root != self._edge.root():
                yield self._doubt or self._changed_with_tree(signed)
            elif self._doubt is not None:
                number = self._doubt.number
                yield Fault(number=number, what=f"entry {number} is as it was signed, but its stored hash was changed")
            self.n_agreeing += 1
            self._agreed_to = signed.size

    def _changed_with_tree(self, signed: Checkpoint) -> Fault:
        first = self._agreed_to + 1
        return Fault(
            number=first,
            what=f"an entry from {first} to {signed.size} was changed, and the stored tree with it, or an older backup "
            f"was restored and continued: the checkpoint of {signed.size} entries has another root",
        )

    def _stored_root(self) -> Iterator[Fault]:
        if root(self.n_in_tree, audit.nodes(self._connection)) != self._edge.root():
            number = self.n_in_tree
            yield Fault(
                number=number, what=f"the stored tree over the entries to {number} was changed above its leaves"
            )

    def _end(self) -> Iterator[Fault]:
        if self._doubt is not None:
            yield self._doubt
        last = self._edge.size
        longest = max([self.n_in_tree, *(one.size for one in self._due)])
        if longest > last:
            yield Fault(
                number=last + 1,
                what=f"entry {last + 1} is missing, and all up to {longest}: the end was cut off, or an older backup "
                "was restored",
            )


def _difference(entry: Entry, expected: bytes) -> str:
    number = entry.number
    if entry.is_void:
        return f"entry {number} is missing"
    if expected == void(number).leaf():
        return f"entry {number} was added later: its number was unused"
    return f"entry {number} was changed"
