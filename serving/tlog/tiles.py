"""Tiles of the tree: 256 hashes each, so that it is stored in few rows and read in log256(size) of them.

A tile of level 0 holds hashes of leaves; one of the level above holds a hash for every full tile below, as in C2SP
tlog-tiles. Full tiles never change; of every level only the last tile grows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from serving.tlog.tree import N_BYTES, Frontier, Nodes

WIDTH = 256
HEIGHT = 8
"""Levels of the tree that one tile covers."""
_FULL = WIDTH * N_BYTES
Tile = Callable[[int, int], bytes]
"""Hashes of the tile of a level and number; empty where there is none."""


def hashes_of(tile: bytes) -> list[bytes]:
    """Hashes in a tile."""
    return [tile[at : at + N_BYTES] for at in range(0, len(tile), N_BYTES)]


def nodes_of(tile: Tile) -> Nodes:
    """Nodes of the tree that is stored in tiles."""

    def node(level: int, index: int) -> bytes:
        tile_level, height = divmod(level, HEIGHT)
        number, first = divmod(index << height, WIDTH)
        at = first * N_BYTES
        return _over(tile(tile_level, number)[at : at + (N_BYTES << height)])

    return node


def grown(tile: Tile, size: int, leaves: Sequence[bytes]) -> dict[tuple[int, int], bytes]:
    """Tiles, by level and number, that are new or other when hashes of leaves follow a tree of `size` leaves."""
    changed: dict[tuple[int, int], bytes] = {}
    level, n, added = 0, size, list(leaves)
    while added:
        number, n_in_last = divmod(n, WIDTH)
        content = (tile(level, number) if n_in_last else b"") + b"".join(added)
        parts = [content[at : at + _FULL] for at in range(0, len(content), _FULL)]
        changed |= {(level, number + place): part for place, part in enumerate(parts)}
        level, n, added = level + 1, n // WIDTH, [_over(part) for part in parts if len(part) == _FULL]
    return changed


def _over(hashes: bytes) -> bytes:
    edge = Frontier()
    for one in hashes_of(hashes):
        edge.append(one)
    return edge.root()
