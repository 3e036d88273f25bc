"""Merkle tree of RFC 6962: roots, proofs that a leaf is in a tree and that a tree continues an earlier one, and checks.

A tree is read through `Nodes`, a function that gives the hash over the 2**level leaves from index * 2**level on; it is
asked only for such whole subtrees, some log2(size) of them. The checks are those of RFC 9162, 2.1.3.2 and 2.1.4.2.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

Nodes = Callable[[int, int], bytes]
N_BYTES = 32
EMPTY = hashlib.sha256(b"").digest()
"""Root of a tree without leaves."""


def leaf_hash(data: bytes) -> bytes:
    """Hash of a leaf."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of what is over two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """Right-hand edge of a growing tree: what its root needs, in memory of log2(size) hashes."""

    def __init__(self) -> None:
        """Begin without leaves."""
        self.size = 0
        self._peaks: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        """Add the hash of a leaf."""
        n = self.size
        while n & 1:
            leaf = node_hash(self._peaks.pop(), leaf)
            n >>= 1
        self._peaks.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """Root of the tree so far."""
        if not self._peaks:
            return EMPTY
        *left, found = self._peaks
        for peak in reversed(left):
            found = node_hash(peak, found)
        return found


def root(size: int, nodes: Nodes) -> bytes:
    """Root of the tree of the first `size` leaves."""
    return _over(0, size, nodes) if size else EMPTY


def inclusion_proof(index: int, size: int, nodes: Nodes) -> list[bytes]:
    """Hashes that lead from the leaf at `index` to the root of the first `size` leaves.

    Raises
    ------
    ValueError
        When there is no such leaf in the tree.
    """
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    return _path(index, 0, size, nodes)


def consistency_proof(before: int, size: int, nodes: Nodes) -> list[bytes]:
    """Hashes that show that the first `size` leaves begin with the first `before`.

    Raises
    ------
    ValueError
        When `before` is larger.
    """
    if not 0 <= before <= size:
        raise ValueError(f"a tree of {size} leaves continues none of {before}")
    return _subproof(before, 0, size, nodes, is_known=True) if before else []


def is_included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes) -> bool:
    """Whether `proof` leads from the hash of the leaf at `index` to the root `expected` of `size` leaves."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(step, found)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, step)
        at, last = at >> 1, last >> 1
    return last == 0 and found == expected


def is_consistent(before: int, size: int, root_before: bytes, expected: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows that the tree of root `expected` continues the one of `root_before`."""
    if not 0 <= before <= size:
        return False
    if before in (0, size):
        return not proof and (root_before == EMPTY if before == 0 else root_before == expected)
    steps = list(proof) if before & (before - 1) else [root_before, *proof]
    if not steps:
        return False
    at, last = before - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, step)
        at, last = at >> 1, last >> 1
    return last == 0 and old == root_before and new == expected


def _split(n: int) -> int:
    """Largest power of two below `n`."""
    return 1 << ((n - 1).bit_length() - 1)


def _over(start: int, n: int, nodes: Nodes) -> bytes:
    """Hash over `n` leaves from `start` on, which is where a subtree of that many begins."""
    if n & (n - 1) == 0:
        level = n.bit_length() - 1
        return nodes(level, start >> level)
    left = _split(n)
    return node_hash(_over(start, left, nodes), _over(start + left, n - left, nodes))


def _path(index: int, start: int, n: int, nodes: Nodes) -> list[bytes]:
    if n == 1:
        return []
    left = _split(n)
    if index < left:
        return [*_path(index, start, left, nodes), _over(start + left, n - left, nodes)]
    return [*_path(index - left, start + left, n - left, nodes), _over(start, left, nodes)]


def _subproof(before: int, start: int, n: int, nodes: Nodes, *, is_known: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962, 2.1.2; `is_known` where the verifier has the hash over the first `before` leaves."""
    if before == n:
        return [] if is_known else [_over(start, n, nodes)]
    left = _split(n)
    if before <= left:
        return [*_subproof(before, start, left, nodes, is_known=is_known), _over(start + left, n - left, nodes)]
    rest = _subproof(before - left, start + left, n - left, nodes, is_known=False)
    return [*rest, _over(start, left, nodes)]
