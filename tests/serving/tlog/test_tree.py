"""The tree against the published vectors of RFC 6962, and against its definition, which is slow and obvious."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.tlog.tiles import grown, nodes_of
from serving.tlog.tree import (
    EMPTY,
    Frontier,
    Nodes,
    consistency_proof,
    inclusion_proof,
    is_consistent,
    is_included,
    leaf_hash,
    root,
)

LEAVES = [
    bytes.fromhex(one)
    for one in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSIONS = [
    (0, 1, []),
    (
        0,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        5,
        8,
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (
        1,
        5,
        [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
]
CONSISTENCIES = [
    (1, 1, []),
    (
        1,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        6,
        8,
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (
        2,
        5,
        [
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
]


def tree_hash(data: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1."""
    if not data:
        return hashlib.sha256().digest()
    if len(data) == 1:
        return hashlib.sha256(b"\x00" + data[0]).digest()
    k = split(len(data))
    return hashlib.sha256(b"\x01" + tree_hash(data[:k]) + tree_hash(data[k:])).digest()


def path(m: int, data: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 6962, 2.1.1."""
    if len(data) == 1:
        return []
    k = split(len(data))
    return [*path(m, data[:k]), tree_hash(data[k:])] if m < k else [*path(m - k, data[k:]), tree_hash(data[:k])]


def subproof(m: int, data: Sequence[bytes], *, b: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962, 2.1.2."""
    if m == len(data):
        return [] if b else [tree_hash(data)]
    k = split(len(data))
    if m <= k:
        return [*subproof(m, data[:k], b=b), tree_hash(data[k:])]
    return [*subproof(m - k, data[k:], b=False), tree_hash(data[:k])]


def split(n: int) -> int:
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def in_tiles(data: Sequence[bytes], portions: Callable[[int], int] = lambda left: left) -> Nodes:
    """Nodes of a tree that grew by portions."""
    tiles: dict[tuple[int, int], bytes] = {}

    def stored(level: int, number: int) -> bytes:
        return tiles.get((level, number), b"")

    hashes, n = [leaf_hash(one) for one in data], 0
    while n < len(hashes):
        portion = portions(len(hashes) - n)
        tiles.update(grown(stored, n, hashes[n : n + portion]))
        n += portion
    return nodes_of(stored)


def test_the_published_roots() -> None:
    assert EMPTY.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    nodes = in_tiles(LEAVES)
    edge = Frontier()
    assert edge.root() == root(0, nodes) == EMPTY
    for size, expected in enumerate(ROOTS, start=1):
        edge.append(leaf_hash(LEAVES[size - 1]))
        assert root(size, nodes).hex() == edge.root().hex() == expected


@pytest.mark.parametrize(("index", "size", "expected"), INCLUSIONS)
def test_the_published_inclusion_proofs(index: int, size: int, expected: list[str]) -> None:
    proof = inclusion_proof(index, size, in_tiles(LEAVES))
    assert [one.hex() for one in proof] == expected
    assert is_included(leaf_hash(LEAVES[index]), index, size, proof, bytes.fromhex(ROOTS[size - 1]))


@pytest.mark.parametrize(("before", "size", "expected"), CONSISTENCIES)
def test_the_published_consistency_proofs(before: int, size: int, expected: list[str]) -> None:
    proof = consistency_proof(before, size, in_tiles(LEAVES))
    assert [one.hex() for one in proof] == expected
    roots = bytes.fromhex(ROOTS[before - 1]), bytes.fromhex(ROOTS[size - 1])
    assert is_consistent(before, size, *roots, proof)


trees = st.integers(1, 60).map(lambda n: [bytes([i]) * (i % 3) for i in range(n)])


@given(trees, st.data())
def test_proofs_are_those_of_the_definition_and_hold(data: list[bytes], draw: st.DataObject) -> None:
    size = draw.draw(st.integers(1, len(data)))
    index, before = draw.draw(st.integers(0, size - 1)), draw.draw(st.integers(1, size))
    nodes, whole = in_tiles(data), tree_hash(data[:size])
    assert root(size, nodes) == whole
    included = inclusion_proof(index, size, nodes)
    assert included == path(index, data[:size])
    assert is_included(leaf_hash(data[index]), index, size, included, whole)
    consistent = consistency_proof(before, size, nodes)
    assert consistent == subproof(before, data[:size], b=True)
    assert is_consistent(before, size, tree_hash(data[:before]), whole, consistent)
    assert consistency_proof(0, size, nodes) == []
    assert is_consistent(0, size, EMPTY, whole, [])


@given(trees, st.data())
def test_a_proof_that_was_changed_does_not_hold(data: list[bytes], draw: st.DataObject) -> None:
    size = len(data)
    index, before = draw.draw(st.integers(0, size - 1)), draw.draw(st.integers(1, size))
    nodes, whole, leaf = in_tiles(data), tree_hash(data), leaf_hash(data[index])
    included, consistent = inclusion_proof(index, size, nodes), consistency_proof(before, size, nodes)
    for wrong in changed(included, draw):
        assert not is_included(leaf, index, size, wrong, whole)
    for wrong in changed(consistent, draw):
        assert not is_consistent(before, size, tree_hash(data[:before]), whole, wrong)
    assert not is_included(leaf_hash(b"another"), index, size, included, whole)
    assert not is_included(leaf, index, size, included, leaf) or size == 1
    assert not is_included(leaf, size, size, included, whole)
    assert not is_included(leaf, -1, size, included, whole)
    assert not is_consistent(before, size, EMPTY, whole, consistent)
    assert not is_consistent(size + 1, size, whole, whole, [])


def changed(proof: list[bytes], draw: st.DataObject) -> list[list[bytes]]:
    """The proof with one hash more, and where it has some, with one less and with one other."""
    found = [[*proof, EMPTY]]
    if proof:
        at = draw.draw(st.integers(0, len(proof) - 1))
        found += [proof[:-1], [*proof[:at], EMPTY, *proof[at + 1 :]]]
    return found


def test_what_is_not_in_the_tree_has_no_proof() -> None:
    nodes = in_tiles(LEAVES)
    for index, size in ((8, 8), (-1, 8), (0, 0)):
        with pytest.raises(ValueError, match="has no leaf"):
            inclusion_proof(index, size, nodes)
    for before, size in ((9, 8), (-1, 8)):
        with pytest.raises(ValueError, match="continues none"):
            consistency_proof(before, size, nodes)


@pytest.mark.parametrize("portion", [255, 66_000])
def test_tiles_of_three_levels_hold_the_tree_in_whatever_portions_it_grew(portion: int) -> None:
    n = 66_000
    data = [b"%d" % i for i in range(n)]
    nodes = in_tiles(data, lambda left: min(portion, left))
    edge = Frontier()
    for one in data:
        edge.append(leaf_hash(one))
        if edge.size in (256, 257, 65_535, 65_536, 65_537, n):
            assert root(edge.size, nodes) == edge.root()
    for index in (0, 255, 65_536, n - 1):
        assert is_included(leaf_hash(data[index]), index, n, inclusion_proof(index, n, nodes), edge.root())
